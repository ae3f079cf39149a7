/**
 * Random operations on the engine, beside two models that share nothing with it: one that knows only what guests may see, and
 * one of Linux's KSM written from the specification. After every operation the engine's invariants must hold.
 *
 * PROPERTY_RUNS sets the number of traces in each test: 20, and 1000 in `npm run test:all`.
 */
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { Player, type Trace } from '../../../src/trace/index.ts';
import { ExtendedPlayer } from '../../recordings/golden2/player.ts';
import { checkHost } from '../../support/inside.ts';
import { traceArbitrary } from '../../support/model/generate.ts';
import { LinuxModel } from '../../support/model/linux.ts';
import { NaiveModel } from '../../support/model/naive.ts';
import {
  distinctGroups,
  expectSameBytes,
  freshHost,
  inWholePasses,
  operationsOf,
  viewOf,
  withoutNodes,
} from './hosts.ts';

const RUNS = Number(process.env.PROPERTY_RUNS ?? 10);
let played = 0;

describe.each(['content', 'hash'] as const)('%s order', (index) => {
  test('a guest reads what it wrote, and the invariants hold after every operation', () => {
    fc.assert(
      fc.property(traceArbitrary({ maxSteps: 50 }), (ops) => {
        const host = freshHost(index);
        const player = new Player(host);
        const naive = new NaiveModel();
        const operations = operationsOf(ops);
        for (const [i, op] of ops.entries()) {
          const expected = naive.apply(op);
          const { result } = player.play(operations[i] as Trace['operations'][number]);
          checkHost(host);
          if (expected !== undefined) expect(result, `${i}: ${JSON.stringify(op)}`).toBe(expected);
          if (op.op === 'scan') expectSameBytes(player, naive);
        }
        expectSameBytes(player, naive);
        checkHost(host);
        played++;
      }),
      { numRuns: RUNS },
    );
  });
});

const MODES = ['off', 'on', 'advisory'] as const;

test.each(MODES)(
  'content order is the specification, in every counter after every operation (dirty tracking %s)',
  (dirty) => {
    fc.assert(
      fc.property(traceArbitrary({ maxSteps: 60 }), (ops) => {
        const player = new Player(freshHost('content', dirty));
        const linux = new LinuxModel();
        const operations = operationsOf(ops);
        // What is resident of shared memory depends on Linux's page cache, which the engine does not have (docs/fidelity.md).
        const hasShared = ops.some((op) => op.op === 'mmap' && op.kind === 'shared');
        for (const [i, op] of ops.entries()) {
          const result = linux.apply(op);
          const seen = player.play(operations[i] as Trace['operations'][number]);
          const expected = viewOf(linux);
          const frames = hasShared ? expected.frames : distinctGroups(seen.frames);
          expect({ ...seen, frames }, `${i}: ${JSON.stringify(op)}`).toEqual({ result, ...expected });
        }
        played++;
      }),
      { numRuns: RUNS },
    );
  },
);

test.each(MODES)('hash order is the specification where nothing changes in a pass (dirty tracking %s)', (dirty) => {
  fc.assert(
    fc.property(traceArbitrary({ maxSteps: 60, shared: false }), (random) => {
      const ops = inWholePasses(random);
      const player = new Player(freshHost('hash', dirty));
      const linux = new LinuxModel();
      const operations = operationsOf(ops);
      for (const [i, op] of ops.entries()) {
        const result = linux.apply(op);
        const seen = player.play(operations[i] as Trace['operations'][number]);
        const frames = distinctGroups(seen.frames);
        const expected = withoutNodes({ result, ...viewOf(linux) });
        expect(withoutNodes({ ...seen, frames }), `${i}: ${JSON.stringify(op)}`).toEqual(expected);
      }
      played++;
    }),
    { numRuns: RUNS },
  );
});

test('content order is the specification where chains are long and time passes', () => {
  fc.assert(
    fc.property(traceArbitrary({ maxSteps: 80, shared: false, chains: true }), (ops) => {
      let now = 0;
      const host = freshHost('content');
      const player = new Player(host, { now: () => now });
      const linux = new LinuxModel({ now: () => now });
      const operations = operationsOf(ops);
      for (const [i, op] of ops.entries()) {
        now += 10;
        const result = linux.apply(op);
        const seen = player.play(operations[i] as Trace['operations'][number]);
        checkHost(host);
        const frames = distinctGroups(seen.frames);
        expect({ ...seen, frames }, `${i}: ${JSON.stringify(op)}`).toEqual({ result, ...viewOf(linux) });
      }
      played++;
    }),
    { numRuns: RUNS },
  );
});

describe.each(['locks', 'pins'] as const)('%s, which the trace format does not have', (more) => {
  test.each(['content', 'hash'] as const)('a guest reads what it wrote, and the invariants hold, %s order', (index) => {
    fc.assert(
      fc.property(traceArbitrary({ maxSteps: 50, more }), (ops) => {
        const player = new ExtendedPlayer(freshHost(index));
        const naive = new NaiveModel();
        for (const [i, op] of ops.entries()) {
          const expected = naive.apply(op);
          const { result } = player.play(op);
          checkHost(player.host);
          if (expected !== undefined) expect(result, `${i}: ${JSON.stringify(op)}`).toBe(expected);
          if (op.op === 'scan') expectSameBytes(player, naive);
        }
        expectSameBytes(player, naive);
        played++;
      }),
      { numRuns: RUNS },
    );
  });

  test('content order is the specification, in every counter after every operation', () => {
    fc.assert(
      fc.property(traceArbitrary({ maxSteps: 60, shared: false, more }), (ops) => {
        const player = new ExtendedPlayer(freshHost('content'));
        const linux = new LinuxModel();
        for (const [i, op] of ops.entries()) {
          const result = linux.apply(op);
          const seen = player.play(op);
          const frames = distinctGroups(seen.frames);
          expect({ ...seen, frames }, `${i}: ${JSON.stringify(op)}`).toEqual({ result, ...viewOf(linux) });
        }
        played++;
      }),
      { numRuns: RUNS },
    );
  });

  test('hash order is the specification where nothing changes in a pass', () => {
    fc.assert(
      fc.property(traceArbitrary({ maxSteps: 60, shared: false, more }), (random) => {
        const ops = inWholePasses(random);
        const player = new ExtendedPlayer(freshHost('hash'));
        const linux = new LinuxModel();
        for (const [i, op] of ops.entries()) {
          const result = linux.apply(op);
          const seen = player.play(op);
          const expected = withoutNodes({ result, ...viewOf(linux) });
          expect(withoutNodes({ ...seen, frames: distinctGroups(seen.frames) }), `${i}: ${JSON.stringify(op)}`).toEqual(
            expected,
          );
        }
        played++;
      }),
      { numRuns: RUNS },
    );
  });
});

afterAll(() => console.log(`${played} random traces`));
