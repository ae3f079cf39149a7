/** ksm.shared(): the groups of pages that map one KSM frame, against the contents that were written and the counters. */
import { expect, test } from 'vitest';
import { createHost, type Host } from '../../../src/index.ts';
import { PAGE } from '../../support/page.ts';

/** Two processes, 40 pages each, four contents in turn; the last page of each is its own. */
async function merged(): Promise<Host> {
  const host = await createHost({ memory: '16M', seed: 1 });
  for (const own of [101, 102]) {
    const space = host.spawn();
    space.mmap(0, 40 * PAGE);
    space.madvise(0, 40 * PAGE, 'MERGEABLE');
    for (let page = 0; page < 40; page++) {
      space.write(page * PAGE, new Uint8Array(PAGE).fill(page === 39 ? own : 1 + (page % 4)));
    }
  }
  host.ksm.settings.run = 1;
  for (let pass = 0; pass < 3; ) if (host.ksm.scan(1000, { now: 0 }).passEnded) pass++;
  return host;
}

function groupsOf(host: Host): string[][] {
  return host.ksm.shared().map(({ pages }) => pages.map(({ process, address }) => `${process.id}:${address / PAGE}`));
}

test('nothing is shared before a scan', async () => {
  expect((await createHost({ memory: '16M' })).ksm.shared()).toEqual([]);
});

test('pages of one content are one group, each page once', async () => {
  const host = await merged();
  const pages = Array.from({ length: 39 }, (_, page) => page);
  const expected = [0, 1, 2, 3].map((content) => {
    return [1, 2].flatMap((id) => pages.filter((page) => page % 4 === content).map((page) => `${id}:${page}`));
  });
  expect(groupsOf(host).sort()).toEqual(expected.sort());
});

test('as many groups and pages as the counters say, and each page maps its frame', async () => {
  const host = await merged();
  const shared = host.ksm.shared();
  const { pages_shared, pages_sharing } = host.ksm.counters();
  expect(shared.length).toBe(pages_shared);
  expect(shared.flatMap(({ pages }) => pages).length).toBe(pages_shared + pages_sharing);
  for (const { frame, pages } of shared) {
    for (const { process, address } of pages) expect(process.frameOf(address)).toBe(frame);
  }
  const frames = shared.map(({ frame }) => frame);
  expect(frames).toEqual([...frames].sort((a, b) => a - b));
});

test('a written page leaves its group, a child comes into all of its parent’s', async () => {
  const host = await merged();
  const [first] = host.processes;
  first?.write(0, Uint8Array.of(9));
  expect(groupsOf(host).flat()).not.toContain('1:0');
  first?.fork();
  const groups = groupsOf(host);
  expect(groups.flat()).not.toContain('3:0');
  for (const group of groups) {
    const pagesOf = (id: string): string[] =>
      group.filter((page) => page.startsWith(`${id}:`)).map((page) => page.slice(2));
    expect(pagesOf('3')).toEqual(pagesOf('1'));
  }
});

test('pages of the zero frame are in no group', async () => {
  const host = await createHost({ memory: '16M', seed: 1 });
  const space = host.spawn();
  space.mmap(0, 8 * PAGE);
  space.madvise(0, 8 * PAGE, 'MERGEABLE');
  space.write(0, new Uint8Array(8 * PAGE));
  host.ksm.settings.use_zero_pages = true;
  host.ksm.settings.run = 1;
  for (let pass = 0; pass < 3; ) if (host.ksm.scan(1000, { now: 0 }).passEnded) pass++;
  expect(host.ksm.counters().ksm_zero_pages).toBe(8);
  expect(host.ksm.shared()).toEqual([]);
});
