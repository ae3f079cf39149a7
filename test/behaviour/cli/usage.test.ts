/** What the user gets to see of help and mistakes: the message, where it goes, and the exit code. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Ended, Folder, ksm, ksmInTurn } from '../../support/program.ts';

const folder = new Folder();
afterAll(() => folder.remove());

const image = folder.file('page.raw', Buffer.alloc(4096, 1));
const manifest: { version: string } = JSON.parse(
  readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
);

describe('help', () => {
  it.each([[['--help']], [['-h']], [['help']]])('%j lists the commands', async (words) => {
    const { code, stdout, stderr } = await ksm(words);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^ {2}scan .+$/m);
    expect(stdout).toMatch(/^ {2}replay .+$/m);
    expect(stdout).toContain('3 a check failed');
  });

  it.each(['scan', 'replay'])('explains %s, however it is asked', async (command) => {
    const asked = [
      ['help', command],
      [command, '--help'],
      [command, '-h', 'ignored'],
    ];
    const answers = await Promise.all(asked.map((words) => ksm(words)));
    expect(answers[0]?.stdout).toContain(`Usage: ksm ${command} `);
    for (const name of ['index', 'set', 'memory', 'scanners', 'seed', 'json', 'quiet']) {
      expect(answers[0]?.stdout).toContain(`--${name}`);
    }
    for (const answer of answers) expect(answer).toEqual({ ...answers[0], code: 0, stderr: '' });
  });

  it.each(['--version', '-V'])('%s prints the version of the package', async (word) => {
    expect(await ksm([word])).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
  });
});

describe('wrong usage', () => {
  const cases: readonly [string[], string][] = [
    [[], 'which command?'],
    [['scna'], '"scna" is not a command. Do you mean scan?'],
    [['frobnicate'], '"frobnicate" is not a command. "ksm --help" lists the commands.'],
    [['--verison'], '"--verison" is not an option of "ksm". Do you mean --version?'],
    [['help', 'scam'], '"scam" is not a command. Do you mean scan?'],
    [['scan', '--jsno', image], '"--jsno" is not an option of "ksm scan". Do you mean --json?'],
    [['scan', '-z', image], '"-z" is not an option of "ksm scan".'],
    [['scan', '--check', image], '"--check" is not an option of "ksm scan".'],
    [['scan', '--memory', '12X', image], '--memory 12X: expected a size such as 512M'],
    [['scan', '--engine', 'bytes', '--memory', '5G', image], '--memory 5G: expected at most 4G'],
    [['replay', '--memory', '5G', image], '--memory 5G: expected at most 4G'],
    [['scan', '--engine', 'bytes', '--memory', '4K', image], '--memory'],
    [['scan', '--memory', '4K', image], '--memory 4K: expected at least 1M'],
    [['scan', '--engine', 'words', image], '--engine words: expected names or bytes.'],
    [['scan', '--engine', 'names', '--index', 'content', image, '--pid', '1'], '--engine names: a process changes'],
    [['scan', '--engine', 'bytes', '--trust-hash', image], '--trust-hash: '],
    [['scan', '--memory'], '--memory needs a value: --memory SIZE'],
    [['scan', '--passes', '0', image], '--passes 0: expected a whole number of at least 1.'],
    [['scan', '--passes', 'many', image], '--passes many: expected a whole number of at least 1.'],
    [['scan', '--index', 'tree', image], '--index tree: expected content or hash.'],
    [['scan', '--seed', '-1', image], '--seed -1: expected a whole number from 0 to 18446744073709551615.'],
    [['scan', '--scanners', '0', image], '--scanners 0: expected a whole number of at least 1.'],
    [['scan', '--pid', 'init'], '--pid init: expected a whole number of at least 1.'],
    [['scan', '--pid', '0'], '--pid 0: expected a whole number of at least 1.'],
    [['scan', '--set', 'run', image], '--set run: expected FILE=VALUE'],
    [['scan', '--set', '=1', image], '--set =1: expected FILE=VALUE'],
    [['scan', '--set', 'pages_shard=1', image], '--set pages_shard=1: ENOENT:'],
    [['scan', '--set', 'pages_shared=1', image], '--set pages_shared=1: EACCES:'],
    [['scan', '--set', 'max_page_sharing=1', image], '--set max_page_sharing=1: EINVAL:'],
    [['scan', '--set', 'max_page_sharing=99999999999', image], '--set max_page_sharing=99999999999: ERANGE:'],
    [['scan', '--set', 'use_zero_pages=maybe', image], '--set use_zero_pages=maybe: EINVAL:'],
    [['scan', '--set', 'run=0', image], '--set run=0: the scanner scans only while run is 1 (EAGAIN)'],
    [['scan', '--set', 'run=2', image], '--set run=2: the scanner scans only while run is 1 (EAGAIN)'],
    [['scan', '--set', 'run=3', image], '--set run=3: EINVAL:'],
    [['replay'], 'which trace?'],
    [['replay', '--passes', '1', image], '"--passes" is not an option of "ksm replay".'],
    [['replay', '--check', '--set', 'smart_scan=0', image], '--set does not go with --check'],
  ];
  const answers = ksmInTurn(cases.map(([words]) => words));

  it.each(cases.map(([words, message], at) => [words, message, at] as const))('%j', async (_, message, at) => {
    const { code, stdout, stderr } = (await answers)[at] as Ended;
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^ksm: .+\n$/);
    expect(stderr).toContain(message);
  });

  it('is the same from a process of its own', async () => {
    expect(await ksm(cases[1]?.[0] ?? [])).toEqual((await answers)[1]);
  });
});

describe('what cannot be read', () => {
  const missing = join(folder.path, 'missing.raw');
  const empty = folder.file('empty.raw', '');
  const secret = folder.file('secret.raw', Buffer.alloc(4096));
  const directory = join(folder.path, 'directory');
  mkdirSync(directory);
  chmodSync(folder.path, 0o755);
  chmodSync(secret, 0);

  async function failure(words: readonly string[], unprivileged: boolean = false): Promise<string> {
    const { code, stdout, stderr } = await ksm(words, { unprivileged });
    expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(/^ksm: .+\n$/) });
    return stderr;
  }

  it('a missing image', async () => {
    expect(await failure(['scan', missing])).toContain(`${missing}: no such file`);
  });

  it('a number that is no file, but may be a process', async () => {
    expect(await failure(['scan', '99999999'])).toContain('if process 99999999 is meant: --pid 99999999');
  });

  it('an empty image', async () => {
    expect(await failure(['scan', image, empty])).toContain(`${empty} is empty`);
  });

  it('a directory', async () => {
    expect(await failure(['scan', directory])).toContain(`${directory} is a directory`);
  });

  it('an image of somebody else', async () => {
    expect(await failure(['scan', secret], true)).toContain(`${secret} is not readable for this user`);
  });

  if (process.platform !== 'linux') {
    it('processes, where there is no Linux', async () => {
      for (const words of [['scan'], ['scan', '--all'], ['scan', '--pid', '1']]) {
        expect(await failure(words)).toContain('needs Linux');
      }
    });
    return;
  }

  it('a process that has ended', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    expect(await failure(['scan', '--pid', `${pid}`])).toContain(`there is no process ${pid}`);
  });

  it('a process of somebody else', async () => {
    const pid = process.getuid?.() === 0 ? process.pid : 1;
    expect(await failure(['scan', '--pid', `${pid}`], true)).toContain(`the memory of process ${pid} may not be read`);
  });
});
