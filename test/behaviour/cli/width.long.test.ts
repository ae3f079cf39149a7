/** Lines are as long as the user's terminal is wide: COLUMNS says how wide; 80 characters if nobody says. */
import { afterAll, describe, expect, it } from 'vitest';
import { allCommands } from '../../../src/cli/commands.ts';
import { commandHelp, generalHelp } from '../../../src/cli/help.ts';
import { Folder, ksm } from '../../support/program.ts';

const COMMANDS = await allCommands();

const folder = new Folder();
afterAll(() => folder.remove());
const image = folder.file('a-name-that-is-rather-long-for-an-image-of-memory.raw', Buffer.alloc(40 * 4096, 'words '));

function longest(text: string): number {
  return Math.max(...text.split('\n').map((line) => [...line].length));
}

const words = (text: string): string[] => text.split(/\s+/);

describe('help', () => {
  const pages = (width: number): string[] => [
    generalHelp(COMMANDS, width),
    ...COMMANDS.map((command) => commandHelp(command, width)),
  ];

  it.each([60, 80, 100])('fits %d characters', (width) => {
    for (const page of pages(width)) expect(longest(page)).toBeLessThanOrEqual(width);
  });

  it('says the same at every width, and uses the width that there is', () => {
    const wide = pages(100);
    for (const [at, page] of pages(60).entries()) expect(words(page)).toEqual(words(wide[at] ?? ''));
    expect(Math.max(...wide.map(longest))).toBeGreaterThan(90);
  });
});

describe('the program', () => {
  const commands = [
    ['--help'],
    ...COMMANDS.map(({ name }) => ['help', name]),
    ['scan', image, image],
    ['bench', '--size', '1'],
  ];

  it.each(commands)('%s %s: 80 characters where nobody says how many there are', async (...command) => {
    const { code, stdout } = await ksm(command);
    expect(code).toBe(0);
    expect(longest(stdout)).toBeLessThanOrEqual(80);
  });

  it.each(commands)('%s %s: 60 where COLUMNS says so', async (...command) => {
    const { code, stdout } = await ksm(command, { env: { COLUMNS: '60' } });
    expect(code).toBe(0);
    expect(longest(stdout)).toBeLessThanOrEqual(60);
  });

  it.each(['', '0', '-5', 'wide', '1e9'])('COLUMNS=%s is no number of characters: 80', async (COLUMNS) => {
    const { stdout } = await ksm(['scan', '--help'], { env: { COLUMNS } });
    expect(stdout).toBe(commandHelp(COMMANDS[0] as (typeof COMMANDS)[number], 80));
  });

  it('a check that fails says so in lines that fit, and in one line where no width is said', async () => {
    const trace = folder.file('x.trace.jsonl', '{"op":"trace","version":1,"name":"x"}\n{"op":"spawn","proc":"p0"}\n');
    folder.file('x.recording.jsonl', '{"op":"trace"}\n');
    const check = ['replay', '--check', '--index', 'hash', trace];
    const [plain, narrow] = [await ksm(check), await ksm(check, { env: { COLUMNS: '60' } })];
    expect(words(narrow.stdout)).toEqual(words(plain.stdout));
    expect(narrow.stdout.split('\n').length).toBeGreaterThan(plain.stdout.split('\n').length);
    for (const line of narrow.stdout.split('\n'))
      expect(line.length <= 60 || line.trim() === trace || !line.trim().includes(' '), line).toBe(true);
  });
});
