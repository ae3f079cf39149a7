/** Pages that are dealt to several engines are found again, by index and by place: beside lists of them. */
import { expect, test } from 'vitest';
import { bucketOf, Dealt } from '../../../src/scan/dealt.ts';
import { Dice } from '../../support/dice.ts';

test.each([
  [1, 10],
  [4, 5000],
  [256, 3000],
  [2, 1024],
  [3, 2048],
])('%i engines, %i pages', (engines, pages) => {
  const dice = new Dice(`${engines} ${pages}`);
  const dealt = new Dealt(pages, engines);
  const lists: number[][] = Array.from({ length: engines }, () => []);
  for (let index = 0; index < pages; index++) {
    // Long stretches in which an engine gets nothing, too.
    const engine = dice.oneIn(3) ? dice.below(engines) : Math.floor((index / pages) * engines);
    dealt.add(engine);
    lists[engine]?.push(index);
  }
  expect([...dealt.counts]).toEqual(lists.map(({ length }) => length));
  for (const [engine, list] of lists.entries()) {
    expect(list.map((_, place) => dealt.indexOf(engine, place))).toEqual(list);
    expect(list.map((index) => dealt.placeOf(index))).toEqual([...list.keys()]);
    expect(list.every((index) => dealt.engineOf(index) === engine)).toBe(true);
  }
});

test('zero pages, whose name is 0, are in the first bucket, and the highest names in the last', () => {
  expect([bucketOf(0), bucketOf(0x00ff_ffff), bucketOf(0x0100_0000), bucketOf(0xffff_ffff)]).toEqual([0, 0, 1, 255]);
});
