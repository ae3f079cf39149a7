// Builds the parts that are named, all unless some are, two at a time; says which are under way, since the compilers say nothing.
//
//   node scripts/build.mjs [PART…]
//
// Exit code 1: a part could not be built; its compiler has said why.

import { spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import { createRequire } from 'node:module';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const asc = require.resolve('assemblyscript/bin/asc.js');
const tsc = require.resolve('typescript/bin/tsc');
/** What makes the program ksm one of few files: half a second. */
const BUNDLE = [fileURLToPath(new URL('bundle.mjs', import.meta.url))];

/** Programs in C, which are compiled where they are wanted. */
const C_SOURCES = ['src/image/present.c', 'src/kernel/puppet.c'];

// dist mirrors the repository's own layout: what tsc does not compile is put where the compiled driver looks for it.
const PARTS = {
  engine: {
    what: 'the engine (AssemblyScript, assembly/ to build/engine.wasm)',
    commands: [[asc, 'assembly/index.ts', '--target', 'release']],
    copied: ['build/engine.wasm'],
  },
  debug: {
    what: 'the engine with assertions (build/engine.debug.wasm)',
    commands: [[asc, 'assembly/index.ts', '--target', 'debug']],
    copied: ['build/engine.debug.wasm'],
  },
  names: {
    what: 'the engine over names (build/engine.names.wasm)',
    commands: [[asc, 'assembly/index.ts', '--target', 'names']],
    copied: ['build/engine.names.wasm'],
  },
  hash: {
    what: 'the hashes of pages (build/hash.wasm)',
    commands: [[asc, 'assembly/hash.ts', '--target', 'hash']],
    copied: ['build/hash.wasm'],
  },
  driver: {
    what: 'the driver and the program (TypeScript, src/ to dist/)',
    commands: [[tsc, '-p', 'tsconfig.build.json'], BUNDLE],
    copied: C_SOURCES,
  },
  // For who only wants to run it: without looking for mistakes in types, which takes as long again.
  runnable: {
    what: 'the driver and the program (TypeScript, src/ to dist/)',
    commands: [[tsc, '-p', 'tsconfig.build.json', '--noCheck'], BUNDLE],
    copied: C_SOURCES,
  },
  bench: {
    what: 'the driver and the benches (TypeScript, src/ and bench/ to dist/)',
    commands: [[tsc, '-p', 'bench', '--noCheck'], BUNDLE],
    copied: C_SOURCES,
  },
  v86: {
    what: 'the driver and the example with v86 (TypeScript, src/ and examples/v86/ to dist/)',
    commands: [[tsc, '-p', 'examples/v86', '--noCheck']],
    copied: [],
  },
};
const AT_ONCE = 2;

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(0)} s`;

/** Runs a compiler; resolves with its exit code. */
function run(command) {
  const child = spawn(process.execPath, command, { stdio: 'inherit' });
  return new Promise((resolve, reject) => child.once('error', reject).once('exit', (code) => resolve(code)));
}

/** Builds one part, one compiler after the other; resolves with whether it could. */
async function build(name) {
  const { what, commands, copied } = PARTS[name];
  const start = performance.now();
  console.log(`building ${what} …`);
  for (const command of commands) {
    if ((await run(command)) === 0) continue;
    console.log(`could not build ${what}`);
    return false;
  }
  for (const file of copied) cpSync(file, `dist/${file}`);
  console.log(`built ${what}: ${seconds(start)}`);
  return true;
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
