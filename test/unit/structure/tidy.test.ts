/** Rules of CONTRIBUTING.md that neither compiler nor linter holds: of the text of every file of code in the repository. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** The formatter wraps code at 120; nothing wraps comments and texts. */
const MOST_COLUMNS = 140;

/** What is wrong with a file, as `name:line: what`. */
function problemsOf(name: string, text: string): string[] {
  const lines = text.split('\n');
  const isTest = name.startsWith('test/');
  const broken = (line: string): string[] => [
    ...(line.length > MOST_COLUMNS ? [`${line.length} columns, where ${MOST_COLUMNS} are the most`] : []),
    ...(isTest && /\b(describe|test|it)\.(skip|only|todo|fails)\b/.test(line) ? ['a test that is left out'] : []),
    ...(isTest && /\bMath\.random\(/.test(line) ? ['chance that no seed repeats: support/dice.ts'] : []),
    ...(isTest && name !== 'test/support/page.ts' && /\bPAGE(_SIZE)? = 4096\b/.test(line)
      ? ['the size of a page, once more: support/page.ts']
      : []),
  ];
  const found = lines.flatMap((line, at) => broken(line).map((what) => `${name}:${at + 1}: ${what}`));
  // A shebang may come before it.
  const opens = /^(#!.*\n)?(\/\/|\/\*|#|<!)/.test(text);
  return opens ? found : [`${name}:1: no comment says what the file is for`, ...found];
}

/** Written by hand, and ours: what strangers' programs would look like (test/platforms/package/app) defines what it needs. */
const CODE =
  /^(?!test\/platforms\/package\/app\/)(assembly|bench|examples|scripts|src|test|vitest)\b.*\.(ts|mjs|js|c|pml|py)$/;

const files: readonly string[] = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((name) => CODE.test(name) && existsSync(join(ROOT, name)));

test('the files of code keep the rules of CONTRIBUTING.md', () => {
  expect(files.length).toBeGreaterThan(300);
  expect(files.flatMap((name) => problemsOf(name, readFileSync(join(ROOT, name), 'utf8')))).toEqual([]);
});

test('a file that breaks them is named, with the line', () => {
  const comment = '/** Said. */\n';
  expect(problemsOf('src/a.ts', `${comment}const a = 1;\n`)).toEqual([]);
  expect(problemsOf('src/a.ts', 'const a = 1;\n')).toEqual(['src/a.ts:1: no comment says what the file is for']);
  expect(problemsOf('src/a.ts', `${comment}// ${'x'.repeat(138)}\n`)).toEqual([
    'src/a.ts:2: 141 columns, where 140 are the most',
  ]);
  for (const line of [`test.${'only'}('it', act);`, `const x = Math.${'random'}();`, `const PAGE ${'= 4096'};`]) {
    expect(problemsOf('test/a.test.ts', comment + line)).toHaveLength(1);
    expect(problemsOf('src/a.ts', comment + line)).toEqual([]);
  }
});

test('nothing is needed at run time', () => {
  const manifest: Record<string, unknown> = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const kinds = [
    'dependencies',
    'peerDependencies',
    'optionalDependencies',
    'bundledDependencies',
    'bundleDependencies',
  ];
  expect(kinds.filter((kind) => kind in manifest)).toEqual([]);
});
