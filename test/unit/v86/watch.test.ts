/**
 * What examples/v86 says of its guests' memories, against a count of their bytes: here of memories that change at random, without an
 * emulator. The count itself is held to small memories that were counted by hand.
 */
import { expect, test } from 'vitest';
import { differences, recount } from '../../../examples/v86/recount.ts';
import { KINDS, savedOf, Watch } from '../../../examples/v86/watch.ts';
import { Dice } from '../../support/dice.ts';
import { PAGE } from '../../support/page.ts';

const PAGES = 96;

/** Two memories of zeros. */
const memories = (): Uint8Array[] => [new Uint8Array(PAGES * PAGE), new Uint8Array(PAGES * PAGE)];

function fill(ram: Uint8Array, page: number, value: number): void {
  ram.fill(value, page * PAGE, (page + 1) * PAGE);
}

test('the count of a memory that was counted by hand', () => {
  const [one, other] = memories() as [Uint8Array, Uint8Array];
  for (const page of [0, 1, 2]) fill(one, page, 7);
  fill(other, 9, 7); // four of one content
  fill(one, 5, 8);
  fill(other, 5, 8); // two of another
  fill(other, 6, 9); // and one that is alone
  one[20 * PAGE + 4095] = 1; // and one that differs from zeros in its last byte
  expect(recount([one, other])).toEqual({ shared: 2, sharing: 4, unshared: 2, zeros: 2 * PAGES - 8 });
});

test('counters and map of memories that were counted by hand', async () => {
  const rams = memories();
  const [one, other] = rams as [Uint8Array, Uint8Array];
  const watch = await Watch.over(rams);
  fill(one, 3, 1);
  fill(other, 4, 1);
  fill(other, 5, 2);
  fill(one, 6, 3);
  watch.look(rams);
  fill(one, 6, 0); // touched, and zeros again
  const counts = watch.settle(rams);
  expect(counts).toEqual({ present: 4, shared: 1, sharing: 1, zero: 1, unshared: 1 });
  expect(savedOf(counts)).toBe(2);
  const [left = new Uint8Array(), right = new Uint8Array()] = watch.map();
  const kinds = (map: Uint8Array): string[] => [...map.subarray(2, 8)].map((kind) => KINDS[kind] as string);
  expect(kinds(left)).toEqual(['untouched', 'shared', 'untouched', 'untouched', 'zero', 'untouched']);
  expect(kinds(right)).toEqual(['untouched', 'untouched', 'shared', 'unique', 'untouched', 'untouched']);
});

test.each([1, 2, 3])('memories that change at random between looks, seed %i', async (seed) => {
  const dice = new Dice(`v86 ${seed}`);
  const rams = memories();
  const watch = await Watch.over(rams);
  for (let round = 0; round < 12; round++) {
    for (let write = dice.below(60); write > 0; write--) {
      const ram = dice.pick(rams);
      // Contents of few kinds, zeros among them; some pages differ in one byte only.
      fill(ram, dice.below(PAGES), dice.below(5));
      if (dice.oneIn(4)) ram[dice.below(ram.length)] = dice.below(256);
    }
    if (dice.oneIn(3)) watch.look(rams);
    else expect(differences(watch.settle(rams), watch.map(), rams), `round ${round}`).toEqual([]);
  }
});

test('a change that no look has seen is found missing, and so is a wrong map', async () => {
  const rams = memories();
  const [one, other] = rams as [Uint8Array, Uint8Array];
  const watch = await Watch.over(rams);
  for (const page of [10, 11, 12]) {
    fill(one, page, page);
    fill(other, page, page);
  }
  const counts = watch.settle(rams);
  const maps = watch.map();
  expect(differences(counts, maps, rams)).toEqual([]);
  const wrong = maps.map((map) => map.map((kind, page) => (page === 10 ? KINDS.indexOf('unique') : kind)));
  expect(differences(counts, wrong, rams)).toEqual([
    'pages of the map that are shared: 4, but there are 6',
    'pages of the map that are like no other: 2, but there are 0',
  ]);
  one[10 * PAGE] = 99;
  expect(differences(counts, maps, rams)).toContain('pages saved: 3, but there are 2');
});

test('what a look costs is counted', async () => {
  const rams = memories();
  const watch = await Watch.over(rams);
  fill(rams[0] as Uint8Array, 1, 1);
  watch.look(rams);
  watch.look(rams);
  expect(watch.costs).toMatchObject({ looks: 2, changed: 1, bytes: 4 * PAGES * PAGE });
});
