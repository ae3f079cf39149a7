/**
 * Builds of the engine that tests play. The simulation build is the release, optimized in one round, that calls `step.hook` between any
 * two stores that others could tell apart (assembly/base/step.ts). It is built if it is missing or older than its sources.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** Tests that can play either build play the one with assertions, or if the environment has ENGINE=release the one that ships. */
export const WITH_ASSERTIONS: boolean = process.env.ENGINE !== 'release';

/** The repository: this file also runs compiled, from dist/. */
function findRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'asconfig.json'))) folder = dirname(folder);
  return folder;
}

function newestSource(folder: string): number {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return Math.max(...names.map((name) => statSync(join(folder, name)).mtimeMs));
}

function build(root: string, file: string): void {
  const compiler = join(root, 'node_modules/assemblyscript/bin/asc.js');
  const part = `${file}.${process.pid}`;
  mkdirSync(dirname(file), { recursive: true });
  const outputs = ['-o', part, '--textFile', `${part}.wat`];
  const options = [
    'assembly/index.ts',
    '--target',
    'simulation',
    ...(WITH_ASSERTIONS ? [] : ['--noAssert']),
    ...outputs,
  ];
  execFileSync(process.execPath, [compiler, ...options], { cwd: root, stdio: 'pipe' });
  renameSync(`${part}.wat`, file.replace(/\.wasm$/, '.wat'));
  renameSync(part, file);
}

/** Whether a file is there and no older than the sources under `folder`. */
export function isFresh(file: string, folder: string): boolean {
  return existsSync(file) && statSync(file).mtimeMs >= newestSource(folder);
}

/** The compiled module. `file`: another simulation build, to be used as it is. */
export function simulationModule(file?: string): WebAssembly.Module {
  if (file !== undefined) return new WebAssembly.Module(readFileSync(file));
  const root = findRoot();
  const built = join(root, WITH_ASSERTIONS ? 'build/engine.sim.wasm' : 'build/engine.sim.release.wasm');
  if (!isFresh(built, join(root, 'assembly'))) build(root, built);
  return new WebAssembly.Module(readFileSync(built));
}
