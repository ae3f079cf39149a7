/**
 * What documents name exists: paths of the repository, words of the layout, options of a host and of the command line. A path may be
 * written from the root, or as it is within assembly/, src/ or test/. Links, anchors and npm scripts: scripts/check-docs.mjs.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { allCommands } from '../../src/cli/commands.ts';
import { layout } from '../../src/engine/index.ts';
import { HOST_OPTIONS } from '../../src/machine/index.ts';

const COMMANDS = await allCommands();

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** Files of the repository, whether they are added yet or not. */
function filesOf(...patterns: string[]): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...patterns], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return listed.split('\n').filter((file) => file !== '' && existsSync(join(ROOT, file)));
}

/** All of them but the changelog, which names what was. */
const DOCUMENTS: readonly string[] = filesOf('*.md').filter((file) => file !== 'CHANGELOG.md');

/** What stands in code format, outside of blocks. */
function codeOf(text: string): string[] {
  return [...text.replace(/^( *)```.*?^\1```/gms, '').matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
}

const FOLDERS = ['', 'assembly/', 'src/', 'test/'];
/** Of the package, of other packages, of the system, and what a build or a run makes. */
const ELSEWHERE = /^(ksm-wasm|@\w+|node_modules|build|dist|~|\.{1,2})\/|^\/|NAME|DIR\b|PID/;

/** Looks like a path of files: at least one slash, nothing but what names have. */
const isPath = (code: string): boolean => /^[\w.-]+(\/[\w.*-]+)+\/?$/.test(code) && !ELSEWHERE.test(code);

/** Where a path leads; a file of code may be named without its ending, and a star stands for any name. */
function found(path: string): string | undefined {
  const plain = path.replace(/\/?\*[^/]*$/, '').replace(/\/$/, '');
  const candidates = FOLDERS.flatMap((folder) => ['', '.ts'].map((ending) => `${folder}${plain}${ending}`));
  return candidates.find((candidate) => existsSync(join(ROOT, candidate)));
}

test('every path that a document names is there', () => {
  const named = DOCUMENTS.flatMap((file) => codeOf(read(file)).map((code) => ({ file, code })));
  const paths = named.filter(({ code }) => isPath(code));
  expect(paths.length).toBeGreaterThan(100);
  const missing = paths.filter(({ code }) => found(code) === undefined);
  expect(missing.map(({ file, code }) => `${file}: ${code}`)).toEqual([]);
});

/** Words with a slash that begin with a folder of code, as comments name files: scan/walk, layout/records, test/support/dice.ts. */
const FOLDER = [
  'assembly',
  'src',
  'test',
  'bench',
  'scripts',
  'docs',
  ...['assembly', 'src', 'test'].flatMap(folders),
].join('|');
const IN_COMMENT = new RegExp(`(?<![\\w./@-])((?:${FOLDER})(?:/[\\w-]+)+(?:\\.\\w+)*)`, 'g');

function folders(within: string): string[] {
  const all = readdirSync(join(ROOT, within), { withFileTypes: true });
  return all.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}

/** The comment in a line of code; empty if there is none. */
function commentIn(line: string): string {
  return /^\s*(\/\*\*|\*|\/\/)/.test(line) ? line : (line.split(/ \/\/ /)[1] ?? '');
}

test('every path that a comment names is there', () => {
  const named = filesOf('assembly/*.ts', 'src/*.ts', 'test/*.ts', 'bench/*.ts').flatMap((file) => {
    const comments = read(file).split('\n').map(commentIn);
    return comments.flatMap((comment) => [...comment.matchAll(IN_COMMENT)].map(([, path = '']) => ({ file, path })));
  });
  const paths = named.filter(({ path }) => !ELSEWHERE.test(path));
  expect(paths.length).toBeGreaterThan(100);
  const missing = paths.filter(({ path }) =>
    [path, `unit/${path}`, path.replace(/\.js$/, '.ts')].every((each) => found(each) === undefined),
  );
  expect(missing.map(({ file, path }) => `${file}: ${path}`)).toEqual([]);
});

test('a file that is named with a function in brackets behind it has the function', () => {
  const pattern = /`([\w./-]+\.ts)` \(`(\w+)`\)/g;
  const named = DOCUMENTS.flatMap((file) =>
    [...read(file).matchAll(pattern)].map(([, path = '', name = '']) => ({ path, name })),
  );
  expect(named.length).toBeGreaterThan(5);
  const missing = named.filter(({ path, name }) => !read(found(path) ?? path).match(new RegExp(`\\b${name}\\b`)));
  expect(missing).toEqual([]);
});

test('a path that is not there is found missing', () => {
  expect(isPath('merge/nowhere.ts') && found('merge/nowhere.ts')).toBe(undefined);
  expect(found('merge/swing')).toBe('assembly/merge/swing.ts');
  expect(statSync(join(ROOT, found('assembly/policy/*') ?? '')).isDirectory()).toBe(true);
  for (const other of ['pages_sharing / pages_shared', '/proc/PID/mem', 'ksm-wasm/layout'])
    expect(isPath(other)).toBe(false);
});

/** Beginnings of the layout's names. */
const WORD =
  /^(H|MM|VMA|VM|PTE|STATE|NODE|ITEM|ROOM|LEAF|FRAME|FOLIO|WORKER|ACCESS|REGION|SCANNER|LIMIT|CURE|DIRTY|HASH)_[A-Z_]+$/;

test('every word of the layout that a document names is there', () => {
  const words = DOCUMENTS.flatMap((file) => codeOf(read(file)).map((code) => ({ file, code }))).filter(({ code }) =>
    WORD.test(code),
  );
  expect(words.length).toBeGreaterThan(30);
  expect(words.filter(({ code }) => !(code in layout)).map(({ file, code }) => `${file}: ${code}`)).toEqual([]);
});

test('docs/embedding.md has every option of a host, and no other', () => {
  const [, section = ''] = read('docs/embedding.md').split(/^## Options$/m);
  const rows = [...(section.split(/^## /m)[0] ?? '').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(rows.sort()).toEqual(Object.keys(HOST_OPTIONS).sort());
});

test('docs/command-line.md has every command and every option, and no other', () => {
  const text = read('docs/command-line.md');
  const options = new Set(COMMANDS.flatMap(({ options }) => options.map(({ name }) => `--${name}`)));
  const named = new Set(text.match(/(?<![\w-])--[a-z][a-z-]*/g));
  named.delete('--version'); // of ksm itself
  expect([...named].sort()).toEqual([...options].sort());
  for (const { name } of COMMANDS) expect(text).toContain(`## ksm ${name}\n`);
});

test('a document that begins with its contents has all of them there', () => {
  const withContents = DOCUMENTS.filter((file) => /^- \[[^\]]+\]\(#/m.test(read(file).split(/^## /m)[0] ?? ''));
  expect(withContents).toContain('docs/embedding.md');
  for (const file of withContents) {
    const [head = '', ...sections] = read(file).split(/^## /m);
    const listed = [...head.matchAll(/^- \[([^\]]+)\]\(#/gm)].map(([, title]) => title);
    expect(listed, file).toEqual(sections.map((section) => section.split('\n')[0]));
  }
});

test('README.md leads to every document', () => {
  const documents = DOCUMENTS.filter((file) => /^docs\/[\w-]+\.md$/.test(file));
  const text = read('README.md');
  expect(documents.filter((file) => !text.includes(`](${file}`))).toEqual([]);
});
