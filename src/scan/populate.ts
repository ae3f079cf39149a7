/** Engines over names that have the pages of all sources, none of them scanned yet. */
import type { PageSource } from '../image/index.ts';
import { type AddressSpace, createHost, type Host, type HostOptions } from '../index.ts';
import { PAGE_SIZE } from '../memory/index.ts';
import { tallyOf } from './collection.ts';
import { bucketOf, Dealt } from './dealt.ts';
import { BASE_PAGE, Engines } from './engines.ts';
import { halvesOf, NameList } from './names.ts';
import type { Naming } from './naming.ts';
import { Placed } from './placed.ts';
import { engineBytes } from './plan.ts';
import type { Watch } from './watch.ts';

/** The engine's options that the user chose. */
export type EngineOptions = Pick<HostOptions, 'index' | 'seed' | 'scanners' | 'onWarning'>;

/**
 * Takes the names out of the lists. `engineOf`: the engine of each bucket of names. `prepare` writes the settings, before there is anything
 * to scan.
 */
export async function populate(
  sources: readonly PageSource[],
  lists: readonly NameList[],
  engineOf: Uint8Array,
  naming: Naming,
  options: EngineOptions,
  prepare: (host: Host) => void,
  watch: Watch,
): Promise<{ engines: Engines; placed: Placed[] }> {
  const count = 1 + Math.max(...engineOf);
  const pagesOf = (some: readonly NameList[]): Uint32Array => byEngine(some, engineOf, count);
  const pages = pagesOf(lists);
  const engines = await enginesFor(pages, sources.length, naming, options);
  try {
    for (const host of engines.hosts) prepare(host);
    const whole = pages.reduce((total, some) => total + some, 0);
    let filled = 0;
    const placed: Placed[] = [];
    for (const [at, list] of lists.entries()) {
      const spaces = engines.map(pagesOf([list]));
      const dealt = spaces.length > 1 ? new Dealt(list.pages.count, spaces.length) : undefined;
      for (const { index, names } of list.drain()) {
        if (dealt === undefined) spaces[0]?.setNames((BASE_PAGE + index) * PAGE_SIZE, naming.tell(names));
        else deal(names, engineOf, naming, spaces, dealt);
        filled += names.length;
        await watch.look('filling the engine', filled, whole);
      }
      placed.push(new Placed(sources[at] as PageSource, engines, spaces, list.pages, dealt));
    }
    return { engines, placed };
  } catch (error) {
    engines[Symbol.dispose]();
    throw error;
  }
}

/** An engine for each of the numbers of pages. */
async function enginesFor(
  pages: Uint32Array,
  sources: number,
  naming: Naming,
  options: EngineOptions,
): Promise<Engines> {
  const hosts: Host[] = [];
  try {
    for (const some of pages) hosts.push(await engineFor(some, sources, options));
    return new Engines(hosts, naming);
  } catch (error) {
    for (const host of hosts) host[Symbol.dispose]();
    throw error;
  }
}

function engineFor(pages: number, sources: number, options: EngineOptions): Promise<Host> {
  return createHost({
    ...options,
    page: 'names',
    memory: engineBytes(pages, sources),
    pages: pages + sources * BASE_PAGE,
    processes: sources + 1,
    vmas: 2 * sources + 64,
  });
}

/** Each name goes to its engine, behind those that are there. */
function deal(
  names: BigUint64Array,
  engineOf: Uint8Array,
  naming: Naming,
  spaces: readonly AddressSpace[],
  dealt: Dealt,
): void {
  const first = dealt.counts.slice();
  const halves = halvesOf(names);
  for (let at = 1; at < halves.length; at += 2) dealt.add(engineOf[bucketOf(halves[at] as number)] as number);
  const parts = spaces.map((_, engine) => new BigUint64Array((dealt.counts[engine] ?? 0) - (first[engine] ?? 0)));
  const partHalves = parts.map(halvesOf);
  const filled = new Uint32Array(spaces.length);
  for (let at = 0; at < halves.length; at += 2) {
    const engine = engineOf[bucketOf(halves[at + 1] as number)] as number;
    const to = partHalves[engine] as Uint32Array;
    const place = filled[engine] as number;
    to[place] = halves[at] as number;
    to[place + 1] = halves[at + 1] as number;
    filled[engine] = place + 2;
  }
  for (const [engine, part] of parts.entries()) {
    if (part.length > 0) spaces[engine]?.setNames((BASE_PAGE + (first[engine] ?? 0)) * PAGE_SIZE, naming.tell(part));
  }
}

/** How many pages each of `count` engines gets. Names are looked at only if there are several. */
function byEngine(lists: readonly NameList[], engineOf: Uint8Array, count: number): Uint32Array {
  if (count === 1) return Uint32Array.of(lists.reduce((total, { pages }) => total + pages.count, 0));
  const pages = new Uint32Array(count);
  for (const [bucket, some] of tallyOf(lists).entries()) {
    const engine = engineOf[bucket] as number;
    pages[engine] = (pages[engine] as number) + some;
  }
  return pages;
}

/** The names of all pages, out of the engines again. `renamed`: by source and index, those that are to have another. */
export function namesOf(placed: readonly Placed[], renamed: readonly ReadonlyMap<number, bigint>[]): NameList[] {
  return placed.map((from, source) => {
    const list = new NameList();
    for (const { page, pages, index } of from.pages.pieces(0, from.pages.count)) {
      for (let at = 0; at < pages; at++) {
        const name = renamed[source]?.get(index + at) ?? from.nameAt(index + at);
        list.add(page + at, BigUint64Array.of(name));
      }
    }
    return list;
  });
}
