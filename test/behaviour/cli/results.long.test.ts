/**
 * A result that does not get out is a failure: a full disk, a limit on files, a stdout that is closed. One sentence says so, and no
 * stack trace. (A reader that leaves early is in replay.test.ts and scan.test.ts.)
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { Folder, MAIN } from '../../support/program.ts';

const folder = new Folder();
afterAll(() => folder.remove());

const trace = fileURLToPath(new URL('../../recordings/golden/basic-1.trace.jsonl', import.meta.url));
const image = folder.file('page.raw', Buffer.alloc(4096, 1));

const COMMANDS = [
  ['replay', trace],
  ['replay', '--json', trace],
  ['replay', '--check', trace],
  ['scan', image],
  ['scan', '--json', image],
  ['help'],
  ['scan', '--help'],
  ['--version'],
];

/** `ksm WORDS`, in a shell that does something to it first. */
function inShell(script: string, words: readonly string[]): { code: number | null; stdout: string; stderr: string } {
  const shell = ['-c', script, 'sh', process.execPath, MAIN, ...words];
  const { status, stdout, stderr } = spawnSync('sh', shell, { encoding: 'utf8' });
  return { code: status, stdout, stderr };
}

if (process.platform !== 'win32') {
  describe.each(COMMANDS)('ksm %s %s', (...words) => {
    if (existsSync('/dev/full')) {
      it('on a full disk', () => {
        const { code, stderr } = inShell('"$@" > /dev/full', words);
        expect(code).toBe(1);
        expect(stderr).toMatch(/^ksm: cannot write the result to stdout: no space left on device \(ENOSPC\)\.\n$/);
      });
    }

    it('thrown away on purpose', () => {
      expect(inShell('"$@" > /dev/null', words)).toEqual({ code: 0, stdout: '', stderr: '' });
    });

    it.each([['ignore'], ['ignore', 'ignore', 'pipe']] as const)(
      'thrown away by the program that starts it: %j',
      (...stdio) => {
        const { status } = spawnSync(process.execPath, [MAIN, ...words], {
          stdio: stdio.length === 1 ? 'ignore' : [...stdio],
        });
        expect(status).toBe(0);
      },
    );
  });

  it('more than the limit on files allows', () => {
    // In blocks of 512 bytes; the recording has some ten thousand.
    const { code, stderr } = inShell(`ulimit -f 2; "$@" > '${join(folder.path, 'limited')}'`, ['replay', trace]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ksm: cannot write the result to stdout: file too large \(EFBIG\)\.\n$/);
  });

  it('recordings that cannot be put where they should go', () => {
    const file = folder.file('file', '');
    const { code, stderr } = inShell('"$@"', ['record', '--output', file, trace]);
    expect(code).toBe(1);
    expect(stderr).toBe(`ksm: --output: ${file} cannot be written: file already exists (EEXIST).\n`);
  });
}
