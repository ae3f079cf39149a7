/**
 * The whole job: sources are loaded, scanned until a pass changes nothing, and what was merged is verified.
 *
 * On the engine over names the pages themselves are never kept: they are named as they are read, the engine scans the names, and
 * what it has merged is compared byte by byte afterwards. If a name stands for two contents, one of them gets another, and the scan begins
 * again. The counters are those of the engine over bytes.
 */
import { PAGE_BYTES, type PageSource } from '../image/index.ts';
import type { Host } from '../index.ts';
import { loadBinary } from '../load.ts';
import { randomSeed } from '../machine/index.ts';
import { Window } from '../names/index.ts';
import { BytesLoader, type BytesOptions, bytesHost } from './bytes.ts';
import { Engines } from './engines.ts';
import { keeping } from './kept.ts';
import { loadNames } from './load.ts';
import { Passes } from './passes.ts';
import { Phases } from './phases.ts';
import type { Placed } from './placed.ts';
import { namesOf, populate } from './populate.ts';
import { type Verdict, Verifier } from './verify.ts';
import type { Watch } from './watch.ts';

export interface JobOptions extends BytesOptions {
  /** Names of contents, verified by bytes; or the bytes themselves. */
  readonly engine: 'names' | 'bytes';
  /** Exactly so many passes; undefined: until one changes nothing. */
  readonly passes: number | undefined;
  /** Do equal hashes mean equal contents, without a look at the bytes? */
  readonly trustHash: boolean;
  /** Bytes that copies of pages may take while contents are compared. */
  readonly copyBytes: number;
  /** Threads that load a scan over names; undefined: as many as are worth their start. The result is the same with any number. */
  readonly loaders?: number | undefined;
  /** Bits of a name, if not all: for tests. */
  readonly nameBits?: number;
  /** Writes the settings of a host that has nothing to scan yet. */
  prepare(host: Host): void;
}

/** What a scan has found. Whoever has it disposes of the engines. */
export interface Scanned {
  readonly engines: Engines;
  /** The sources, in their order. */
  readonly placed: readonly Placed[];
  readonly passes: Passes;
  /** Undefined where contents were not named, or names are trusted. */
  readonly verdict: Verdict | undefined;
  /** How often contents got other names, because two of them had the same. */
  readonly renamings: number;
  readonly phases: Phases;
}

/** Scans `sources`. Whatever was made is let go if it fails. */
export function scan(sources: readonly PageSource[], options: JobOptions, watch: Watch): Promise<Scanned> {
  return options.engine === 'bytes' ? scanBytes(sources, options, watch) : scanNames(sources, options, watch);
}

async function scanBytes(sources: readonly PageSource[], options: JobOptions, watch: Watch): Promise<Scanned> {
  const { index, memory, scanners, onWarning, seed } = options;
  const phases = new Phases();
  const host = await bytesHost(sources, given({ index, memory, scanners, onWarning, seed }));
  const engines = new Engines([host]);
  try {
    options.prepare(host);
    const passes = new Passes(engines, watch);
    const placed = await phases.time('loading', () => new BytesLoader(engines, passes, watch).load(sources));
    for (const { wall_s, cpu_s } of passes.done) phases.move('loading', 'passes', wall_s, cpu_s); // those that made room
    await phases.time('passes', () => run(passes, options.passes));
    return { engines, placed, passes, verdict: undefined, renamings: 0, phases };
  } catch (error) {
    engines[Symbol.dispose]();
    throw error;
  }
}

async function scanNames(all: readonly PageSource[], options: JobOptions, watch: Watch): Promise<Scanned> {
  const phases = new Phases();
  const { scanners, onWarning, nameBits } = options;
  const seed = BigInt(options.seed ?? randomSeed());
  // Half for pages that come only once: the rest is left for the comparison, and what of the half nobody needs.
  const half = options.copyBytes / 2;
  const budget = { bytes: half };
  const sources = keeping(all, budget);
  const window = new Window(await loadBinary('hash'), { seed, ...given({ nameBits }) });
  let lists = await phases.time('loading', () => loadNames(sources, window, options.loaders, watch));
  for (let renamings = 0; ; renamings++) {
    const filling = (): ReturnType<typeof populate> =>
      populate(sources, lists, { seed, ...given({ scanners, onWarning }) }, options.prepare, watch);
    const { engines, placed } = await phases.time('filling', filling);
    try {
      const passes = new Passes(engines, watch);
      await phases.time('passes', () => run(passes, options.passes));
      const compare = (): Promise<Verdict> =>
        new Verifier(engines, placed, window, Math.floor((half + budget.bytes) / PAGE_BYTES), renamings, watch).run();
      const verdict = options.trustHash ? undefined : await phases.time('comparing', compare);
      if (verdict === undefined || verdict.renamed.every(({ size }) => size === 0)) {
        return { engines, placed, passes, verdict, renamings, phases };
      }
      lists = namesOf(placed, verdict.renamed);
    } catch (error) {
      engines[Symbol.dispose]();
      throw error;
    }
    engines[Symbol.dispose]();
  }
}

/** The options that are there. */
function given<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}

async function run(passes: Passes, count: number | undefined): Promise<void> {
  if (count === undefined) await passes.settle(false);
  for (let i = 0; i < (count ?? 0); i++) await passes.pass(false);
}
