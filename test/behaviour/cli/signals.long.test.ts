/**
 * Ctrl-C and its kin end `ksm` whatever it is doing, with the code that shells expect: 128 and the signal's number (signal(7)).
 *
 * What is interrupted here would go on for minutes or for ever, so that an end can only come from the signal. No test looks at a
 * clock: each waits for something that the program has done.
 */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync, truncateSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { type Ended, ended, Folder, start } from '../../support/program.ts';

const folder = new Folder();
afterAll(() => folder.remove());

const lines = (...operations: object[]): string =>
  [{ op: 'trace', version: 1, name: 't' }, { op: 'process', proc: 'p' }, ...operations]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');

/** Each of these operations is about a gibibyte, in one step. */
const READS = 1000;
const all = { proc: 'p', pages: 2 ** 18 };
const manyTimes = (op: string): string =>
  lines({ op: 'mmap', ...all }, ...new Array<object>(READS).fill({ op, ...all }));
const reads = folder.file('reads.trace.jsonl', manyTimes('digest'));
const touches = folder.file('touches.trace.jsonl', manyTimes('touch'));
const image = folder.file('image.raw', Buffer.alloc(2 ** 20));

/** Starts a program, and ends it, if it has not ended, when `work` has. */
async function running(words: readonly string[], work: (child: ChildProcess) => Promise<void>): Promise<Ended> {
  const child = start(words);
  const end = ended(child);
  try {
    await work(child);
    return await end;
  } finally {
    child.kill('SIGKILL');
    await end;
  }
}

/** Waits until a replay is in the middle of its first read: the line of the step before is there. */
async function inAStep(child: ChildProcess): Promise<void> {
  let text = '';
  while (text.split('\n').length < 4)
    [text] = [text + (await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data'))];
}

/** CPU time that a process has used, in clock ticks: fields 14 and 15 of /proc/PID/stat (proc(5)). */
function ticks(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

/** Files that a process has open, by path. */
function openFilesOf(pid: number | undefined): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return []; // Closed meanwhile.
    }
  });
}

/** Waits until a program has no work: its CPU time does not grow any more. */
async function waiting(child: ChildProcess): Promise<void> {
  for (let [before, same] = [-1, 0]; same < 20; ) {
    await sleep(20);
    const now = ticks(child.pid);
    same = now === before && now > 0 ? same + 1 : 0;
    before = now;
  }
}

describe.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s', (signal) => {
  const code = 128 + os.constants.signals[signal];

  it('ends a replay in the middle of a long step', async () => {
    const result = await running(['replay', reads], async (child) => {
      await inAStep(child);
      child.kill(signal);
    });
    expect(result).toMatchObject({ code, stderr: '' });
    expect(result.stdout.split('\n').length).toBeLessThan(READS);
  });
});

describe('a second signal', () => {
  it.each([
    ['SIGINT', 'SIGINT'],
    ['SIGINT', 'SIGTERM'],
    ['SIGTERM', 'SIGHUP'],
  ] as const)('%s, then %s', async (first, second) => {
    const result = await running(['replay', reads], async (child) => {
      await inAStep(child);
      child.kill(first);
      child.kill(second);
    });
    const codes = [first, second].map((signal) => 128 + os.constants.signals[signal]);
    expect(codes).toContain(result.code);
    expect(result.stdout.split('\n').length).toBeLessThan(READS);
  });
});

describe('a reader that does not read', () => {
  it('does not keep a replay from ending', async () => {
    const child = start(['replay', ...new Array<string>(100).fill(reads)]);
    const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
    try {
      await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'readable');
      child.kill('SIGINT');
      const [code, signal] = await once(child, 'exit');
      expect(signal ?? code).toBe(signal === null ? 130 : 'SIGINT');
    } finally {
      child.kill('SIGKILL');
      child.stdout?.resume();
      await closed;
    }
  });
});

if (process.platform === 'linux') {
  it('a check is ended by Ctrl-C', async () => {
    // In hash order only what is read for a digest is compared, so any recording will do.
    const steps = new Array(READS + 2).fill('{"result":0,"sysfs":{},"vmstat":{},"ksm_stat":{},"frames":[]}');
    folder.file('touches.recording.jsonl', ['{"op":"trace","version":1,"name":"t","kernel":""}', ...steps].join('\n'));
    const result = await running(['replay', '--check', '--index', 'hash', touches], async (child) => {
      while (ticks(child.pid) < 60) await sleep(5);
      child.kill('SIGINT');
    });
    expect(result).toEqual({ code: 130, stdout: '', stderr: '' });
  });

  describe('a scan that waits for a pipe', () => {
    it.each([
      ['that nobody writes to', ['-'], Buffer.alloc(0)],
      ['whose writer has begun', ['-'], Buffer.alloc(100_000, 1)],
      ['beside files that threads read', ['-', image, image, '--loaders', '3'], Buffer.alloc(100_000, 1)],
    ])('%s is ended by Ctrl-C', async (_, words, written) => {
      const result = await running(['scan', ...words], async (child) => {
        child.stdin?.write(written);
        await waiting(child);
        child.kill('SIGINT');
      });
      expect(result).toEqual({ code: 130, stdout: '', stderr: '' });
    });

    it('with a name that nobody opens is ended by Ctrl-C', async () => {
      const path = join(folder.path, 'pipe');
      execFileSync('mkfifo', [path]);
      const result = await running(['scan', path], async (child) => {
        while (!openFilesOf(child.pid).includes(path)) await sleep(5);
        child.kill('SIGINT');
      });
      expect(result).toEqual({ code: 130, stdout: '', stderr: '' });
    });
  });

  it('a scan whose threads load is ended by Ctrl-C', async () => {
    const sparse = join(folder.path, 'sparse.img');
    folder.file('sparse.img', '');
    truncateSync(sparse, 2 ** 40);
    const result = await running(['scan', '--loaders', '3', '--holes', 'zero', sparse], async (child) => {
      while (ticks(child.pid) < 60) await sleep(5);
      child.kill('SIGINT');
    });
    expect(result).toEqual({ code: 130, stdout: '', stderr: '' });
  });

  describe('a scan that would go on for ever', () => {
    it.each(['1', '2'])('is ended by Ctrl-C, with %s scanners', async (scanners) => {
      const words = ['scan', '--passes', '1000000000', '--scanners', scanners, image];
      const result = await running(words, async (child) => {
        while (ticks(child.pid) < 30) await sleep(5);
        child.kill('SIGINT');
      });
      expect(result).toEqual({ code: 130, stdout: '', stderr: '' });
    });
  });
}
