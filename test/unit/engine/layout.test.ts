/**
 * The fixed part of the memory: nothing lies in anything else. The regions behind it are
 * laid out at run time and checked by the walker.
 */
import { expect, test } from 'vitest';
import * as layout from '../../../assembly/layout/index.ts';

type Part = [name: string, start: number, end: number];

function expectInRow(parts: readonly Part[]): void {
  for (const [i, [name, start]] of parts.entries()) {
    const before = parts[i - 1];
    if (before !== undefined) expect(start, `${name} begins in ${before[0]}`).toBeGreaterThanOrEqual(before[2]);
  }
}

test('the parts before the regions follow each other without overlapping', () => {
  const parts: Part[] = [
    ['frame lists', layout.H_FRAME_LISTS, layout.H_FRAME_LISTS + layout.NID_LIMIT * layout.FRAME_LIST_BYTES],
    ['hash key', layout.HASH_KEY, layout.HASH_KEY + layout.HASH_KEY_BYTES],
    ['lock', layout.LOCK, layout.LOCK + 4],
    ['epoch', layout.EPOCH, layout.EPOCH + 4],
    ['workers', layout.WORKERS, layout.WORKERS_END],
    ['settings', layout.SETTINGS, layout.SETTINGS_END],
    ['counters', layout.COUNTERS, layout.COUNTERS_END],
    ['scanners', layout.SCANNERS, layout.SCANNERS_END],
    ['regions', layout.REGIONS, Number.POSITIVE_INFINITY],
  ];
  expectInRow(parts);
});

test('the parts of a scanner’s record follow each other without overlapping', () => {
  const parts: Part[] = [
    ['head', 0, layout.SCANNER_OWN + 16],
    ['job', layout.SCANNER_JOB, layout.SCANNER_JOB_LOST + 4],
    ['windows', layout.SCANNER_WINDOWS, layout.SCANNER_WINDOWS + 2 * layout.WINDOW_BYTES],
    ['the next', layout.SCANNER_BYTES, Number.POSITIVE_INFINITY],
  ];
  expectInRow(parts);
  expect(layout.NOTE_EQUAL + 8).toBeLessThanOrEqual(layout.NOTE_BYTES);
  expect(layout.WINDOW_TURNS).toBeGreaterThanOrEqual(layout.WINDOW_SINK + 4);
});

test('no two header fields share a word, and all lie before the frame lists', () => {
  const WIDE = /^H_ADVISOR_(START_SCAN|SCAN_TIME|CHANGE|CPU_TIME)/;
  const owner = new Map<number, string>();
  for (const [name, address] of Object.entries(layout)) {
    if (typeof address !== 'number' || !name.startsWith('H_')) continue;
    if (name === 'H_FRAME_LISTS' || name === 'H_REGIONS' || address >= layout.SETTINGS) continue; // settings and counters have tables
    const words = name.startsWith('H_FREE_') ? 3 : WIDE.test(name) ? 2 : 1;
    for (let at = address; at < address + 4 * words; at += 4) {
      expect(owner.get(at), `${name} at ${at}`).toBeUndefined();
      expect(at).toBeLessThan(layout.H_FRAME_LISTS);
      owner.set(at, name);
    }
  }
  // The slot list's sentinel: its links lie where an mm's do.
  for (const link of [layout.MM_SLOT_NEXT, layout.MM_SLOT_PREV]) expect(owner.get(layout.SLOTS + link)).toBeUndefined();
  expect(Math.min(...owner.keys())).toBeGreaterThanOrEqual(layout.HEADER);
});

test('the directory has a base and a count for each region', () => {
  const { DIRECTORY_BASE, DIRECTORY_RECORDS, DIRECTORY_BYTES, H_REGIONS, REGION_COUNT } = layout;
  expect(new Set([DIRECTORY_BASE, DIRECTORY_RECORDS, DIRECTORY_BYTES]).size).toBe(3);
  const entry = (region: number): number => H_REGIONS + region * DIRECTORY_BYTES;
  expect(layout.H_MMS).toBe(entry(0));
  expect(layout.H_FRAMES).toBe(entry(REGION_COUNT - 1));
  expect(layout.H_FRAMES_END).toBe(entry(REGION_COUNT));
});

test('a region that follows another comes behind it or is laid out once it is known', () => {
  for (let region = 0; region < layout.REGION_COUNT; region++) {
    const followed = layout.regionFollows(region);
    // What follows the frames is laid out after their number is known, though frames lie last.
    expect(followed <= region || followed === layout.REGION_FRAMES, layout.regionName(region)).toBe(true);
    expect(layout.regionFollows(followed) === followed || followed === layout.REGION_NODES).toBe(true);
    expect(layout.regionBytes(region) % 4).toBe(0);
  }
});
