/** Hosts for random traces: all in one memory, because a run must not cost a memory of its own. */
import { expect } from 'vitest';
import { Engine, layOut } from '../../../src/engine/index.ts';
import { Host } from '../../../src/host/host.ts';
import { loadModule } from '../../../src/load.ts';
import { type AddressSpace, type DirtyTracking, Machine, systemClock } from '../../../src/machine/index.ts';
import { ALONE, threadsOf } from '../../../src/threads/index.ts';
import { type Group, parseTrace, type Trace } from '../../../src/trace/index.ts';
import { WITH_ASSERTIONS } from '../../support/build.ts';
import type { LinuxModel, Snapshot } from '../../support/model/linux.ts';
import type { NaiveModel } from '../../support/model/naive.ts';
import type { TraceOp } from '../../support/model/trace.ts';
import { PAGE } from '../../support/page.ts';

const MEMORY_PAGES = 64;

const module = await loadModule(undefined, WITH_ASSERTIONS);
const memory = memoryFor();
const namesModule = await loadModule(undefined, false, true);
const namesMemory = memoryFor();

function memoryFor(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES, shared: true });
}

/** A fresh host; the one before it is no more. */
export function freshHost(index: 'content' | 'hash', dirtyTracking: DirtyTracking = 'off', domains: number = 1): Host {
  return hostOver(new Engine(module, memory), index, dirtyTracking, domains);
}

/** A fresh host whose pages are names, beside that of bytes; the one before it is no more. */
export function freshNamesHost(): Host {
  return hostOver(new Engine(namesModule, namesMemory), 'hash', 'off', 1);
}

function hostOver(engine: Engine, index: 'content' | 'hash', dirtyTracking: DirtyTracking, domains: number): Host {
  engine.bytes.fill(0);
  layOut(engine, {
    memoryPages: MEMORY_PAGES,
    processes: 48,
    vmas: 512,
    pages: 4096,
    nodes: 1,
    domains,
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

export const operationsOf = (ops: readonly TraceOp[]): Trace['operations'] => {
  const header = { op: 'trace', version: 1, name: 'random' };
  return parseTrace([header, ...ops].map((op) => JSON.stringify(op)).join('\n'), 'random').operations;
};

/** The groups without the repetitions that Linux's recorder, and so the player, makes of pages that were mapped anew. */
export function distinctGroups(frames: readonly Readonly<Group>[]): Group[] {
  const groups = frames.map((group) => [...new Map(group.map((page) => [page.join(), page])).values()]);
  return groups
    .filter((group) => group.length > 1)
    .map((group) => group.sort(byPage))
    .sort((a, b) => byPage(a[0] as Group[number], b[0] as Group[number]));
}

const byPage = (a: Group[number], b: Group[number]): number => (a[0] === b[0] ? a[1] - b[1] : a[0] < b[0] ? -1 : 1);

/** The model's view in the same form: it sorts the pages of a group by when their process was started. */
export function viewOf(linux: LinuxModel): Omit<Snapshot, 'frames'> & { frames: Group[] } {
  const snapshot = linux.snapshot();
  return { ...snapshot, frames: distinctGroups(snapshot.frames) };
}

/** How soon a stale dup is noticed depends on the paths of searches, and so on the order. */
export function withoutNodes<Line extends { sysfs: object }>(line: Line): Line {
  return { ...line, sysfs: { ...line.sysfs, stable_node_chains: 0, stable_node_dups: 0 } };
}

/**
 * The same trace with every batch a whole pass and no limit on sharing: which dup of a chain a page joins depends on stale ones too.
 */
export function inWholePasses(ops: readonly TraceOp[]): TraceOp[] {
  const unlimited = ops.filter((op) => op.op !== 'sysfs' || op.file !== 'max_page_sharing');
  return unlimited.map((op) => (op.op === 'scan' ? { ...op, pages: 100_000 } : op));
}

/** Every page of every guest, as it reads it, against the model. */
export function expectSameBytes(player: { space(name: string): AddressSpace }, naive: NaiveModel): void {
  for (const proc of naive.live()) {
    for (const page of naive.readable(proc)) {
      const seen = player.space(proc).read(page * PAGE, PAGE);
      if (Buffer.compare(seen, naive.read(proc, page)) !== 0) expect.fail(`${proc} page ${page} reads other bytes`);
    }
  }
}
