/** How pages get their numbers, against ranges worked out by hand and against what any numbering must keep. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { append, type Layout } from '../../../src/image/ranges.ts';

function empty(): Layout {
  return { ranges: [], runs: [] };
}

describe('ranges', () => {
  it('leave one number out between what does not touch, none between what does', () => {
    const layout = empty();
    append(layout, [{ at: 100, pages: 5 }], 'a');
    append(layout, [{ at: 105, pages: 2 }], 'b');
    append(layout, [], 'nothing present');
    append(layout, [{ at: 900, pages: 1 }], 'c');
    expect(layout.ranges).toEqual([
      { page: 0, pages: 5, address: 409_600n, label: 'a' },
      { page: 5, pages: 2, address: 430_080n, label: 'b' },
      { page: 8, pages: 1, address: 3_686_400n, label: 'c' },
    ]);
    expect(layout.runs.map((run) => run.page)).toEqual([0, 5, 8]);
  });

  it('keep small holes of a mapping and end at large ones', () => {
    const layout = empty();
    append(
      layout,
      [
        { at: 10, pages: 1 },
        { at: 13, pages: 2 },
        { at: 1_000_000, pages: 3 },
      ],
      '[heap]',
    );
    expect(layout.ranges).toEqual([
      { page: 0, pages: 5, address: 40_960n, label: '[heap]' },
      { page: 6, pages: 3, address: 4_096_000_000n, label: '[heap]' },
    ]);
    expect(layout.runs.map((run) => run.page)).toEqual([0, 3, 6]);
  });

  it('whatever is present: in order, apart, and every run at its true address', () => {
    const mapping = fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 9 })), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(fc.array(mapping, { maxLength: 8 }), (mappings) => {
        const layout = empty();
        let at = 0;
        const present: number[] = [];
        for (const holes of mappings) {
          const runs = holes.map(([hole, pages]) => {
            at += hole + pages;
            return { at: at - pages, pages };
          });
          for (const run of runs) for (let i = 0; i < run.pages; i++) present.push(run.at + i);
          append(layout, runs, '');
        }
        let end = -1;
        for (const range of layout.ranges) {
          expect(range.page).toBeGreaterThan(end);
          end = range.page + range.pages;
        }
        const found = layout.runs.flatMap((run) =>
          Array.from({ length: run.pages }, (_, i) => {
            const range = layout.ranges.find((r) => run.page + i >= r.page && run.page + i < r.page + r.pages);
            return range === undefined ? -1 : Number(range.address / 4096n) + run.page + i - range.page;
          }),
        );
        expect(found).toEqual(present);
      }),
    );
  });
});
