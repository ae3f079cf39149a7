/**
 * The whole job: sources are loaded, scanned until a pass changes nothing, and what was merged is verified.
 *
 * On the engine over names the pages themselves are never kept: they are named as they are read, the engine scans the names, and
 * what it has merged is compared byte by byte afterwards. If a name stands for two contents, it is given up, and the scan begins again. The
 * counters are those of the engine over bytes. Of more pages than memory holds the names of, a sample is scanned.
 */
import { KsmError } from '../errors.ts';
import type { Verdict as FilmVerdict } from '../film/index.ts';
import { PAGE_BYTES, type PageSource } from '../image/index.ts';
import { createHost, type Host } from '../index.ts';
import { loadBinary } from '../load.ts';
import { randomSeed } from '../machine/index.ts';
import { MEMORY_BYTES_MAX } from '../memory/index.ts';
import { Window } from '../names/index.ts';
import { BytesLoader, type BytesOptions, bytesHost } from './bytes.ts';
import { Collection, type Sample } from './collection.ts';
import { Engines } from './engines.ts';
import { Filming, type FilmOptions, filmBytes, whyNoFilm } from './filming.ts';
import type { Sharing } from './heavy.ts';
import { type Budget, keeping } from './kept.ts';
import { loadNames } from './load.ts';
import { Naming } from './naming.ts';
import { ContentOrder, expectImages, NoOrder } from './order.ts';
import { earlyOf } from './parts.ts';
import { Passes } from './passes.ts';
import { Phases } from './phases.ts';
import type { Placed } from './placed.ts';
import { copiesIn, defaultBudget, roomIn } from './plan.ts';
import { namesOf, populate } from './populate.ts';
import { rename } from './rename.ts';
import { Restless } from './restless.ts';
import { type Verdict, Verifier } from './verify.ts';
import type { Watch } from './watch.ts';

export interface JobOptions extends BytesOptions {
  /** Names of contents, verified by bytes; or the bytes themselves. In content order names only of what they can be ordered for. */
  readonly engine: 'names' | 'bytes';
  /** Exactly so many passes; undefined: until one changes nothing. */
  readonly passes: number | undefined;
  /** Do equal hashes mean equal contents, without a look at the bytes? */
  readonly trustHash: boolean;
  /** Threads that load a scan over names; undefined: as many as are worth their start. The result is the same with any number. */
  readonly loaders?: number | undefined;
  /** Bytes that copies of pages may take while contents are compared, a page at least; undefined: what `memory` leaves. */
  readonly copyBytes?: number | undefined;
  /** Engines over names that there are at least, a power of two: for tests. */
  readonly engines?: number;
  /** Bits of a name, if not all: for tests. */
  readonly nameBits?: number;
  /** How sources that live are read several times. With names in hash order only; undefined: all are read once. */
  readonly film?: FilmOptions | undefined;
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
  /** Of each source: how many pages were read. */
  readonly pages: readonly number[];
  /** What changed between readings; undefined if there was one. */
  readonly film?: FilmVerdict;
  /** How a sample was taken; undefined if all pages were scanned. */
  readonly sample?: Sample;
  /** Why names were not scanned, where they were asked for: a whole sentence. */
  readonly notes: readonly string[];
}

/** Scans `sources`. Whatever was made is let go if it fails. */
export async function scan(sources: readonly PageSource[], options: JobOptions, watch: Watch): Promise<Scanned> {
  const phases = new Phases();
  if (options.engine === 'bytes') return scanBytes(sources, options, phases, watch);
  try {
    return await scanNames(sources, options, phases, watch);
  } catch (error) {
    if (!(error instanceof NoOrder)) throw error;
    const memory = options.memory === undefined ? undefined : Math.min(options.memory, MEMORY_BYTES_MAX);
    const why = `Content order, with all pages in the engine's memory: ${error.message}.`;
    const scanned = await scanBytes(sources, { ...options, memory }, phases, watch).catch((failure: unknown) => {
      throw failure instanceof KsmError ? new KsmError(failure.code, `${failure.message} (${why})`) : failure;
    });
    return { ...scanned, notes: [why] };
  }
}

async function scanBytes(
  sources: readonly PageSource[],
  options: JobOptions,
  phases: Phases,
  watch: Watch,
): Promise<Scanned> {
  const { index, memory, scanners, onWarning, seed } = options;
  const host = await bytesHost(sources, given({ index, memory, scanners, onWarning, seed }));
  const engines = new Engines([host]);
  try {
    options.prepare(host);
    const passes = new Passes(engines, watch);
    const placed = await phases.time('loading', () => new BytesLoader(engines, passes, watch).load(sources));
    for (const { wall_s, cpu_s } of passes.done) phases.move('loading', 'passes', wall_s, cpu_s); // those that made room
    await phases.time('passes', () => run(passes, options.passes));
    const pages = placed.map((from) => from.pages.count);
    return { engines, placed, passes, verdict: undefined, renamings: 0, phases, pages, notes: [] };
  } catch (error) {
    engines[Symbol.dispose]();
    throw error;
  }
}

async function scanNames(
  all: readonly PageSource[],
  options: JobOptions,
  phases: Phases,
  watch: Watch,
): Promise<Scanned> {
  const { index, scanners, onWarning, nameBits, prepare, loaders } = options;
  if (index === 'content') expectImages(all);
  const seed = BigInt(options.seed ?? randomSeed());
  const budget = options.memory ?? defaultBudget();
  const kept = keepBudget(all, options, budget);
  const whyNot = options.film === undefined ? undefined : whyNoFilm(all, budget);
  const isFilm = options.film !== undefined && whyNot === undefined;
  const memory = budget - kept.bytes - (isFilm ? filmBytes(all) : 0);
  const sources = keeping(all, kept);
  const window = new Window(await loadBinary('hash'), { seed, ...given({ nameBits }) });
  const filming = isFilm ? new Filming(sources, options.film, window, watch) : undefined;
  if (filming !== undefined) await phases.time('filming', () => filming.shoot(loaders));
  const order = index === 'content' ? new ContentOrder() : undefined;
  const naming = new Naming(window, order);
  const room = roomIn(memory, sources.length);
  const collection = new Collection(sources.length, room, await sharingBy(prepare), earlyOf(sources));
  const sink = filming?.last(collection) ?? collection;
  await phases.time('loading', () => loadNames(sources, window, sink, loaders, watch, order));
  const film = filming?.end(collection.pages.reduce((total, pages) => total + pages, 0));
  if (order !== undefined && collection.sample !== undefined) {
    throw new NoOrder('there are more pages than --memory has room for the names of');
  }
  for (; ; naming.levels++) {
    const copies = copiesFor(options, memory, kept, collection.held, sources, window);
    if (order !== undefined) await phases.time('ordering', () => order.rank(sources, naming, copies, watch));
    const filling = (): ReturnType<typeof populate> => {
      const engineOf = collection.deal(options.engines ?? 1);
      const made = { seed, ...given({ index, scanners, onWarning }) };
      return populate(sources, collection.lists, engineOf, naming, made, prepare, watch);
    };
    const { engines, placed } = await phases.time('filling', filling);
    try {
      const restless = filming && new Restless((source, page) => filming.film.isRestless(source, page));
      const passes = new Passes(engines, watch, () => restless?.stir(placed));
      await phases.time('passes', () => run(passes, options.passes));
      const compare = (): Promise<Verdict> => new Verifier(engines, placed, naming, copies, watch).run();
      const verdict = options.trustHash ? undefined : await phases.time('comparing', compare);
      if (verdict === undefined || verdict.false.size === 0) {
        const { sample, pages } = collection;
        const found = { engines, placed, passes, verdict, renamings: naming.levels, phases, pages };
        return { ...found, notes: whyNot === undefined ? [] : [whyNot], ...given({ sample, film }) };
      }
      const renamed = await phases.time('comparing', () => rename(placed, verdict.false, naming, watch));
      collection.lists = namesOf(placed, renamed);
    } catch (error) {
      engines[Symbol.dispose]();
      throw error;
    }
    engines[Symbol.dispose]();
  }
}

/** Bytes that copies of what comes only once may take where nothing is compared: enough to say what most pages are. */
const TRUSTED_COPIES = 2 ** 24;

/** Bytes that copies of what comes only once may take: half. The other half, and what they do not need, is for the comparison. */
function keepBudget(sources: readonly PageSource[], { copyBytes, trustHash }: JobOptions, memory: number): Budget {
  if (sources.every(({ isRepeatable }) => isRepeatable)) return { bytes: 0 };
  const half = (copyBytes ?? memory) / 2;
  return { bytes: trustHash ? Math.min(half, TRUSTED_COPIES) : half };
}

/** How many copies may be kept at a time, beside engines with `pages` pages. */
function copiesFor(
  { copyBytes }: JobOptions,
  memory: number,
  kept: Budget,
  pages: number,
  sources: readonly PageSource[],
  { mostCopies }: Window,
): number {
  if (copyBytes === undefined) return Math.min(copiesIn(memory + kept.bytes, pages), mostCopies);
  const isKept = sources.some(({ isRepeatable }) => !isRepeatable);
  const bytes = isKept ? copyBytes / 2 + kept.bytes : copyBytes;
  return Math.min(Math.max(1, Math.floor(bytes / PAGE_BYTES)), mostCopies);
}

/** What the settings say of frames that are shared: asked of an engine of no pages, since they are needed before there is another. */
async function sharingBy(prepare: (host: Host) => void): Promise<Sharing> {
  using host = await createHost({ page: 'names', memory: 2 ** 22, processes: 1, vmas: 1, pages: 1 });
  prepare(host);
  const { max_page_sharing, use_zero_pages } = host.ksm.settings;
  return { maxPageSharing: max_page_sharing, useZeroPages: use_zero_pages };
}

/** The options that are there. */
function given<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}

async function run(passes: Passes, count: number | undefined): Promise<void> {
  if (count === undefined) await passes.settle(false);
  for (let i = 0; i < (count ?? 0); i++) await passes.pass(false);
}
