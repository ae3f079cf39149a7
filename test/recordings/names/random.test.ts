/**
 * Random traces on an engine over bytes and one over names: after every operation every counter, every process's ksm_stat, every
 * group of pages that share a frame, and every page's NUMA node are the same, and the invariants hold at the end.
 *
 * There are 38 traces; PROPERTY_RUNS makes it more: 2144 in `npm run test:all`.
 */
import { afterAll, expect, test } from 'vitest';
import { Engine, layOut } from '../../../src/engine/index.ts';
import { Host } from '../../../src/host/host.ts';
import { loadModule } from '../../../src/load.ts';
import { Machine, systemClock } from '../../../src/machine/index.ts';
import { ALONE, threadsOf } from '../../../src/threads/index.ts';
import { checkHost } from '../../support/inside.ts';
import { Contents, NamesPlayer, type Naming, orders } from '../../support/names-player.ts';
import { ExtendedPlayer } from '../golden2/player.ts';
import { KINDS, type Kind, type RandomTrace, randomTrace } from './random.ts';

/** Of each kind: those with large folios, whose pages all are looked at after each operation, cost most. */
const FEW: Readonly<Record<Kind, number>> = { small: 40, huge: 6, nodes: 24, everything: 5 };
const TIMES = process.env.PROPERTY_RUNS === undefined ? 0.5 : Number(process.env.PROPERTY_RUNS) / 35;
const TURNS = 50;
/** Units of 64 KiB: one memory of each size for all hosts, since a trace must not cost memories of its own. */
const SMALL = 64;
const LARGE = 512;

const modules = { bytes: await loadModule(), names: await loadModule(undefined, false, true) };
type Page = keyof typeof modules;
type Index = 'hash' | 'content';
const memories = new Map<string, WebAssembly.Memory>();
let traces = 0;
let operations = 0;

function memoryFor(page: Page, units: number): WebAssembly.Memory {
  const key = `${page} ${units}`;
  const memory = memories.get(key) ?? new WebAssembly.Memory({ initial: units, maximum: units, shared: true });
  memories.set(key, memory);
  return memory;
}

function freshHost(page: Page, kind: Kind, index: Index, { nodes, dirtyTracking }: RandomTrace): Host {
  const units = page === 'bytes' && (kind === 'huge' || kind === 'everything') ? LARGE : SMALL;
  const engine = new Engine(modules[page], memoryFor(page, units));
  engine.bytes.fill(0);
  layOut(engine, {
    ...{ memoryPages: units, processes: 64, vmas: 512, pages: 16_384, nodes, domains: 1 },
    ...{ index, checksum: 'keyed', seed: 1n, dirtyTracking: 0, cures: 0 },
  });
  const host = new Host(new Machine(engine, systemClock()), threadsOf({}), ALONE);
  host.dirtyTracking = dirtyTracking;
  return host;
}

/** The first operation after which the two say different things, and what; in hash order, then in content order. */
function firstDifference(kind: Kind, seed: number): string | undefined {
  const trace = randomTrace(kind, seed, TURNS);
  for (const [index, naming] of orders(new Contents())) {
    const difference = differenceIn(index, naming(), kind, trace);
    if (difference !== undefined) return `${kind}, seed ${seed}, ${index} order, ${difference}`;
  }
  return undefined;
}

function differenceIn(index: Index, naming: Naming, kind: Kind, trace: RandomTrace): string | undefined {
  const hosts = (['bytes', 'names'] as const).map((page) => freshHost(page, kind, index, trace));
  const player = new NamesPlayer(hosts[0] as Host, hosts[1] as Host, (host) => new ExtendedPlayer(host), naming);
  for (const [at, step] of trace.steps.entries()) {
    const { bytes, names } = player.play(step);
    operations++;
    const [ours, theirs] = [JSON.stringify(names), JSON.stringify(bytes)];
    if (ours !== theirs) return `operation ${at}: ${JSON.stringify(step)}\n${theirs}\n${ours}`;
  }
  for (const host of hosts) checkHost(host);
  return undefined;
}

test.each(KINDS)('names and bytes agree after every operation: %s', (kind) => {
  const count = Math.ceil(FEW[kind] * TIMES);
  for (let seed = 1; seed <= count; seed++) expect(firstDifference(kind, seed)).toBeUndefined();
  traces += count;
});

afterAll(() => console.log(`${traces} random traces of ${operations} operations on both engines`));
