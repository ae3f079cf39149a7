/** An engine over names that has the pages of all sources, none of them scanned yet. */
import type { PageSource } from '../image/index.ts';
import { createHost, type Host, type HostOptions } from '../index.ts';
import { PAGE_SIZE, UNIT_BYTES } from '../memory/index.ts';
import { BASE_PAGE, Engines } from './engines.ts';
import { NameList } from './names.ts';
import type { Naming } from './naming.ts';
import { Placed } from './placed.ts';
import type { Watch } from './watch.ts';

/**
 * Bytes of engine memory for a page: its name, frame word and pin count, what a page table entry has, a root for two to four frames, and a
 * stable node, if all of them should be merged. Only what is used is ever touched: some 45 bytes of a page that nobody shares.
 */
const PAGE_BYTES_MAX = 136;
/** For the header and the first page tables, and for each source. */
const FIXED_BYTES = 2 ** 22;
const SOURCE_BYTES = 2 ** 14;

/** The engine's options that the user chose. */
export type EngineOptions = Pick<HostOptions, 'index' | 'seed' | 'scanners' | 'onWarning'>;

/** Takes the names out of the lists. `prepare` writes the settings, before there is anything to scan. */
export async function populate(
  sources: readonly PageSource[],
  lists: readonly NameList[],
  naming: Naming,
  options: EngineOptions,
  prepare: (host: Host) => void,
  watch: Watch,
): Promise<{ engines: Engines; placed: Placed[] }> {
  const pages = lists.reduce((total, list) => total + list.pages.count, 0);
  const memory = FIXED_BYTES + sources.length * SOURCE_BYTES + pages * PAGE_BYTES_MAX;
  const host = await createHost({
    ...options,
    page: 'names',
    memory: Math.ceil(memory / UNIT_BYTES) * UNIT_BYTES,
    pages: pages + sources.length * BASE_PAGE,
    processes: sources.length + 1,
    vmas: 2 * sources.length + 64,
  });
  const engines = new Engines([host], naming);
  prepare(host);
  let filled = 0;
  const placed: Placed[] = [];
  for (const [at, list] of lists.entries()) {
    const spaces = engines.map(list.pages.count);
    for (const { index, names } of list.drain()) {
      spaces[0]?.setNames((BASE_PAGE + index) * PAGE_SIZE, naming.tell(names));
      filled += names.length;
      await watch.look('filling the engine', filled, pages);
    }
    placed.push(new Placed(sources[at] as PageSource, engines, spaces, list.pages));
  }
  return { engines, placed };
}

/** The names of all pages, out of the engine again. `renamed`: by source and index, those that are to have another. */
export function namesOf(placed: readonly Placed[], renamed: readonly ReadonlyMap<number, bigint>[]): NameList[] {
  return placed.map((from, source) => {
    const list = new NameList();
    let index = 0;
    for (const run of from.pages.runs) {
      for (let page = run.page; page < run.page + run.pages; page++, index++) {
        const name = renamed[source]?.get(index) ?? from.nameAt(index);
        list.add(page, BigUint64Array.of(name));
      }
    }
    return list;
  });
}
