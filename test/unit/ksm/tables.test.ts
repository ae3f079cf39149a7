/** The tables of settings and counters against what the kernel has, and what comes from them. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type CounterRow, counterRows } from '../../../assembly/layout/counters.ts';
import { type SettingRow, settingRows } from '../../../assembly/layout/settings.ts';
import { createHost, type Settings } from '../../../src/index.ts';
import { withTables } from './doc-tables.ts';

const text = (file: string): string => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');

/** What a kernel said after the first operation of a recording. */
const recorded = JSON.parse(text('test/recordings/golden/basic-1.recording.jsonl').split('\n')[1] ?? '') as Record<
  string,
  object
>;

const namesOf = (rows: readonly CounterRow[], whose: string): string[] =>
  rows.filter((row) => row.whose === whose).map(({ name }) => name);

test("Linux's counters are those that a kernel recorded, in that order", () => {
  expect(namesOf(counterRows(), 'sysfs')).toEqual(Object.keys(recorded.sysfs ?? {}));
  expect(namesOf(counterRows(), 'vmstat').sort()).toEqual(Object.keys(recorded.vmstat ?? {}).sort());
});

/** What the kernel's documentation calls the defaults (Documentation/admin-guide/mm/ksm.rst), as typed settings have them. */
const DEFAULTS: Settings = {
  run: 0,
  pages_to_scan: 100,
  sleep_millisecs: 20,
  merge_across_nodes: 1,
  max_page_sharing: 256,
  use_zero_pages: false,
  smart_scan: true,
  stable_node_chains_prune_millisecs: 2000,
  advisor_mode: 'none',
  advisor_max_cpu: 70,
  advisor_min_pages_to_scan: 500,
  advisor_max_pages_to_scan: 30_000,
  advisor_target_scan_time: 200,
};

test('a new host has the settings of a kernel that has booted', async () => {
  const host = await createHost({ memory: '16M' });
  expect({ ...host.ksm.settings }).toEqual(DEFAULTS);
});

test('a setting takes both ends of its range and nothing beyond', async () => {
  const host = await createHost({ memory: '16M' });
  const numbers = settingRows().filter(({ parser }) => parser !== '' && parser !== 'sysfs_streq');
  expect(numbers.length).toBeGreaterThan(10);
  for (const { name, least, most, parser } of numbers) {
    const greatest = most === 0 ? 2n ** 64n - 1n : BigInt(most);
    for (const value of [BigInt(least), greatest]) {
      host.ksm.write(name, `${value}`);
      expect(host.ksm.read(name), name).toBe(`${value}\n`);
    }
    const beyond = [BigInt(least) - 1n, ...(parser === 'kstrtoul as u32' ? [] : [greatest + 1n])];
    for (const value of beyond) expect(() => host.ksm.write(name, `${value}`), `${name} ${value}`).toThrow();
    host.ksm.write(name, `${least}`);
  }
});

test('no two rows have a name or a word in common', () => {
  const rows: (CounterRow | SettingRow)[] = [...counterRows(), ...settingRows()];
  const words = rows.map(({ word }) => word).filter((word) => word !== 0);
  expect(new Set(words).size).toBe(words.length);
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
});

test('counters of our own are apart: none is among the files', async () => {
  const host = await createHost({ memory: '16M' });
  const own = namesOf(counterRows(), 'own');
  expect(Object.keys(host.ksm.ownCounters())).toEqual(own);
  for (const name of own) {
    expect(() => host.ksm.read(name)).toThrow(/no file/);
    expect(host.ksm.counters()).not.toHaveProperty(name);
  }
});

test('a counter of our own counts: a pin for DMA is one until it is released', async () => {
  const host = await createHost({ memory: '16M' });
  const space = host.spawn();
  const address = 0x10000;
  space.mmap(address, 4096);
  space.write(address, new Uint8Array([1]));
  const pin = space.pin(address, 'write');
  expect(host.ksm.ownCounters().dmaPins).toBe(1);
  pin.release();
  expect(host.ksm.ownCounters().dmaPins).toBe(0);
});

// `npm run docs:tables` writes what this compares.
test('docs/sysfs.md has the tables', async () => {
  const page = withTables(text('docs/sysfs.md'), settingRows(), counterRows());
  for (const { name, parser } of settingRows()) expect(page.includes(`| \`${name}\` |`), name).toBe(parser !== '');
  await expect(page).toMatchFileSnapshot('../../../docs/sysfs.md');
});
