/**
 * What is refused, with which errno, and what is accepted although it looks wrong: /sys/kernel/mm/ksm, madvise and prctl. Sections 5,
 * 6.1 to 6.3 and the traces T19, T21 and T22 of the specification.
 */
import { describe, expect, test } from 'vitest';
import { type ErrorCode, PR_GET_MEMORY_MERGE, PR_SET_MEMORY_MERGE } from '../../../src/index.ts';
import { checkHost } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';
import {
  batch,
  boot,
  counter,
  cowKsm,
  distinct,
  expectError,
  fill,
  mergeable,
  nothing,
  ORDERS,
  pass,
  same,
  state,
} from './machine.ts';

const DEFAULTS: Record<string, string> = {
  sleep_millisecs: '20',
  pages_to_scan: '100',
  merge_across_nodes: '1',
  max_page_sharing: '256',
  use_zero_pages: '0',
  stable_node_chains_prune_millisecs: '2000',
  advisor_mode: '[none] scan-time',
  advisor_max_cpu: '70',
  advisor_min_pages_to_scan: '500',
  advisor_max_pages_to_scan: '30000',
  advisor_target_scan_time: '200',
};

const COUNTER_FILES = [
  'pages_shared',
  'pages_sharing',
  'pages_unshared',
  'pages_volatile',
  'pages_scanned',
  'pages_skipped',
  'full_scans',
  'ksm_zero_pages',
  'stable_node_chains',
  'stable_node_dups',
  'general_profit',
];

const U32_OVER = '4294967296';
const U64_OVER = '18446744073709551616';
/** Refused by every file that holds a number. */
const NO_NUMBERS = ['x', ' 1', '1 ', '1\n\n', '0x1', '1.5', '-', '+', '\n', '1a'];

/** What is written, and the file's text afterwards. */
const ACCEPTED: [file: string, text: string, reads: string][] = [
  ['run', '0', '0'],
  ['run', '2\n', '2'],
  ['run', '+1', '1'],
  ['sleep_millisecs', '0', '0'],
  ['sleep_millisecs', '4294967295\n', '4294967295'],
  ['pages_to_scan', '00', '0'],
  ['pages_to_scan', '+0', '0'],
  ['pages_to_scan', '4294967295', '4294967295'],
  ['merge_across_nodes', '0\n', '0'],
  ['max_page_sharing', '2', '2'],
  ['max_page_sharing', '+2147483647', '2147483647'],
  ['stable_node_chains_prune_millisecs', '4294967295', '4294967295'],
  ['advisor_mode', 'scan-time\n', 'none [scan-time]'],
  ['advisor_max_cpu', '0', '0'],
  ['advisor_max_cpu', '101', '101'],
  ['advisor_max_cpu', '4294967297', '1'],
  ['advisor_min_pages_to_scan', '18446744073709551615', '18446744073709551615'],
  ['advisor_max_pages_to_scan', '0', '0'],
  ['advisor_target_scan_time', '1', '1'],
  ...['1', 'y', 'Y', 't', 'T', 'e', 'E', 'on', 'oN', 'yes please', '1x'].map((text): [string, string, string] => [
    'use_zero_pages',
    text,
    '1',
  ]),
  ...['0', 'n', 'N', 'f', 'F', 'd', 'D', 'of', 'oF', 'no thanks', '0x1'].map((text): [string, string, string] => [
    'smart_scan',
    text,
    '0',
  ]),
];

const REFUSED: [code: ErrorCode, file: string, ...texts: string[]][] = [
  ['EINVAL', 'run', '3', '-1', U32_OVER, U64_OVER, ...NO_NUMBERS],
  ['EINVAL', 'sleep_millisecs', '-1', U32_OVER, U64_OVER, ...NO_NUMBERS],
  ['EINVAL', 'pages_to_scan', '-1', U32_OVER, U64_OVER, ...NO_NUMBERS],
  ['EINVAL', 'merge_across_nodes', '2', '-1', ...NO_NUMBERS],
  ['ERANGE', 'merge_across_nodes', U64_OVER],
  ['EINVAL', 'max_page_sharing', '1', '0', '-1', ...NO_NUMBERS],
  ['ERANGE', 'max_page_sharing', '2147483648', U64_OVER],
  ['EINVAL', 'use_zero_pages', '2', 'x', '-1', 'o', 'ox', ' 1', '\n'],
  ['EINVAL', 'smart_scan', '2', 'x', '-1', 'o', 'O1', ' 1'],
  ['EINVAL', 'stable_node_chains_prune_millisecs', '-1', U32_OVER, ...NO_NUMBERS],
  ['EINVAL', 'advisor_mode', 'none ', 'None', 'scan', '[none]', '1', 'none\n\n'],
  ['EINVAL', 'advisor_max_cpu', '-1', U64_OVER, ...NO_NUMBERS],
  ['EINVAL', 'advisor_min_pages_to_scan', '-1', U64_OVER, ...NO_NUMBERS],
  ['EINVAL', 'advisor_max_pages_to_scan', '-1', U64_OVER, ...NO_NUMBERS],
  ['EINVAL', 'advisor_target_scan_time', '0', '-1', U64_OVER, ...NO_NUMBERS],
  ['ENOENT', 'no_such_file', '1'],
];

describe.each(ORDERS)('/sys/kernel/mm/ksm, %s order', (index) => {
  test('defaults', async () => {
    const { ksm } = await boot(index);
    for (const [file, value] of Object.entries(DEFAULTS)) expect(ksm.read(file), file).toBe(`${value}\n`);
    for (const file of COUNTER_FILES) expect(ksm.read(file), file).toBe('0\n');
  });

  test.each(ACCEPTED)('%s takes %j and reads %j', async (file, text, reads) => {
    const host = await boot(index);
    host.ksm.write(file, text);
    expect(host.ksm.read(file)).toBe(`${reads}\n`);
    checkHost(host);
  });

  test.each(REFUSED)('%s from %s for what it does not understand', async (code, file, ...texts) => {
    const host = await boot(index);
    const before = code === 'ENOENT' ? '' : host.ksm.read(file);
    for (const text of texts) expectError(code, () => host.ksm.write(file, text));
    if (code === 'ENOENT') expectError(code, () => host.ksm.read(file));
    else expect(host.ksm.read(file)).toBe(before);
    checkHost(host);
  });

  test('counters cannot be written', async () => {
    const { ksm } = await boot(index);
    for (const file of COUNTER_FILES) expectError('EACCES', () => ksm.write(file, '0'));
  });

  test('a write of nothing succeeds and changes nothing', async () => {
    const { ksm } = await boot(index);
    for (const file of [...Object.keys(DEFAULTS), 'run', 'smart_scan']) {
      const before = ksm.read(file);
      ksm.write(file, '');
      expect(ksm.read(file)).toBe(before);
    }
  });

  test('T19: knobs are busy until ksmd has seen that all is unmapped', async () => {
    const host = await boot(index, { nodes: 2 });
    const area = mergeable(host.spawn(), same('a', 4));
    pass(host, 2);
    area.munmap();
    expect(counter(host, 'pages_shared')).toBe(1);
    expectError('EBUSY', () => host.ksm.write('max_page_sharing', '4'));
    expectError('EBUSY', () => host.ksm.write('merge_across_nodes', '0'));
    pass(host);
    host.ksm.write('max_page_sharing', '4');
    host.ksm.write('merge_across_nodes', '0');
    checkHost(host);
  });

  test('5.2: unmerged pages keep what is known of them through a change', async () => {
    const host = await boot(index);
    mergeable(host.spawn(), same('a', 2));
    pass(host);
    host.ksm.settings.max_page_sharing = 3;
    pass(host);
    expect(state(host)).toEqual([1, 1, 0, 0]);
    checkHost(host);
  });

  test('5.1: run 2 twice is run 2 once; counters of all time stay', async () => {
    const host = await boot(index);
    host.ksm.settings.smart_scan = true;
    mergeable(host.spawn(), distinct(3));
    pass(host, 5);
    host.ksm.settings.run = 2;
    host.ksm.settings.run = 2;
    expect(host.ksm.counters()).toMatchObject({
      full_scans: 0,
      pages_scanned: 12,
      pages_skipped: 3,
      pages_volatile: 0,
    });
    expectError('EAGAIN', () => batch(host, 1));
    checkHost(host);
  });
});

describe.each(ORDERS)('madvise, %s order', (index) => {
  test('T21: addresses and lengths', async () => {
    const host = await boot(index);
    const area = fill(host.spawn(), same('a', 4));
    const { space, base } = area;
    expectError('EINVAL', () => space.madvise(base + 1, PAGE, 'MERGEABLE'));
    expectError('EINVAL', () => space.madvise(base + 1, 0, 'MERGEABLE'));
    expectError('EINVAL', () => space.madvise(base, 2 ** 64 - PAGE, 'MERGEABLE')); // the end wraps around
    expect(space.ksmStat().ksm_mergeable).toBe('no');
    space.madvise(base, 0, 'MERGEABLE');
    expect(space.ksmStat().ksm_mergeable).toBe('no');
    space.madvise(base, 1, 'MERGEABLE');
    expect(space.ksmStat().ksm_mergeable).toBe('yes');
    pass(host);
    expect(space.ksmStat().ksm_rmap_items).toBe(1);
    area.advise('UNMERGEABLE', 1, 3); // never was
    checkHost(host);
  });

  test('T21: a gap gives ENOMEM, and what is mapped is done', async () => {
    const host = await boot(index);
    const area = fill(host.spawn(), same('a', 6));
    area.munmap(2, 2);
    expectError('ENOMEM', () => area.advise('MERGEABLE'));
    pass(host);
    expect(area.space.ksmStat().ksm_rmap_items).toBe(4);
    pass(host);
    expectError('ENOMEM', () => area.advise('UNMERGEABLE'));
    expect(cowKsm(host)).toBe(4);
    expect(area.space.ksmStat().ksm_mergeable).toBe('no');
    checkHost(host);
  });

  test('T21: a split that would exceed the limit of mappings gives EAGAIN', async () => {
    const host = await boot(index, { vmas: 2 });
    const area = fill(host.spawn(), same('a', 3));
    expectError('EAGAIN', () => area.advise('MERGEABLE', 1, 1));
    expect(area.space.ksmStat().ksm_mergeable).toBe('no');
    area.advise('MERGEABLE', 1);
    expect(area.space.ksmStat().ksm_mergeable).toBe('yes');
    checkHost(host);
  });

  test.each([{ shared: true }, { special: true }])('T21: not for %j, without an error', async (kind) => {
    const host = await boot(index);
    const area = mergeable(host.spawn(), same('a', 2), kind);
    expect(area.space.ksmStat().ksm_mergeable).toBe('no');
    area.advise('UNMERGEABLE');
    expect(host.ksm.scan(10)).toEqual({ pages_scanned: 0, passEnded: false, idle: true }); // nobody registered
    checkHost(host);
  });

  test('T21: of a private file mapping only the written pages count', async () => {
    const host = await boot(index);
    const area = mergeable(host.spawn(), nothing(8), { file: true });
    area.space.touch(area.base, 8 * PAGE);
    expect(area.space.ksmStat().ksm_mergeable).toBe('yes');
    pass(host, 2);
    expect(state(host)).toEqual([0, 0, 0, 0]);
    area.write(2, 'a', 'a', 'a');
    pass(host, 2);
    expect(state(host)).toEqual([1, 2, 0, 0]);
    expect(area.space.ksmStat().ksm_rmap_items).toBe(3);
    checkHost(host);
  });
});

describe.each(ORDERS)('prctl, %s order', (index) => {
  test('T22: arguments', async () => {
    const host = await boot(index);
    const space = host.spawn();
    expect(space.prctl(PR_GET_MEMORY_MERGE)).toBe(0);
    for (const position of [0, 1, 2, 3]) {
      const rest = [0, 1, 2, 3].map((argument) => (argument === position ? 1 : 0));
      expectError('EINVAL', () => space.prctl(PR_GET_MEMORY_MERGE, ...rest));
      if (position > 0) expectError('EINVAL', () => space.prctl(PR_SET_MEMORY_MERGE, ...rest));
    }
    expectError('EINVAL', () => space.prctl(66, 1));
    expect(space.prctl(PR_GET_MEMORY_MERGE)).toBe(0);
    expect([space.prctl(PR_SET_MEMORY_MERGE, 1), space.prctl(PR_GET_MEMORY_MERGE)]).toEqual([0, 1]);
    expect([space.prctl(PR_SET_MEMORY_MERGE, 0), space.prctl(PR_GET_MEMORY_MERGE)]).toEqual([0, 0]);
    expect([space.prctl(PR_SET_MEMORY_MERGE, 5), space.prctl(PR_GET_MEMORY_MERGE)]).toEqual([0, 1]);
    checkHost(host);
  });

  test('T22: all that is eligible, now and later, and no shared or special mapping', async () => {
    const host = await boot(index);
    const space = host.spawn();
    fill(space, distinct(2));
    fill(space, distinct(4, 10), { shared: true });
    fill(space, distinct(8, 20), { special: true });
    space.prctl(PR_SET_MEMORY_MERGE, 1);
    pass(host);
    expect(space.ksmStat()).toMatchObject({ ksm_rmap_items: 2, ksm_merge_any: 'yes', ksm_mergeable: 'yes' });
    fill(space, distinct(16, 40));
    fill(space, distinct(32, 60), { shared: true });
    pass(host);
    expect(space.ksmStat().ksm_rmap_items).toBe(18);
    space.prctl(PR_SET_MEMORY_MERGE, 0);
    expect(space.ksmStat()).toMatchObject({ ksm_merge_any: 'no', ksm_mergeable: 'no', ksm_rmap_items: 18 });
    fill(space, distinct(1, 100));
    pass(host);
    expect(space.ksmStat().ksm_rmap_items).toBe(0);
    checkHost(host);
  });

  test('6.3: switching off what was never on does nothing; else it takes the advised mappings along', async () => {
    const host = await boot(index);
    const area = mergeable(host.spawn(), same('a', 4));
    pass(host, 2);
    area.space.prctl(PR_SET_MEMORY_MERGE, 0);
    expect([area.space.ksmStat().ksm_mergeable, cowKsm(host)]).toEqual(['yes', 0]);
    area.space.prctl(PR_SET_MEMORY_MERGE, 1);
    expect(cowKsm(host)).toBe(0);
    area.space.prctl(PR_SET_MEMORY_MERGE, 0);
    expect([area.space.ksmStat().ksm_mergeable, cowKsm(host)]).toEqual(['no', 4]);
    expect(state(host)).toEqual([1, 3, 0, 0]);
    pass(host);
    expect(state(host)).toEqual([0, 0, 0, 0]);
    checkHost(host);
  });

  test('6.3: MADV_UNMERGEABLE works under it, for the existing range only', async () => {
    const host = await boot(index);
    const space = host.spawn();
    space.prctl(PR_SET_MEMORY_MERGE, 1);
    const area = fill(space, same('a', 2));
    pass(host, 2);
    area.advise('UNMERGEABLE');
    expect(cowKsm(host)).toBe(2);
    fill(space, same('a', 3));
    pass(host, 2);
    expect(state(host)).toEqual([1, 2, 0, 0]);
    checkHost(host);
  });
});
