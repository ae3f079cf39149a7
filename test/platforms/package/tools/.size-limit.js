/** What a page has to load, bundled and compressed (brotli). Limits are a fifth above what it was when it was last looked at. */
const dist = '../../../../dist';
/** The invariant walker is a file of its own, which host.check() loads. */
const ON_DEMAND = '*/invariants.js';
const modifyEsbuildConfig = (config) => ({
  ...config,
  format: 'esm',
  external: [...(config.external ?? []), ON_DEMAND],
});
/** The engine is no script: it is counted as it is. */
const withWasm = (config) => ({ ...config, loader: { '.wasm': 'copy' } });

export default [
  { name: 'createHost', path: `${dist}/src/index.js`, import: '{ createHost }', limit: '26 kB', modifyEsbuildConfig },
  { name: 'a worker', path: `${dist}/src/worker/web.js`, limit: '21 kB', modifyEsbuildConfig },
  { name: 'the walker', path: `${dist}/src/engine/invariants.js`, limit: '19 kB', modifyEsbuildConfig },
  { name: 'the engine', path: `${dist}/build/engine.wasm`, limit: '22 kB', modifyEsbuildConfig: withWasm },
];
