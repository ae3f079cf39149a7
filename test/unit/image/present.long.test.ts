/**
 * Which pages of a process are found, and what is said of the others: against what its program has done (test/support/live/memory.c), and
 * against the kernel's own sums in smaps_rollup. By the helper and by the walk alike.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Presence } from '../../../src/image/present.ts';
import { openProcess } from '../../../src/image/process.ts';
import type { Reason } from '../../../src/image/unseen.ts';
import { readAll } from '../../support/image.ts';
import { MemoryProcesses } from '../../support/live/memory.ts';
import { PAGE } from '../../support/page.ts';
import { until } from '../../support/until.ts';

const MIB = 2 ** 20;
let processes: MemoryProcesses;
let helper: Presence;

beforeAll(async () => {
  processes = new MemoryProcesses();
  helper = await Presence.open(new AbortController().signal);
});

afterAll(async () => {
  await helper[Symbol.asyncDispose]();
  await processes[Symbol.asyncDispose]();
});

/** A field of smaps_rollup, in bytes. */
function rollup(pid: number, field: string): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(new RegExp(`^${field}: +(\\d+) kB`, 'm').exec(text)?.[1]) * 1024;
}

async function opened(presence: Presence, ...words: string[]) {
  const child = await processes.start(...words);
  child.stop();
  const source = await openProcess(child.pid, { presence });
  const unseen = (...reasons: Reason[]): number =>
    (source.live?.unseen ?? []).reduce((sum, { reason, bytes }) => sum + (reasons.includes(reason) ? bytes : 0), 0);
  return { pid: child.pid, source, unseen };
}

it('there is a helper here: the tests of it test it', () => {
  expect(helper.isAsking).toBe(true);
});

describe.each([
  ['by the helper', () => helper],
  ['by the walk', () => Presence.walking()],
])('pages found %s', (_, presence) => {
  it('are all that the kernel counts as anonymous, and no other', async () => {
    const { pid, source } = await opened(presence(), 'written=9', 'locked=3', 'equal=2');
    expect(source.pages * PAGE).toBe(rollup(pid, 'Anonymous'));
    expect((await readAll(source)).size).toBe(source.pages);
    expect(source.notes).toEqual([]);
  });

  it('are without those that were only read, which are said', async () => {
    const { pid, source, unseen } = await opened(presence(), 'read=64', 'written=1');
    expect(source.pages * PAGE).toBe(rollup(pid, 'Anonymous'));
    expect(unseen('zero_page')).toBeGreaterThanOrEqual(64 * MIB);
    expect(unseen('zero_page')).toBeLessThan(65 * MIB);
  });

  it('have those that a fork shares, beside pages that were only read', async () => {
    const { pid, source, unseen } = await opened(presence(), 'forked=8');
    const isSure = process.geteuid?.() === 0 || presence().isAsking;
    expect(source.pages * PAGE - (isSure ? 0 : 4 * MIB)).toBe(rollup(pid, 'Anonymous'));
    expect(unseen('zero_page')).toBeGreaterThanOrEqual(isSure ? 4 * MIB : 0);
    expect(source.notes).toHaveLength(isSure ? 0 : 1);
  });

  it('and what is said to be left out are the whole resident memory', async () => {
    const { pid, source, unseen } = await opened(presence(), 'shared=5', 'memfd=8', 'written=3', 'locked=1', 'read=2');
    expect(source.pages * PAGE + unseen('shared', 'memfd', 'file', 'special')).toBe(rollup(pid, 'Rss'));
    expect(unseen('shared')).toBe(5 * MIB);
    expect(unseen('memfd')).toBe(4 * MIB);
    expect(unseen('file')).toBeGreaterThan(0);
    expect(unseen('swapped', 'hugetlb')).toBe(rollup(pid, 'Swap'));
  });
});

describe('reserved memory', () => {
  it('of 32 TiB costs the helper nothing', async () => {
    const { source } = await opened(helper, `sparse=${32 * 2 ** 20}`);
    const [first, last] = [source.ranges.at(0), source.ranges.at(-1)];
    expect(source.ranges.length).toBeGreaterThan(2);
    expect(Number((last?.address ?? 0n) - (first?.address ?? 0n))).toBeGreaterThan(32 * 2 ** 40);
  });

  it('is walked through no further than there are pages, and the walk can be ended', async () => {
    const child = await processes.start(`sparse=${2 ** 20}`);
    let looks = 0;
    const look = async (): Promise<void> => {
      if (++looks === 5) throw new Error('enough');
    };
    await expect(openProcess(child.pid, { look })).rejects.toThrow('enough');
    expect(looks).toBe(5);
  });
});

describe('what the kernel says of a process', () => {
  it('is that it has asked for merging, if it has', async () => {
    const asked = await opened(helper, 'mergeable', 'equal=1');
    const other = await opened(helper, 'equal=1');
    expect(asked.source.live?.ksm).toMatchObject({ ksm_mergeable: 'yes', ksm_merge_any: 'no' });
    expect(other.source.live?.ksm).toMatchObject({ ksm_mergeable: 'no', ksm_merging_pages: 0 });
  });

  it('are its huge pages', async () => {
    const { pid, source } = await opened(helper, 'huge=16');
    const bytes = rollup(pid, 'AnonHugePages');
    expect(source.live?.hugeBytes).toBe(bytes);
    expect(source.live?.huge?.length).toBe(bytes / (2 * MIB));
  });
});

it('a helper that is killed is done without', async () => {
  const presence = await Presence.open(new AbortController().signal);
  await presence[Symbol.asyncDispose]();
  const { pid, source } = await opened(presence, 'written=2');
  expect(source.pages * PAGE).toBe(rollup(pid, 'Anonymous'));
});

it('a process that becomes another program while it is read is said to have done so', async () => {
  const child = await processes.start('written=64');
  const source = await openProcess(child.pid, { presence: helper });
  let read = 0;
  for await (const { bytes } of source.read()) {
    if (read === 0) {
      child.exec();
      await until(() => readFileSync(`/proc/${child.pid}/comm`, 'utf8') === 'sleep\n');
    }
    read += bytes.length / PAGE;
  }
  expect(read).toBeGreaterThan(0);
  expect(source.notes).toEqual([
    `${source.pages - read} pages lost: the process became another program while it was read.`,
  ]);
});

it('the helper needs no folder that it could be kept in, and leaves none behind', async () => {
  const { XDG_CACHE_HOME: before } = process.env;
  process.env.XDG_CACHE_HOME = '/proc/none/cache';
  try {
    await using presence = await Presence.open(new AbortController().signal);
    expect(presence.isAsking).toBe(true);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('ksm-present-'))).toEqual([]);
  } finally {
    if (before === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = before;
  }
});
