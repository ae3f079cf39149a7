/**
 * What cannot be made to happen in a real process at will: a page that the kernel fails to read, and a pid that another
 * process has got meanwhile. The system's answers are replaced here by what proc(5) and mem_rw say they would be.
 */

import type * as Fs from 'node:fs';
import type * as FsPromises from 'node:fs/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openProcess } from '../../../src/image/process.ts';
import { PAGE_BYTES } from '../../../src/image/source.ts';
import { kill, openFiles, patternCode, readAll, startNode } from '../../support/image.ts';

/** Pages (address / 4096) that reading ends before, or fails at. */
const bad = new Set<number>();
let startTime: string | undefined;

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof Fs>();
  const readSync = (fd: number, buffer: Buffer, offset: number, length: number, position: bigint | number): number => {
    if (typeof position === 'number') return fs.readSync(fd, buffer, offset, length, position);
    const first = Number(position / 4096n);
    if (bad.has(first)) throw Object.assign(new Error('i/o error'), { code: 'EIO' });
    let pages = 1;
    while (pages < length / 4096 && !bad.has(first + pages)) pages++;
    return fs.readSync(fd, buffer, offset, Math.min(length, pages * 4096), position);
  };
  return { ...fs, readSync };
});

vi.mock('node:fs/promises', async (original) => {
  const fs = await original<typeof FsPromises>();
  const readFile = async (path: string, encoding: BufferEncoding): Promise<string> => {
    const text = await fs.readFile(path, encoding);
    if (startTime === undefined || !path.endsWith('/stat')) return text;
    const close = text.lastIndexOf(')');
    const fields = text.slice(close + 2).split(' ');
    fields[22 - 3] = startTime;
    return `${text.slice(0, close + 2)}${fields.join(' ')}`;
  };
  return { ...fs, readFile };
});

let child: Awaited<ReturnType<typeof startNode>> | undefined;

afterEach(async () => {
  bad.clear();
  startTime = undefined;
  if (child) await kill(child);
});

async function stopped() {
  child = await startNode(patternCode(0x1234_0000, 1 << 20));
  child.kill('SIGSTOP');
  return child.pid;
}

describe('a page that the kernel cannot read', () => {
  it('is lost alone, wherever in a run it is', async () => {
    const source = await openProcess(await stopped());
    const whole = await readAll(source);
    const long = source.ranges.find((range) => range.pages >= 256);
    if (long === undefined) throw new Error('the pattern has no range');
    const present = [...whole.keys()].filter((page) => page >= long.page && page < long.page + long.pages);
    // The first, two in a row, one at the end of a piece, the last.
    const lost = [0, 5, 6, 63, 64, present.length - 1].map((i) => present[i] ?? -1);
    for (const page of lost) bad.add(Number(long.address / BigInt(PAGE_BYTES)) + page - long.page);
    const rest = await readAll(source);
    expect([...whole.keys()].filter((page) => !rest.has(page))).toEqual(lost);
    for (const [page, bytes] of rest) expect(whole.get(page)?.equals(bytes)).toBe(true);
    expect(source.notes).toEqual(['6 pages lost: the kernel could not read them.']);
  });
});

describe('a pid that belongs to another process now', () => {
  it('when it is read: nothing is read of it', async () => {
    const source = await openProcess(await stopped());
    startTime = '1';
    expect((await readAll(source)).size).toBe(0);
    expect(source.notes).toEqual([`${source.pages} pages lost: the process ended before it was read.`]);
    expect(openFiles().filter((path) => path.startsWith(`/proc/${child?.pid}/`))).toEqual([]);
  });
});
