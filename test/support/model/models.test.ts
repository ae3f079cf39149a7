/*
 * The two models against each other: they share the trace format and nothing of how memory works, and a guest must read
 * the same in both. It also shows that generated traces are legal, since both models refuse an access that is not.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { traceArbitrary } from './generate.ts';
import { LinuxModel } from './linux.ts';
import { NaiveModel } from './naive.ts';

test('merging does not show to a guest', () => {
  fc.assert(
    fc.property(traceArbitrary({ maxSteps: 60 }), (ops) => {
      const linux = new LinuxModel();
      const naive = new NaiveModel();
      for (const op of ops) {
        const seen = linux.apply(op);
        const expected = naive.apply(op);
        if (expected !== undefined) expect(seen, JSON.stringify(op)).toBe(expected);
      }
    }),
    { numRuns: 50 },
  );
});

test('what is counted adds up after every operation', () => {
  fc.assert(
    fc.property(traceArbitrary({ maxSteps: 60 }), (ops) => {
      const linux = new LinuxModel();
      for (const op of ops) {
        linux.apply(op);
        const { sysfs, ksm_stat: stats } = linux.snapshot();
        const saved = ((sysfs.pages_sharing ?? 0) + (sysfs.ksm_zero_pages ?? 0)) * 4096;
        const counted = ['pages_shared', 'pages_sharing', 'pages_unshared', 'pages_volatile'];
        const items = counted.reduce((sum, name) => sum + (sysfs[name] ?? 0), 0);
        expect(sysfs.general_profit).toBe(saved - items * 64);
        const zero = Object.values(stats).reduce((sum, stat) => sum + stat.ksm_zero_pages, 0);
        expect(sysfs.ksm_zero_pages).toBe(zero);
      }
    }),
    { numRuns: 50 },
  );
});
