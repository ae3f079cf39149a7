/** Groups of frames, in the order in which the kernel's recorder (Python) sorts them. */
import { expect, test } from 'vitest';
import type { AddressSpace } from '../../../src/index.ts';
import { sharedFrames, sortGroups, type TracedProcess } from '../../../src/trace/frames.ts';

/** A process whose page p is on frame frames[p]. */
function process(name: string, frames: Record<number, number>, regions: [number, number][] = [[0, 10]]): TracedProcess {
  const resident = Object.entries(frames).map(([page, frame]) => ({ address: Number(page) * 4096, frame }));
  const space = { resident: () => resident } as unknown as AddressSpace;
  return { name, space, regions };
}

test('only frames with two pages or more, sorted by name and then page', () => {
  const groups = sharedFrames([
    process('p2', { 0: 5, 1: 6, 2: 7, 9: 6 }),
    process('p10', { 0: 7, 1: 8, 3: 5 }),
    process('p1', { 0: 9, 4: 9 }),
  ]);
  expect(groups).toEqual([
    [
      ['p1', 0],
      ['p1', 4],
    ],
    [
      ['p2', 0],
      ['p10', 3],
    ],
    [
      ['p2', 1],
      ['p2', 9],
    ],
    [
      ['p2', 2],
      ['p10', 0],
    ],
  ]);
});

test('only pages of the regions, a page as often as a region names it', () => {
  const overlapping: [number, number][] = [
    [4, 2],
    [3, 2],
  ];
  expect(sharedFrames([process('p', { 0: 1, 1: 1, 3: 2, 4: 2, 5: 3 }, overlapping)])).toEqual([
    [
      ['p', 4],
      ['p', 3],
      ['p', 4],
    ],
  ]);
});

test('names compare by code point, pages as numbers, a shorter group before one that it begins', () => {
  const last = '\u{1f601}';
  const sorted: [string, number][][] = [
    [
      ['a', 9],
      [last, 0],
    ],
    [
      ['a', 10],
      [last, 0],
    ],
    [
      ['aa', 0],
      [last, 0],
    ],
    [
      ['aa', 0],
      [last, 0],
      [last, 1],
    ],
    [
      ['\uffff', 0],
      [last, 0],
    ],
    [
      ['\u{1f600}', 0],
      [last, 0],
    ],
  ];
  expect(sortGroups(sorted.toReversed().map((group) => group.toReversed()))).toEqual(sorted);
  const groups = sharedFrames(['\u{1f600}', '\uffff', 'aa', 'a'].map((name, k) => process(name, { 0: k, 1: k })));
  expect(groups.map(([first]) => first?.[0])).toEqual(['a', 'aa', '\uffff', '\u{1f600}']);
});
