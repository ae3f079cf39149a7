/**
 * Builds the small app with one bundler, as its users do: node build.js BUNDLER APP OUT. APP has the app's files and the package in
 * its node_modules; OUT is then a folder with page.html and all that it needs.
 */
import { copyFile, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [name, app, out] = process.argv.slice(2);

/** The page, and for bundlers that do not know what a wasm file is, the engine. */
async function copyPage({ withEngine }) {
  await mkdir(out, { recursive: true });
  await copyFile(join(app, 'page.html'), join(out, 'page.html'));
  if (!withEngine) return;
  await copyFile(createRequire(join(app, 'app.js')).resolve('ksm-wasm/engine.wasm'), join(out, 'engine.wasm'));
}

async function buildWithVite(options) {
  const { build } = await import('vite');
  await build({
    root: app,
    base: './',
    configFile: false,
    logLevel: 'warn',
    build: { outDir: out, rollupOptions: { input: join(app, 'page.html') } },
    ...options,
  });
}

const BUILDERS = {
  vite: () => buildWithVite({}),
  'vite-module-workers': () => buildWithVite({ worker: { format: 'es' } }),

  esbuild: async () => {
    const { build } = await import('esbuild');
    await copyPage({ withEngine: true });
    await build({
      absWorkingDir: app,
      entryPoints: [
        { in: './app.js', out: 'app' },
        { in: 'ksm-wasm/worker', out: 'ksm-worker' },
      ],
      bundle: true,
      format: 'esm',
      outdir: out,
    });
  },

  webpack: async () => {
    const { default: webpack } = await import('webpack');
    await copyPage({ withEngine: false });
    const config = { context: app, entry: { app: './app.js' }, mode: 'production', output: { path: out } };
    await new Promise((resolve, reject) => {
      webpack(config, (error, stats) => {
        if (error) reject(error);
        else if (stats.hasErrors() || stats.hasWarnings()) reject(new Error(stats.toString()));
        else resolve();
      });
    });
  },

  rollup: async () => {
    const [{ rollup }, { nodeResolve }] = await Promise.all([import('rollup'), import('@rollup/plugin-node-resolve')]);
    await copyPage({ withEngine: true });
    const bundle = await rollup({
      input: { app: join(app, 'app.js'), 'ksm-worker': 'ksm-wasm/worker' },
      plugins: [nodeResolve({ browser: true, rootDir: app })],
      onwarn: (warning) => {
        throw new Error(warning.message);
      },
    });
    await bundle.write({ dir: out, format: 'es' });
  },
};

await BUILDERS[name]();
