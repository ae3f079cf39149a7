/** What is left out of a process, by smaps in the form of proc(5); and the kernel's lines of ksm_stat. */
import { describe, expect, it } from 'vitest';
import { parseKsmStat } from '../../../src/image/live.ts';
import { parseEntries } from '../../../src/image/smaps.ts';
import { unseenOf } from '../../../src/image/unseen.ts';

interface Mapping {
  readonly perms?: string;
  readonly name?: string;
  readonly flags?: string;
  readonly fields?: Readonly<Record<string, number>>;
}

/** One mapping after the other, sizes in kB. */
function smaps(...mappings: Mapping[]): string {
  return mappings
    .map(({ perms = 'rw-p', name = '', flags = 'rd wr mr mw me ac', fields = {} }, at) =>
      [
        `${(at + 1).toString(16)}00000-${(at + 1).toString(16)}80000 ${perms} 00000000 00:00 0 ${name}`,
        ...Object.entries(fields).map(([field, kB]) => `${field}: ${kB} kB`),
        `VmFlags: ${flags} `,
        '',
      ].join('\n'),
    )
    .join('');
}

const unseen = (zeroPages: number, ...mappings: Mapping[]) => unseenOf(parseEntries(smaps(...mappings)), zeroPages);

const SHARED = 'rd wr sh mr mw me ms';

describe('left out', () => {
  it.each([
    ['memfd', '/memfd:ram (deleted)'],
    ['shared', '/dev/shm/guest'],
    ['shared', '/dev/zero (deleted)'],
    ['shared', '/SYSV00000000 (deleted)'],
    ['shared', '[anon_shmem:buffers]'],
    ['file', '/var/lib/data'],
    ['file', '/dev/zero-like'],
  ])('is, as %s, all that is resident of %s', (reason, name) => {
    const mapping = { perms: 'rw-s', name, flags: SHARED, fields: { Rss: 64, Anonymous: 0 } };
    expect(unseen(0, mapping)).toEqual([{ reason, bytes: 65_536 }]);
  });

  it('is of private memory what it has not written to', () => {
    const library = { name: '/usr/lib/libc.so', fields: { Rss: 100, Anonymous: 12 } };
    const memory = { fields: { Rss: 40, Anonymous: 40 } };
    expect(unseen(0, library, memory)).toEqual([{ reason: 'file', bytes: 88 * 1024 }]);
  });

  it('is not what is locked', () => {
    expect(unseen(0, { flags: 'rd wr mr mw me lo ac', fields: { Rss: 40, Anonymous: 40, Locked: 40 } })).toEqual([]);
  });

  it.each(['io', 'pf', 'mm', 'de', 'dp'])('is, as special, what has the flag %s', (flag) => {
    expect(unseen(0, { flags: `rd mr ${flag}`, fields: { Rss: 8, Anonymous: 4 } })).toEqual([
      { reason: 'special', bytes: 8192 },
    ]);
  });

  it('are hugetlb pages, of which the Rss has none', () => {
    const huge = { name: '/dev/hugepages/x', flags: 'rd wr mr ht', fields: { Rss: 0, Private_Hugetlb: 2048 } };
    const shared = { name: '/memfd:g', flags: `${SHARED} ht`, fields: { Rss: 0, Shared_Hugetlb: 4096 } };
    expect(unseen(0, huge, shared)).toEqual([{ reason: 'hugetlb', bytes: 6144 * 1024 }]);
  });

  it('is what is swapped out, and the zero page', () => {
    expect(unseen(3, { fields: { Rss: 4, Anonymous: 4, Swap: 20 } })).toEqual([
      { reason: 'swapped', bytes: 20 * 1024 },
      { reason: 'zero_page', bytes: 3 * 4096 },
    ]);
  });
});

describe("the kernel's account", () => {
  it('is read by its names', () => {
    const text =
      'ksm_rmap_items 71\nksm_zero_pages 5\nksm_merging_pages 60\nksm_process_profit -4544\nksm_merge_any: no\nksm_mergeable: yes\n';
    expect(parseKsmStat(text, false)).toEqual({
      ksm_rmap_items: 71,
      ksm_zero_pages: 5,
      ksm_merging_pages: 60,
      ksm_process_profit: -4544,
      ksm_merge_any: 'no',
      ksm_mergeable: 'yes',
    });
  });

  it('of older kernels, which have fewer lines, takes from smaps whether a mapping is mergeable', () => {
    expect(parseKsmStat('ksm_rmap_items 1\n', true)).toMatchObject({ ksm_mergeable: 'yes', ksm_merge_any: 'no' });
    expect(parseKsmStat('', false)).toMatchObject({ ksm_mergeable: 'no', ksm_rmap_items: 0 });
  });
});
