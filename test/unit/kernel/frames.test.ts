/** Who shares a frame, read from a file that looks like /proc/PID/pagemap (admin guide, pagemap): 64 bits for each page. */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Mapped, sharedFrames } from '../../../src/kernel/frames.ts';

/** A trace's page 0 lies at this address (puppet.c). */
const BASE = 0x2000_0000_0000n;
const PRESENT = 1n << 63n;

let proc = '';
beforeEach(() => {
  proc = fs.mkdtempSync(join(tmpdir(), 'ksm-pagemap-'));
});
afterEach(() => fs.rmSync(proc, { recursive: true }));

/** A process with these frames by page, in a file that is sparse like the memory. */
function process(name: string, pid: number, frames: Record<number, bigint>, regions: Mapped['regions']): Mapped {
  fs.mkdirSync(join(proc, `${pid}`));
  const fd = fs.openSync(join(proc, `${pid}`, 'pagemap'), 'w');
  const write = (page: number, entry: bigint): void => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(entry);
    fs.writeSync(fd, bytes, 0, 8, Number((BASE / 4096n) * 8n) + page * 8);
  };
  for (const [page, frame] of Object.entries(frames)) write(Number(page), PRESENT | frame);
  write(Math.max(...regions.map(([first, count]) => first + count)), 0n);
  fs.closeSync(fd);
  return { name, pid, regions };
}

const LARGE = 100_000;
/** A frame number of more than 32 bits. */
const HIGH = (1n << 40n) + 5n;

test('pages far apart in a large mapping, and in another process', async () => {
  const one = process('p', 1, { 0: 7n, 16383: 8n, 16384: 8n, 40000: 9n, [LARGE - 1]: HIGH }, [[0, LARGE]]);
  const two = process('q', 2, { 3: HIGH, 4: 7n, 5: 9n }, [[3, 2]]);
  expect(await sharedFrames(proc, [one, two], undefined)).toEqual([
    [
      ['p', 0],
      ['q', 4],
    ],
    [
      ['p', 16_383],
      ['p', 16_384],
    ],
    [
      ['p', LARGE - 1],
      ['q', 3],
    ],
  ]);
});

test('ends in the middle when it is told to', async () => {
  const controller = new AbortController();
  const large = process('p', 1, { 0: 7n }, [[0, LARGE]]);
  const found = sharedFrames(proc, [large], controller.signal);
  const reason = new Error('enough');
  controller.abort(reason);
  await expect(found).rejects.toBe(reason);
});
