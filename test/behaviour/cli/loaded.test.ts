/** Which of the program's files a command loads: what it needs, and no other command. And whether those find what they name. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { Folder, ksm } from '../../support/program.ts';

const PROGRAM = new URL('../../../dist/src/program/', import.meta.url);
const COMMANDS = ['scan', 'replay', 'record', 'bench', 'completion'];

const folder = new Folder();
afterAll(() => folder.remove());

const image = folder.file('image.raw', Buffer.alloc(8192, 1));
const trace = fileURLToPath(new URL('../../recordings/golden/basic-1.trace.jsonl', import.meta.url));
const list = folder.file('loaded.txt', '');
/** In each thread: what was loaded goes to `list` at its end. */
const watch = folder.file(
  'watch.cjs',
  `process.on('exit', () => require('node:fs').appendFileSync(${JSON.stringify(list)}, Object.keys(require.cache).join('\\n') + '\\n'));`,
);

/** The names of the program's files that `ksm WORDS` loads, in any of its threads. */
async function loadedBy(words: readonly string[]): Promise<Set<string>> {
  folder.file('loaded.txt', '');
  const { code, stderr } = await ksm(words, { env: { NODE_OPTIONS: `--require=${watch}` } });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const paths = readFileSync(list, 'utf8').split('\n');
  return new Set(paths.filter((path) => path.includes('/dist/src/program/')).map((path) => basename(path, '.cjs')));
}

it('the version is said without a second thread, the library and any command', async () => {
  const loaded = await loadedBy(['--version']);
  expect(loaded).toContain('listen');
  for (const name of ['thread', 'library', ...COMMANDS]) expect(loaded).not.toContain(name);
});

it.each([
  ['scan', ['scan', '--quiet', image]],
  ['replay', ['replay', trace]],
  ['completion', ['completion', 'fish', '--help']],
] as const)('ksm %s loads no other command, and no check of invariants', async (name, words) => {
  const loaded = await loadedBy(words);
  for (const other of [...COMMANDS, 'invariants'])
    expect(loaded.has(other), `${other}, by ${name}`).toBe(other === name);
});

/** The sources name them as seen from a folder of src/; dist/src/program is as deep. */
it('every file that the program names by its place lies there', () => {
  const named = readdirSync(PROGRAM).flatMap((file) =>
    [...readFileSync(new URL(file, PROGRAM), 'utf8').matchAll(/new URL\("(\.[^"]+)", require/g)].map(
      ([, path = '']) => path,
    ),
  );
  for (const path of [
    './thread.cjs',
    '../worker/node.js',
    '../image/demo-worker.js',
    '../image/present.c',
    '../kernel/puppet.c',
  ])
    expect(named).toContain(path);
  const built = named.filter((path) => !path.includes('/build/'));
  for (const path of [...built, '../../build/engine.wasm']) expect(existsSync(new URL(path, PROGRAM)), path).toBe(true);
  expect(named).toContain('../../build/engine.wasm');
});
