/**
 * Watches the memories of running guests and says what KSM would save on them. This is all that an emulator needs of the library.
 *
 * A process stands for each guest, over names: the bytes stay with the guests. At each look all their pages are hashed. Pages whose hash
 * is not what it was have changed, and `contents` names them: by the hash, once their bytes have been compared with those of another page
 * that has it. Then ksmd passes once. The guests must not run meanwhile.
 *
 * A page that has been zero at each look so far was never touched: the guests' host would have no memory for it, so it is not told of.
 */
import {
  type AddressSpace,
  type Contents,
  createContents,
  createHost,
  createNamer,
  type Host,
  type Namer,
} from 'ksm-wasm';

const PAGE = 4096;
/** Pages that are hashed with one call. */
const SOME = 1024;
/** Passes after which nothing changes any more: one that sees a page for the first time, one that merges it, and one to spare. */
const PASSES_TO_SETTLE = 3;

export interface Counts {
  /** Pages that were touched, of both guests. */
  readonly present: number;
  /** As /sys/kernel/mm/ksm has them: frames that stand for several pages, and the pages that they save. */
  readonly shared: number;
  readonly sharing: number;
  /** Pages that are on the zero frame. */
  readonly zero: number;
  /** Pages like no other, as far as the scanner has come. */
  readonly unshared: number;
}

/** Pages for which no memory is needed. */
export function savedOf({ sharing, zero }: Counts): number {
  return sharing + zero;
}

export const KINDS = ['untouched', 'unique', 'shared', 'zero'] as const;
export type Kind = (typeof KINDS)[number];

/** What the looks took, all together: milliseconds and bytes. */
export interface Costs {
  looks: number;
  bytes: number;
  hashing: number;
  changed: number;
  naming: number;
  scanning: number;
}

interface Watched {
  readonly space: AddressSpace;
  ram: Uint8Array;
  /** The hash of each page at the last look. */
  readonly hashes: BigUint64Array<ArrayBuffer>;
  readonly touched: Uint8Array;
}

export class Watch {
  readonly costs: Costs = { looks: 0, bytes: 0, hashing: 0, changed: 0, naming: 0, scanning: 0 };
  readonly #host: Host;
  readonly #guests: readonly Watched[];
  readonly #namer: Namer;
  readonly #contents: Contents;

  private constructor(host: Host, guests: readonly Watched[], namer: Namer, contents: Contents) {
    this.#host = host;
    this.#guests = guests;
    this.#namer = namer;
    this.#contents = contents;
  }

  /** For memories that have been zero until now. */
  static async over(rams: readonly Uint8Array[]): Promise<Watch> {
    const pages = rams.reduce((sum, ram) => sum + ram.length / PAGE, 0);
    const host = await createHost({ memory: '64M', page: 'names', pages: pages + 4096, processes: 16, vmas: 64 });
    const guests = rams.map((ram) => {
      const space = host.spawn();
      space.mmap(0, ram.length);
      space.madvise(0, ram.length, 'MERGEABLE');
      return { space, ram, hashes: new BigUint64Array(ram.length / PAGE), touched: new Uint8Array(ram.length / PAGE) };
    });
    const ramOf = (space: AddressSpace): Uint8Array => (guests.find((guest) => guest.space === space) as Watched).ram;
    const read = (space: AddressSpace, at: number): Uint8Array => ramOf(space).subarray(at, at + PAGE);
    const namer = await createNamer();
    // Of equal pages one is kept, without exception; whatever looks unchanged is looked at all the same.
    host.ksm.settings.max_page_sharing = 2 ** 31 - 1;
    host.ksm.settings.use_zero_pages = true;
    host.ksm.settings.smart_scan = false;
    host.ksm.settings.run = 1;
    return new Watch(host, guests, namer, await createContents({ host, read, namer }));
  }

  /** One look at the memories as they are now, and one pass of ksmd. */
  look(rams: readonly Uint8Array[]): Counts {
    const start = performance.now();
    const named = this.costs.naming;
    for (const [index, guest] of this.#guests.entries()) {
      guest.ram = rams[index] as Uint8Array;
      for (let page = 0; page < guest.hashes.length; page += SOME) this.#tellChanges(guest, page);
    }
    const hashed = performance.now();
    this.costs.hashing += hashed - start - (this.costs.naming - named);
    this.#contents.flush();
    this.costs.naming += performance.now() - hashed;
    this.#pass();
    this.costs.looks++;
    return this.counts();
  }

  /** Looks until all that can be merged is merged. The guests must stand still. */
  settle(rams: readonly Uint8Array[]): Counts {
    this.look(rams);
    for (let pass = 1; pass < PASSES_TO_SETTLE; pass++) this.#pass();
    return this.counts();
  }

  /** Hashes some pages, and tells of those that have changed. */
  #tellChanges(guest: Watched, first: number): void {
    const bytes = guest.ram.subarray(first * PAGE, (first + SOME) * PAGE);
    const hashes = this.#namer.name(bytes);
    this.costs.bytes += bytes.length;
    const before = performance.now();
    for (const [index, hash] of hashes.entries()) {
      const page = first + index;
      if (hash === guest.hashes[page]) continue;
      guest.hashes[page] = hash;
      guest.touched[page] = 1;
      this.#contents.update(guest.space, page * PAGE, hashes.subarray(index, index + 1));
      this.costs.changed++;
    }
    this.costs.naming += performance.now() - before;
  }

  #pass(): void {
    const start = performance.now();
    for (let ended = false; !ended; ) {
      const { passEnded, idle } = this.#host.ksm.scan(2 ** 20);
      ended = passEnded || idle === true;
    }
    this.costs.scanning += performance.now() - start;
  }

  counts(): Counts {
    const { pages_shared, pages_sharing, pages_unshared, ksm_zero_pages } = this.#host.ksm.counters();
    const present = this.#guests.reduce((sum, { touched }) => sum + touched.reduce((all, one) => all + one, 0), 0);
    return { present, shared: pages_shared, sharing: pages_sharing, zero: ksm_zero_pages, unshared: pages_unshared };
  }

  /** What each page of each guest is, as a place in KINDS. To be asked once all is settled. */
  map(): Uint8Array[] {
    const kinds = this.#guests.map(({ touched, hashes }) =>
      touched.map((isTouched, page) =>
        KINDS.indexOf(!isTouched ? 'untouched' : hashes[page] === 0n ? 'zero' : 'unique'),
      ),
    );
    const indexes = new Map(this.#guests.map(({ space }, index) => [space, index]));
    for (const { pages } of this.#contents.groups()) {
      for (const { process, address } of pages) {
        const of = kinds[indexes.get(process) as number] as Uint8Array;
        if (of[address / PAGE] === KINDS.indexOf('unique')) of[address / PAGE] = KINDS.indexOf('shared');
      }
    }
    return kinds;
  }
}
