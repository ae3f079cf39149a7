/** Films of made-up streams, beside a model that remembers every read. */
import { describe, expect, it } from 'vitest';
import { Film, type Span } from '../../../src/film/film.ts';
import { Survival } from '../../../src/film/survival.ts';
import { verdictOf } from '../../../src/film/verdict.ts';
import { Dice } from '../../support/dice.ts';

const PACE = { pages_to_scan: 100, sleep_millisecs: 20, smart_scan: false };

/** By read, source and page: the content; 0: the page is not there. */
type Stream = readonly (readonly (readonly number[])[])[];

const spansAt = (time: number, sources: number): Span[] =>
  Array.from({ length: sources }, () => ({ from: time, to: time }));

/** A content's name. */
const nameOf = (content: number): bigint => BigInt(content) * 0x9e37_79b9_7f4a_7c15n;

/** Shows a film the stream, a read a second, all pages in each. */
function filmOf(stream: Stream): Film {
  const film = new Film((stream[0] ?? []).map(({ length }) => length));
  for (const [read, sources] of stream.entries()) {
    for (const [source, pages] of sources.entries()) {
      for (const [page, content] of pages.entries()) {
        if (content === 0) film.lose(source, page, page + 1);
        else film.see(source, page, BigUint64Array.of(BigInt.asUintN(64, nameOf(content))));
      }
    }
    const spans = spansAt(read, sources.length);
    if (read === 0) film.endFirst(spans);
    else if (read < stream.length - 1) film.endRead(spans, true);
  }
  return film;
}

const seenOf = (stream: Stream): ReturnType<Film['endLast']> =>
  filmOf(stream).endLast(spansAt(stream.length - 1, stream[0]?.length ?? 0));

/** Of pages that showed one content in all reads from `earlier` to `later`: those of each content but one. */
function savedIn(
  stream: Stream,
  earlier: number,
  later: number,
  among: (source: number, page: number) => boolean,
): number {
  const pages = new Map<number, number>();
  for (const [source, contents] of (stream[later] ?? []).entries()) {
    for (const [page, content] of contents.entries()) {
      const reads = stream.slice(earlier, later + 1).map((sources) => sources[source]?.[page]);
      if (content === 0 || !among(source, page) || reads.some((one) => one !== content)) continue;
      pages.set(content, (pages.get(content) ?? 0) + 1);
    }
  }
  return [...pages.values()].reduce((total, some) => total + some - 1, 0);
}

function randomStream(seed: number): Stream {
  const dice = new Dice(seed);
  const reads = 2 + dice.below(6);
  const now = [1, 2, 3].map(() => Array.from({ length: 1 + dice.below(20) }, () => dice.below(8)));
  return Array.from({ length: reads }, () =>
    now.map((pages) => {
      for (let page = 0; page < pages.length; page++) if (dice.below(4) === 0) pages[page] = dice.below(8);
      return [...pages];
    }),
  );
}

it.each(Array.from({ length: 40 }, (_, seed) => seed))(
  'counts what a model counts that remembers everything (%i)',
  (seed) => {
    const stream = randomStream(seed);
    const first = stream[0] ?? [];
    const alike = new Map<number, number>();
    for (const content of first.flat()) alike.set(content, (alike.get(content) ?? 0) + 1);
    const isWatched = (source: number, page: number): boolean => {
      const content = first[source]?.[page] ?? 0;
      return content !== 0 && (alike.get(content) ?? 0) > 1;
    };
    const last = stream.length - 1;
    // Reads between are of the watched pages only.
    const amongOf = (read: number) => (read === 0 || read === last ? () => true : isWatched);
    const alikeAt = stream.map((_, read) => savedIn(stream, read, read, amongOf(read)));
    // A read with a tenth more than there is now is of pages that have parted.
    const since = 1 + alikeAt.findLastIndex((pages) => pages * 0.9 > (alikeAt[last] as number));
    const { saved } = seenOf(stream);
    expect(saved.points.map(({ w_s }) => w_s)).toEqual(stream.map((_, gap) => gap));
    for (const { w_s: gap, pages, lo, hi } of saved.points) {
      const each: number[] = [];
      for (let later = Math.max(gap, since); later <= last; later++) {
        each.push(savedIn(stream, later - gap, later, amongOf(later)));
      }
      expect(pages).toBeCloseTo(each.reduce((sum, some) => sum + some, 0) / each.length, 9);
      expect([lo, hi]).toEqual(each.length === 1 ? [null, null] : [Math.min(...each), Math.max(...each)]);
    }
  },
);

it('pages that are gone in the end are in nothing that is kept', () => {
  // Four pages alike, two of which end: what is kept is of the two that are left.
  const { saved, now } = seenOf([[[1, 1, 2, 2]], [[1, 1, 2, 2]], [[1, 1, 2, 2]], [[1, 1, 3, 4]], [[1, 1, 3, 4]]]);
  expect(now).toBe(1);
  for (const { pages, hi } of saved.points) expect([pages, hi ?? 1]).toEqual([1, 1]);
});

describe('a page that changes and changes back', () => {
  it('is at rest for who reads twice', () => {
    expect(seenOf([[[1, 1]], [[1, 1]]]).atRest).toBe(1);
  });

  it('is not for who reads in between', () => {
    const seen = seenOf([[[1, 1]], [[2, 2]], [[1, 1]]]);
    expect(seen).toMatchObject({ now: 1, atRest: 0, first: 1, parted: 0 });
    expect(verdictOf(seen, 2, PACE, 0.5).film).toMatchObject({ together_pages: 1, alike_pages: 1, bound: 'interval' });
  });
});

it('does not take a new page for one at rest, nor one that came back', () => {
  expect(seenOf([[[1, 0]], [[1, 1]], [[1, 1]]])).toMatchObject({ now: 1, atRest: 0, parted: 0 });
  expect(seenOf([[[1, 1]], [[1, 0]], [[1, 1]]])).toMatchObject({ now: 1, atRest: 0, parted: 0 });
});

it('counts pages as parted whose content differs, and whose partner is gone', () => {
  const seen = seenOf([[[1, 1, 2, 2, 3]], [[1, 4, 2, 0, 3]]]);
  expect(seen).toMatchObject({ first: 2, now: 0, parted: 4 });
  expect(verdictOf(seen, 5, PACE, undefined).kept.falling).toBe(true);
});

it('says "at most" of one read', () => {
  const film = new Film([2]);
  film.see(0, 0, BigUint64Array.of(5n, 5n));
  const { film: report } = verdictOf(film.endLast(spansAt(0, 1)), 2, PACE, undefined);
  expect(report).toMatchObject({ reads: 1, alike_pages: 1, together_pages: 0, bound: 'at most' });
  expect(report.rest).toEqual([{ w_s: 0, pages: 1, lo: null, hi: null }]);
});

it('says "kept" only of three passes or more', () => {
  const stream = [[[1, 1]], [[1, 1]], [[1, 1]], [[1, 1]]];
  expect(verdictOf(seenOf(stream), 2, PACE, 1).film.bound).toBe('kept');
  expect(verdictOf(seenOf(stream), 2, PACE, 1.01).film.bound).toBe('at most');
});

it('never ends a pass of no pages', () => {
  const { film, kept } = verdictOf(seenOf([[[1, 1]], [[1, 1]]]), 2, { ...PACE, pages_to_scan: 0 }, undefined);
  expect(film).toMatchObject({ pass_s: null, merge_delay_s: null, copies_per_s: 0, bound: 'at most' });
  expect(kept.pages[1]).toBe(1);
});

describe('smart scan', () => {
  const smart = { ...PACE, smart_scan: true };
  // Two and four copies that all change in the middle of a film which is long beside passes of 0.2 s.
  const changing = (copies: number): Stream =>
    Array.from({ length: 41 }, (_, read) => [Array.from({ length: copies }, () => 1 + Math.floor(read / 20))]);

  it('promises nothing of pairs that change', () => {
    expect(verdictOf(seenOf(changing(2)), 2, smart, undefined).kept.pages[0]).toBe(0);
  });

  it('promises of four copies what survives eighteen passes', () => {
    const { kept } = verdictOf(seenOf(changing(4)), 4, smart, undefined);
    expect(kept.pages[0]).toBeGreaterThan(1);
    expect(kept.pages[0]).toBeLessThan(3);
  });
});

/** What is known of S for sure: pages that are written all a time apart, at random, or never. */
function stationary(dice: Dice): (w: number) => number {
  const classes = Array.from({ length: 1 + dice.below(5) }, () => {
    return { kind: dice.below(3), interval: 0.1 + dice.below(1000) / 10, pages: 1 + dice.below(100) };
  });
  return (w) =>
    classes.reduce((total, { kind, interval, pages }) => {
      if (kind === 0) return total + pages;
      return total + pages * (kind === 1 ? Math.exp(-w / interval) : Math.max(0, 1 - w / interval));
    }, 0);
}

it('bounds what survives longer than was read, of a thousand stationary streams', () => {
  const dice = new Dice(7);
  for (let stream = 0; stream < 1000; stream++) {
    const survival = stationary(dice);
    let gap = 0;
    const gaps = [0, ...Array.from({ length: 1 + dice.below(6) }, () => (gap += 0.1 + dice.below(200) / 10))];
    const seen = new Survival(gaps.map((w_s) => ({ w_s, pages: survival(w_s), lo: null, hi: null })));
    const later = gap + dice.below(1000) / 10;
    const [low, high] = seen.bounds(later);
    expect(low).toBeLessThanOrEqual(survival(later) + 1e-9);
    expect(high).toBeGreaterThanOrEqual(survival(later) - 1e-9);
  }
});
