/**
 * Random operations on the engine, beside two models that share nothing with it: one that knows only what guests may see, and
 * one of Linux's KSM written from the specification. After every operation the engine's invariants must hold.
 *
 * PROPERTY_RUNS sets the number of traces in each test: 40, and 1000 in `npm run test:all`.
 */
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { Engine, layOut } from '../../../src/engine/index.ts';
import { Host } from '../../../src/host/host.ts';
import { loadModule } from '../../../src/load.ts';
import { type AddressSpace, type DirtyTracking, Machine, systemClock } from '../../../src/machine/index.ts';
import { ALONE, threadsOf } from '../../../src/threads/index.ts';
import { type Group, Player, parseTrace, type Trace } from '../../../src/trace/index.ts';
import { ExtendedPlayer } from '../../recordings/golden2/player.ts';
import { WITH_ASSERTIONS } from '../../support/build.ts';
import { checkHost } from '../../support/inside.ts';
import { traceArbitrary } from '../../support/model/generate.ts';
import { LinuxModel, type Snapshot } from '../../support/model/linux.ts';
import { NaiveModel } from '../../support/model/naive.ts';
import type { TraceOp } from '../../support/model/trace.ts';

const RUNS = Number(process.env.PROPERTY_RUNS ?? 40);
const MEMORY_PAGES = 64;

const module = await loadModule(undefined, WITH_ASSERTIONS);
const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES, shared: true });
let played = 0;

/** A fresh host in the one memory: a run must not cost a memory of its own. */
function freshHost(index: 'content' | 'hash', dirtyTracking: DirtyTracking = 'off'): Host {
  const engine = new Engine(module, memory);
  engine.bytes.fill(0);
  layOut(engine, {
    memoryPages: MEMORY_PAGES,
    processes: 48,
    vmas: 512,
    pages: 4096,
    nodes: 1,
    index,
    checksum: index === 'content' ? 'xxh64' : 'keyed',
    seed: 1n,
    dirtyTracking: 0,
    cures: 0,
  });
  const host = new Host(new Machine(engine, systemClock()), threadsOf({}), ALONE);
  host.dirtyTracking = dirtyTracking;
  return host;
}

const operationsOf = (ops: readonly TraceOp[]): Trace['operations'] => {
  const header = { op: 'trace', version: 1, name: 'random' };
  return parseTrace([header, ...ops].map((op) => JSON.stringify(op)).join('\n'), 'random').operations;
};

/** The groups without the repetitions that Linux's recorder, and so the player, makes of pages that were mapped anew. */
function distinctGroups(frames: readonly Readonly<Group>[]): Group[] {
  const groups = frames.map((group) => [...new Map(group.map((page) => [page.join(), page])).values()]);
  return groups
    .filter((group) => group.length > 1)
    .map((group) => group.sort(byPage))
    .sort((a, b) => byPage(a[0] as Group[number], b[0] as Group[number]));
}

const byPage = (a: Group[number], b: Group[number]): number => (a[0] === b[0] ? a[1] - b[1] : a[0] < b[0] ? -1 : 1);

/** The model's view in the same form: it sorts the pages of a group by when their process was started. */
function viewOf(linux: LinuxModel): Omit<Snapshot, 'frames'> & { frames: Group[] } {
  const snapshot = linux.snapshot();
  return { ...snapshot, frames: distinctGroups(snapshot.frames) };
}

/** Every page of every guest, as it reads it, against the model. */
function expectSameBytes(player: { space(name: string): AddressSpace }, naive: NaiveModel): void {
  for (const proc of naive.live()) {
    for (const page of naive.readable(proc)) {
      const seen = player.space(proc).read(page * 4096, 4096);
      if (Buffer.compare(seen, naive.read(proc, page)) !== 0) expect.fail(`${proc} page ${page} reads other bytes`);
    }
  }
}

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

/** How soon a stale dup is noticed depends on the paths of searches, and so on the order. */
function withoutNodes<Line extends { sysfs: object }>(line: Line): Line {
  return { ...line, sysfs: { ...line.sysfs, stable_node_chains: 0, stable_node_dups: 0 } };
}

/**
 * The same trace with every batch a whole pass and no limit on sharing: which dup of a chain a page joins depends on stale ones too.
 */
function inWholePasses(ops: readonly TraceOp[]): TraceOp[] {
  const unlimited = ops.filter((op) => op.op !== 'sysfs' || op.file !== 'max_page_sharing');
  return unlimited.map((op) => (op.op === 'scan' ? { ...op, pages: 100_000 } : op));
}

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
