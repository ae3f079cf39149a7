/**
 * The snippets of README.md run, from the built package, and give what they say. A comment behind a line that begins with a value is
 * what the line gives: a list without brackets is of bytes, and what follows a colon is for people.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { outputOf, packageFolder, ROOT, snippetsOf } from './snippets.ts';

const [LIBRARY = '', THREADS = '', ...others] = snippetsOf(readFileSync(join(ROOT, 'README.md'), 'utf8'));
const VALUE = /^(.+); \/\/ (\{[^}]*\}|'[^']*'|true|false|\d+(?:, \d+)*)(?::.*)?$/gm;

let folder: string;
beforeAll(() => {
  folder = packageFolder();
});
afterAll(() => rmSync(folder, { recursive: true }));

function checked(program: string): string {
  return program.replace(VALUE, (_, code: string, value: string) =>
    value.includes(', ') && /^\d/.test(value) ? `check([...${code}], [${value}]);` : `check(${code}, ${value});`,
  );
}

test('there are two', () => {
  expect(others).toEqual([]);
  expect(THREADS).toContain('host.ksmd.start');
});

test('the first gives what its comments say', () => {
  expect(outputOf(folder, checked(LIBRARY))).toBe('9\n');
});

/**
 * The second goes on from the first. It takes a file for granted, which is made here: it does what the comment says that is done "over
 * there".
 */
test('the second writes in another thread, beside ksmd', () => {
  const there = /^\/\/ over there: (.+)$/m.exec(THREADS)?.[1];
  const guest = `import { workerData } from 'node:worker_threads';
import { attachHost } from 'ksm-wasm';
const [address, bytes] = [0x102000, Uint8Array.of(1, 2, 3)];
${there};
`;
  const before = `import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
const file = new URL('./guest.js', import.meta.url);
${LIBRARY}
const guest = b;
`;
  const after = `
await once(worker, 'exit');
check(host.ksmd.running, true);
check([...b.read(0x102000, 4)], [1, 2, 3, 42]);
check([...a.read(0x102000, 4)], [42, 42, 42, 42]);
await host.ksmd.stop();
await host.check();
`;
  writeFileSync(join(folder, 'guest.js'), guest);
  expect(outputOf(folder, before + THREADS + after)).toBe('3\n');
});
