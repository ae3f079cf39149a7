/**
 * What shells complete after "ksm", asked of the shells themselves, and the manual as its readers read it. Both must know exactly what the
 * program accepts: every command, every option, and the words that a value can be.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { allCommands } from '../../../src/cli/commands.ts';
import { manualPage } from '../../../src/cli/man.ts';
import { Folder, ksm } from '../../support/program.ts';

const COMMANDS = await allCommands();

const folder = new Folder();
afterAll(() => folder.remove());
mkdirSync(join(folder.path, 'recordings'));

const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;

async function scriptOf(shell: string): Promise<string> {
  const { code, stdout, stderr } = await ksm(['completion', shell]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return folder.file(`completion.${shell}`, stdout);
}

const HARNESS = fileURLToPath(new URL('shells/complete.zsh', import.meta.url));

/** bash has split the line into words already when it asks, also at "=". */
function bashAsks(line: string): string {
  const words = line.split(/ +|(?<==)|(?==)/).map((word) => `'${word}'`);
  return `COMP_WORDS=(${words.join(' ')}) COMP_CWORD=${words.length - 1}; _ksm; printf '%s\\n' "\${COMPREPLY[@]}" ==`;
}

/** How each shell is asked what it offers for lines; "==" alone ends the offers of a line. */
const SHELLS: Readonly<Record<string, (script: string, lines: readonly string[]) => string[]>> = {
  bash: (script, lines) => ['--norc', '-c', [`source ${script}`, ...lines.map(bashAsks)].join('\n')],
  zsh: (script, lines) => ['-f', HARNESS, script, ...lines],
  fish: (script, lines) => {
    const asks = lines.map((line) => `complete -C "${line}"; echo ==`);
    return ['--no-config', '-c', [`source ${script}`, ...asks].join('\n')];
  },
};

/** What a shell offers for each of the lines. */
async function offers(shell: string, lines: readonly string[]): Promise<string[][]> {
  const words = SHELLS[shell]?.(await scriptOf(shell), lines) ?? [];
  const stdout = execFileSync(shell, words, { cwd: folder.path, encoding: 'utf8' });
  const found: string[][] = [[]];
  for (const offer of stdout.split('\n').map((line) => line.split('\t')[0] ?? '')) {
    if (offer === '==') found.push([]);
    else if (offer !== '') found.at(-1)?.push(offer);
  }
  return found.slice(0, -1).map((words) => [...new Set(words)].sort());
}

/** Each option as it is typed. */
const optionsOf = (name: string): string[] =>
  (COMMANDS.find((command) => command.name === name)?.options ?? []).map((option) => `--${option.name}`);

const CASES: readonly (readonly [line: string, offered: readonly string[]])[] = [
  ['ksm sc', ['scan']],
  ['ksm re', ['record', 'replay']],
  ['ksm-wasm be', ['bench']],
  ['ksm help be', ['bench']],
  ['ksm scan --ind', ['--index']],
  ['ksm scan --index ', ['content', 'hash']],
  ['ksm replay --index h', ['hash']],
  ['ksm scan --set max', ['max_page_sharing=']],
  ['ksm scan --quiet --set smart', ['smart_scan=']],
  ['ksm completion ba', ['bash']],
  ...COMMANDS.map(({ name }) => [`ksm ${name} --`, optionsOf(name).sort()] as const),
];

describe.each(Object.keys(SHELLS))('%s', (shell) => {
  it('offers every command, option and word, and nothing else', async (context) => {
    if (!has(shell)) context.skip(`${shell} is not installed`);
    const found = await offers(
      shell,
      CASES.map(([line]) => line),
    );
    expect(found).toHaveLength(CASES.length);
    for (const [at, [line, offered]] of CASES.entries()) expect(found[at], line).toEqual([...offered].sort());
  });

  it('offers all commands where none is typed yet, and folders where one is meant', async (context) => {
    if (!has(shell)) context.skip(`${shell} is not installed`);
    const [commands, folders = []] = await offers(shell, ['ksm ', 'ksm record --output rec']);
    expect(commands).toEqual(expect.arrayContaining([...COMMANDS.map(({ name }) => name), 'help']));
    expect(folders.map((name) => name.replace(/\/$/, ''))).toEqual(['recordings']);
  });
});

describe('bash', () => {
  it('takes what follows "=" for the value, and leaves files to the shell', async () => {
    const found = await offers('bash', ['ksm scan --index=', 'ksm scan --index=ha', 'ksm scan ima']);
    expect(found).toEqual([['content', 'hash'], ['hash'], []]);
  });
});

describe('ksm completion', () => {
  it.each([[[]], [['tcsh']], [['constructor']], [['bash', 'zsh']]])('%j is refused', async (words) => {
    const { code, stdout, stderr } = await ksm(['completion', ...words]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^ksm: .*ksm completion bash, or ksm completion zsh, or ksm completion fish\.\n$/);
  });
});

describe('the manual', () => {
  const page = folder.file('ksm.1', manualPage(COMMANDS, '1.2.3', '2026-01-31'));

  it.for([
    ['mandoc', '-Tlint', '-Wwarning', page],
    ['groff', '-man', '-ww', '-z', page],
  ])('%s finds nothing to say against it', ([program = '', ...words], context) => {
    if (!has(program)) context.skip(`${program} is not installed`);
    const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8' });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it('man shows every command with every option, its summary and its details', (context) => {
    if (!has('man')) context.skip('man is not installed');
    const env = { ...process.env, MANWIDTH: '200', TERM: 'dumb', LC_ALL: 'C.UTF-8' };
    const shown = execFileSync('man', ['-l', page], { encoding: 'utf8', env }).replace(/[\s-]+/g, '');
    const expectShown = (text: string): void => expect(shown).toContain(text.replace(/[\s-]+/g, ''));
    expectShown('ksm-wasm 1.2.3');
    for (const { synopsis, summary, options, details } of COMMANDS) {
      expectShown(`ksm ${synopsis}`);
      expectShown(summary.slice(1));
      for (const { name, value = '', help } of options) {
        expectShown(`--${name}`);
        expectShown(value);
        expectShown(help);
      }
      for (const detail of details.flat(2)) expectShown(detail);
    }
  });
});
