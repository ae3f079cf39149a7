/** What survives, and what the engine merges of it: the arithmetic of films beside the scanner itself. */
import { expect, it } from 'vitest';
import { keptAt } from '../../../src/film/kept.ts';
import { Survival } from '../../../src/film/survival.ts';
import { mergedShare, type Rewriting } from '../../support/rewritten.ts';

/** Passes. */
const INTERVALS = [1, 2, 3, 5, 10, 30, 100];
/** Partners in neighbouring processes of a hundred, or half a pass apart. */
const PLACES = [
  { place: 0.01, pages: 4, processes: 100 },
  { place: 0.5, pages: 200, processes: 2 },
];
const SURE = { warm: 10, passes: 300, smart: false, seed: 3 } as const;

/** S of one class of pages, at gaps that are close beside the interval. */
function survivalOf({ interval, arrival }: Pick<Rewriting, 'interval' | 'arrival'>): Survival {
  const of = (w: number): number => (arrival === 'poisson' ? Math.exp(-w / interval) : Math.max(0, 1 - w / interval));
  return new Survival(
    Array.from({ length: 401 }, (_, at) => ({ w_s: at / 100, pages: of(at / 100), lo: null, hi: null })),
  );
}

for (const { place, ...layout } of PLACES) {
  for (const arrival of ['poisson', 'periodic'] as const) {
    it.each(INTERVALS)(`keeps what survives: place ${place}, ${arrival}, written every %d passes`, async (interval) => {
      const merged = await mergedShare({ ...SURE, ...layout, interval, arrival });
      const expected = keptAt(survivalOf({ interval, arrival }), 1, place);
      expect(Math.abs(merged - expected)).toBeLessThan(0.03);
    });
  }
}

it('loses pairs for good with smart scan', async () => {
  const how = { interval: 100, arrival: 'poisson', pages: 200, processes: 2, seed: 5 } as const;
  expect(await mergedShare({ ...how, smart: true, warm: 1000, passes: 100 })).toBeLessThan(0.05);
});
