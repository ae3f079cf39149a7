/**
 * Ctrl-C and its kin end `ksm` whatever it is doing, with the code that shells expect: 128 and the signal's number (signal(7)).
 *
 * What is interrupted here would go on for minutes or for ever, so that an end can only come from the signal. No test looks at a
 * clock: each waits for something that the program has done.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import os from 'node:os';
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
