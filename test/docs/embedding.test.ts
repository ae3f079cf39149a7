/**
 * Every snippet of docs/embedding.md runs, from the built package, and gives what it says. The snippets of a section are one program, but
 * for those whose first line names a file: they are that file. "// => value" behind a line is what it must give.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { layout } from '../../src/index.ts';
import { outputOf, packageFolder, ROOT, snippetsOf } from './snippets.ts';

const DOCUMENT = readFileSync(join(ROOT, 'docs/embedding.md'), 'utf8');

interface Section {
  readonly title: string;
  readonly program: string;
  readonly files: ReadonlyMap<string, string>;
}

function sectionsOf(text: string): Section[] {
  return text
    .split(/^## /m)
    .slice(1)
    .map((part) => {
      const snippets = snippetsOf(part);
      const files = snippets.flatMap((code) => {
        const name = /^\/\/ (\S+\.js)\n/.exec(code)?.[1];
        return name === undefined ? [] : [[name, code] as const];
      });
      const program = snippets.filter((code) => !/^\/\/ \S+\.js\n/.test(code)).join('\n');
      return { title: part.slice(0, part.indexOf('\n')), program, files: new Map(files) };
    })
    .filter(({ program }) => program !== '');
}

/** `line; // => value` becomes a comparison. */
function checked(program: string): string {
  return program.replace(/^( *)(.+); \/\/ => (.+)$/gm, '$1check($2, $3);');
}

const sections = sectionsOf(DOCUMENT);
let folder: string;
beforeAll(() => {
  folder = packageFolder();
});
afterAll(() => rmSync(folder, { recursive: true }));

test('there are snippets to run', () => {
  expect(sections.map(({ title }) => title)).toEqual([
    'Quick start',
    'Options',
    'Address spaces',
    'KSM',
    'Domains',
    'Errors',
    'Threads',
    'ksmd in a thread of its own',
    'When a thread dies',
    'Snapshots',
    'Pages of names',
    'Embedders that keep the bytes',
    'Reading the memory',
    'Writing through your own views',
    'Accesses beside other threads',
  ]);
});

test.each(sections)('$title', ({ program, files }) => {
  const expected = [...program.matchAll(/; \/\/ => /g)].length;
  expect(expected).toBeGreaterThan(0);
  for (const [name, code] of files) writeFileSync(join(folder, name), code);
  expect(outputOf(folder, checked(program))).toBe(`${expected}\n`);
});

test('the table of words gives the places that the layout has', () => {
  const rows = [...DOCUMENT.matchAll(/^\| `([A-Z_]+)` \| (\d+) \|/gm)];
  const words = layout as unknown as Readonly<Record<string, number>>;
  expect(rows.length).toBe(9);
  for (const [, name = '', place] of rows) expect(`${name} ${words[name]}`).toBe(`${name} ${place}`);
});

test('the table of the pte’s values is the layout’s, and leaves none out', () => {
  const rows = [...DOCUMENT.matchAll(/^\| (\d+) \| `(PTE_\w+)` \|/gm)].map(([, value, name]) => [name, Number(value)]);
  const flags = Object.entries(layout).filter(([name]) => name.startsWith('PTE_') && name !== 'PTE_FRAME');
  expect(new Map(rows as [string, number][])).toEqual(new Map(flags));
});

test('the layout version is this one', () => {
  expect(DOCUMENT).toContain(`\`LAYOUT_VERSION\`, now ${layout.LAYOUT_VERSION}:`);
});
