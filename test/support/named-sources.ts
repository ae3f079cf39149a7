/** Sources whose pages are told by name only: for what a scan does once pages have names. */
import type { PageSource } from '../../src/image/index.ts';
import type { Host } from '../../src/index.ts';
import { loadBinary } from '../../src/load.ts';
import { Window } from '../../src/names/index.ts';
import type { Counted } from '../../src/report/index.ts';
import { Collection } from '../../src/scan/collection.ts';
import { Watch } from '../../src/scan/index.ts';
import { Naming } from '../../src/scan/naming.ts';
import { Passes } from '../../src/scan/passes.ts';
import type { Room } from '../../src/scan/plan.ts';
import { populate } from '../../src/scan/populate.ts';
import type { Dice } from './dice.ts';

/** A source of so many pages that nobody reads. */
function unread(name: string, pages: number): PageSource {
  return {
    name,
    kind: 'image',
    ranges: [{ page: 0, pages, address: 0n, label: '' }],
    pages,
    isRepeatable: false,
    notes: [],
    async *read() {},
  };
}

export interface NamedSetup {
  /** Default: for everything. */
  readonly room?: Room;
  readonly engines?: number;
  readonly settings?: { readonly max_page_sharing?: number; readonly use_zero_pages?: number };
}

/** Scans the pages with these names until a pass changes nothing. Whoever has it disposes of the engines. */
export async function scanNamed(names: readonly BigUint64Array[], setup: NamedSetup = {}): Promise<Counted> {
  const { room = { whole: 2 ** 20, sampled: 2 ** 20 }, engines: least = 1, settings = {} } = setup;
  const { max_page_sharing = 256, use_zero_pages = 0 } = settings;
  const prepare = ({ ksm }: Host): void => {
    for (const [file, value] of Object.entries({ run: 1, smart_scan: 0, max_page_sharing, use_zero_pages })) {
      ksm.write(file, String(value));
    }
  };
  const watch = new Watch({ show: () => {} }, new AbortController().signal);
  const collection = new Collection(names.length, room, {
    maxPageSharing: max_page_sharing,
    useZeroPages: use_zero_pages === 1,
  });
  for (const [source, all] of names.entries()) {
    for (let page = 0; page < all.length; page += 64) collection.add(source, page, all.subarray(page, page + 64));
  }
  const sources = names.map(({ length }, at) => unread(`source ${at}`, length));
  const naming = new Naming(new Window(await loadBinary('hash'), { seed: 1n }));
  const engineOf = collection.deal(least);
  const { engines, placed } = await populate(sources, collection.lists, engineOf, naming, { seed: 1n }, prepare, watch);
  const passes = new Passes(engines, watch);
  await passes.settle(false);
  const { sample, pages } = collection;
  return { engines, placed, passes, pages, ...(sample === undefined ? {} : { sample }) };
}

/** Names as a keyed hash gives them: of content 0 the name 0, of each other 64 random bits. */
export function namesBy(dice: Dice): (content: number) => bigint {
  const names = new Map<number, bigint>([[0, 0n]]);
  return (content) => {
    const name = names.get(content) ?? (BigInt(dice.bits()) << 32n) | BigInt(dice.bits());
    names.set(content, name);
    return name;
  };
}
