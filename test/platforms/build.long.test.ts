/**
 * What `npm start` and `npm run bench -- --quick` build, in a copy of the sources: it is said
 * while it is under way, and is no more than they run.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const COPIED = [
  'assembly',
  'bench',
  'scripts',
  'src',
  'asconfig.json',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
];

const { scripts, version }: { scripts: Record<string, string>; version: string } = JSON.parse(
  readFileSync(join(ROOT, 'package.json'), 'utf8'),
);
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ksm-build-'));
  for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What the first part of an npm script says: it builds. */
function built(script: string): string {
  const [build = ''] = (scripts[script] ?? '').split(' && ');
  expect(build).toMatch(/^node scripts\/build\.mjs /);
  return execFileSync('sh', ['-c', build], { cwd: folder, encoding: 'utf8' });
}

const isThere = (file: string): boolean => existsSync(join(folder, file));

test('npm start builds the engine and the driver, and says so before it is done', () => {
  const said = built('start');
  for (const part of ['the engine', 'the driver']) {
    expect(said).toContain(`building ${part}`);
    expect(said.indexOf(`building ${part}`)).toBeLessThan(said.indexOf(`built ${part}`));
  }
  const main = join(folder, 'dist/src/cli/main.js');
  expect(execFileSync(process.execPath, [main, '--version'], { encoding: 'utf8' })).toBe(`${version}\n`);
  const page = join(folder, 'page.raw');
  writeFileSync(page, new Uint8Array(4096).fill(1));
  expect(execFileSync(process.execPath, [main, 'scan', page], { encoding: 'utf8' })).toContain('KSM would save');
  for (const file of ['dist/build/engine.wasm', 'dist/src/kernel/puppet.c']) expect(isThere(file), file).toBe(true);
  for (const file of ['build/engine.debug.wasm', 'dist/bench', 'dist/test']) expect(isThere(file), file).toBe(false);
});

test('npm run bench builds the benches too, and a quick run of all of them comes to its end', () => {
  built('bench');
  const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/bench/run.js', '--quick'], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  for (const title of ['Hashing', 'Comparing', 'Inserting', 'two threads', 'pauses']) expect(stdout).toContain(title);
  expect(isThere('build/engine.debug.wasm')).toBe(false);
  expect(isThere('bench/results/hash.json')).toBe(existsSync(join(ROOT, 'bench/results/hash.json')));
});

test('a part that there is not is named, and so are those that there are', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/build.mjs', 'enigne'], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(status).toBe(2);
  expect(stderr).toMatch(/no part "enigne"; there are engine, /);
});
