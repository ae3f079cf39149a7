/**
 * The demo's processes: that they are there with their work done, that they end, and that they have much in common.
 *
 * They are programs of the built package, so the built package is what is tested here.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { startDemo as startUnbuilt } from '../../../src/image/demo.ts';
import { openProcess } from '../../../src/image/process.ts';
import { PAGE_BYTES } from '../../../src/image/source.ts';
import { failed, readAll } from '../../support/image.ts';
import { until } from '../../support/until.ts';

const built = new URL('../../../dist/src/image/demo.js', import.meta.url).href;
const { startDemo } = (await import(/* @vite-ignore */ built)) as typeof import('../../../src/image/demo.ts');

const cleanup: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const action of cleanup.splice(0)) await action();
});

/** A process that has ended but was not waited for still has an entry; then it has no memory. */
function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && /^VmRSS:/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

function gone(pids: readonly number[]): Promise<void> {
  return until(() => !pids.some(isAlive));
}

async function started() {
  const demo = await startDemo();
  cleanup.push(() => demo[Symbol.asyncDispose]());
  return demo;
}

describe('the demo', () => {
  it('is four processes that have done their work, and none after it was disposed of, also twice', async () => {
    const demo = await started();
    expect(new Set(demo.pids).size).toBe(4);
    expect(demo.pids.every(isAlive)).toBe(true);
    for (const work of demo.work) {
      expect(work.documents).toBeGreaterThan(20);
      expect(work.words).toBeGreaterThan(1000);
      expect(work.compressedBytes).toBeLessThan(work.textBytes / 2);
    }
    await demo[Symbol.asyncDispose]();
    expect(demo.pids.filter(isAlive)).toEqual([]);
    await demo[Symbol.asyncDispose]();
  });

  it('has pages in common to all four, and others of each alone', async () => {
    const demo = await started();
    const holders = new Map<string, Set<number>>();
    for (const pid of demo.pids) {
      for (const page of (await readAll(await openProcess(pid))).values()) {
        const content = page.toString('latin1');
        holders.set(content, (holders.get(content) ?? new Set()).add(pid));
      }
    }
    const count = (n: number) => [...holders.values()].filter((pids) => pids.size === n).length;
    // Unicode has more than 130,000 letters, with 4 bytes each in a table that every process has.
    expect(count(4)).toBeGreaterThan((130_000 * 4) / PAGE_BYTES);
    expect(count(1)).toBeGreaterThan(4);
  });

  it.each([
    ['is killed', 'await new Promise(() => setInterval(() => {}, 1000))', true],
    ['ends without disposing of it', '', false],
    ['throws', 'throw undefined', false],
  ])('ends when the process that started it %s', async (_, then, killed) => {
    const code = `import { startDemo } from ${JSON.stringify(built)};
      const demo = await startDemo(); process.send(demo.pids); process.channel.unref(); ${then}`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    cleanup.push(() => parent.kill('SIGKILL'));
    const ended = once(parent, 'exit');
    const [pids] = (await once(parent, 'message')) as [number[]];
    expect(pids).toHaveLength(4);
    if (killed) parent.kill('SIGKILL');
    await ended;
    await gone(pids);
  });

  it('ends at once where it is aborted while they work', async () => {
    const children = (): number[] => {
      const lists = readdirSync('/proc/self/task').map((task) =>
        readFileSync(`/proc/self/task/${task}/children`, 'utf8'),
      );
      return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
    };
    const before = children();
    const controller = new AbortController();
    const reason = new Error('enough');
    const starting = startDemo(controller.signal);
    const pids = children().filter((pid) => !before.includes(pid));
    expect(pids).toHaveLength(4);
    controller.abort(reason);
    await expect(starting).rejects.toBe(reason);
    expect(pids.filter(isAlive)).toEqual([]);
    await expect(startDemo(controller.signal)).rejects.toBe(reason);
  });

  it('says why when a process cannot do its work: EIO, with what it wrote', async () => {
    // Not built, the worker's file is not there.
    const error = await failed(startUnbuilt());
    expect(error.code).toBe('EIO');
    expect(error.message).toMatch(/ended early, with exit code 1: [\s\S]*demo-worker\.js/);
  });
});
