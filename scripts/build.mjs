// Builds the parts that are named, all unless some are, two at a time; says which are under way, since the compilers say nothing.
//
//   node scripts/build.mjs [PART…]
//
// Exit code 1: a part could not be built; its compiler has said why.

import { spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import { createRequire } from 'node:module';
import process from 'node:process';

const require = createRequire(import.meta.url);
const asc = require.resolve('assemblyscript/bin/asc.js');
const tsc = require.resolve('typescript/bin/tsc');

// dist mirrors the repository's own layout: what tsc does not compile is put where the compiled driver looks for it.
const PARTS = {
  engine: {
    what: 'the engine (AssemblyScript, assembly/ to build/engine.wasm)',
    command: [asc, 'assembly/index.ts', '--target', 'release'],
    copied: ['build/engine.wasm'],
  },
  debug: {
    what: 'the engine with assertions (build/engine.debug.wasm)',
    command: [asc, 'assembly/index.ts', '--target', 'debug'],
    copied: ['build/engine.debug.wasm'],
  },
  names: {
    what: 'the engine over names (build/engine.names.wasm)',
    command: [asc, 'assembly/index.ts', '--target', 'names'],
    copied: ['build/engine.names.wasm'],
  },
  hash: {
    what: 'the hashes of pages (build/hash.wasm)',
    command: [asc, 'assembly/hash.ts', '--target', 'hash'],
    copied: ['build/hash.wasm'],
  },
  driver: {
    what: 'the driver (TypeScript, src/ to dist/)',
    command: [tsc, '-p', 'tsconfig.build.json'],
    copied: ['src/kernel/puppet.c'],
  },
  // For who only wants to run it: without looking for mistakes in types, which takes as long again.
  runnable: {
    what: 'the driver (TypeScript, src/ to dist/)',
    command: [tsc, '-p', 'tsconfig.build.json', '--noCheck'],
    copied: ['src/kernel/puppet.c'],
  },
  bench: {
    what: 'the driver and the benches (TypeScript, src/ and bench/ to dist/)',
    command: [tsc, '-p', 'bench', '--noCheck'],
    copied: ['src/kernel/puppet.c'],
  },
};
const AT_ONCE = 2;

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(0)} s`;

/** Builds one part; resolves with its exit code. */
async function build(name) {
  const { what, command, copied } = PARTS[name];
  const start = performance.now();
  console.log(`building ${what} …`);
  const child = spawn(process.execPath, command, { stdio: 'inherit' });
  const code = await new Promise((resolve, reject) =>
    child.once('error', reject).once('exit', (code) => resolve(code)),
  );
  if (code === 0) for (const file of copied) cpSync(file, `dist/${file}`);
  console.log(code === 0 ? `built ${what}: ${seconds(start)}` : `could not build ${what}`);
  return code === 0;
}

const named = process.argv.slice(2);
const unknown = named.find((name) => !(name in PARTS));
if (unknown !== undefined) {
  console.error(`build: there is no part "${unknown}"; there are ${Object.keys(PARTS).join(', ')}`);
  process.exit(2);
}
const wanted = named.length > 0 ? named : ['engine', 'names', 'driver', 'debug', 'hash'];

async function buildInTurn() {
  for (let name = wanted.shift(); name !== undefined; name = wanted.shift()) {
    if (!(await build(name))) process.exitCode = 1;
  }
}
await Promise.all(Array.from({ length: AT_ONCE }, buildInTurn));
