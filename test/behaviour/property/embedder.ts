/**
 * An embedder that keeps its guests' bytes itself and has them named (src/contents), beside a host over bytes that is told the same: each
 * operation is played on both. What is expected follows from the guests' bytes.
 */
import { expect } from 'vitest';
import { Contents } from '../../../src/contents/contents.ts';
import type { AddressSpace, Host, PageNamer } from '../../../src/index.ts';
import { machineOf } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';

/** Pages of a guest, from address 0 on. */
export const PAGES = 12;
const LENGTH = PAGES * PAGE;
const GUESTS_MAX = 6;
/** Processes that have ended count until a pass is over. */
const GUESTS_EVER = 40;
/** So many passes after the last change nothing changes any more. */
const SETTLED = 4;

/** When a change is reported: after it; only before the next flush; before and after it; with its hash; before it, and after it later. */
export const WAYS = ['after', 'late', 'trap', 'hashed', 'begun'] as const;

export type Operation =
  | {
      readonly op: 'write';
      readonly guest: number;
      readonly page: number;
      readonly content: number;
      readonly way: (typeof WAYS)[number];
    }
  | { readonly op: 'scan'; readonly pages: number }
  | { readonly op: 'flush' | 'spawn' }
  | { readonly op: 'zeroPages'; readonly on: boolean }
  | { readonly op: 'exit' | 'exec' | 'fork'; readonly guest: number }
  | {
      readonly op: 'munmap' | 'remap' | 'dontneed';
      readonly guest: number;
      readonly page: number;
      readonly pages: number;
      /** Is the class told, too? It need not be. */
      readonly says: boolean;
    };
type OfGuest = Extract<Operation, { guest: number }>;
type Ranged = Extract<Operation, { says: boolean }>;

/** One process on both hosts. */
interface Guest {
  readonly named: AddressSpace;
  readonly plain: AddressSpace;
  readonly bytes: Uint8Array;
  readonly mapped: Set<number>;
  /** Pages that have changed, and nobody was told yet. */
  readonly late: Set<number>;
  /** Pages that willWrite was called for, and update not yet. */
  readonly begun: Set<number>;
}

/** A page of a guest, as a word. */
const label = (process: AddressSpace, address: number): string => `${process.id}:${address / PAGE}`;

/** The bytes of a content by its number: 0 is zeros. The last eight differ from zeros in one byte only, the first to the last one. */
export function contentPage(content: number): Uint8Array {
  const page = new Uint8Array(PAGE);
  if (content < 8) page.fill(content);
  else page[(content - 8) * 585] = content;
  return page;
}

export class Embedder {
  readonly contents: Contents;
  readonly #names: Host;
  readonly #bytes: Host;
  readonly #namer: PageNamer;
  readonly #guests: Guest[] = [];
  #ever = 0;
  #hasForked = false;

  constructor(names: Host, bytes: Host, namer: PageNamer) {
    this.#names = names;
    this.#bytes = bytes;
    this.#namer = namer;
    const scratch = new Uint8Array(PAGE); // one for all, as of an embedder that has to gather its pages
    this.contents = new Contents(machineOf(names), (space, address) => this.#read(space, address, scratch), namer);
    for (const { settings } of [names.ksm, bytes.ksm]) settings.run = 1;
    this.#spawn();
  }

  #read(space: AddressSpace, address: number, scratch: Uint8Array): Uint8Array {
    const guest = this.#guests.find(({ named }) => named.id === space.id);
    const page = address / PAGE;
    if (guest === undefined || !guest.mapped.has(page)) return expect.fail(`${label(space, address)} is not mapped`);
    scratch.set(pageOf(guest, page));
    return scratch;
  }

  play(operation: Operation): void {
    switch (operation.op) {
      case 'spawn':
        this.#spawn();
        break;
      case 'flush':
        this.#flush();
        break;
      case 'scan':
        this.scan(operation.pages);
        break;
      case 'zeroPages':
        for (const { ksm } of [this.#names, this.#bytes]) ksm.settings.use_zero_pages = operation.on;
        break;
      default:
        this.#playOn(this.#guests[operation.guest % this.#guests.length] as Guest, operation);
    }
  }

  #playOn(guest: Guest, operation: OfGuest): void {
    switch (operation.op) {
      case 'write':
        this.#write(guest, operation.page, operation.content, operation.way);
        break;
      case 'fork':
        this.#fork(guest);
        break;
      case 'exit':
        this.#exit(guest);
        break;
      case 'exec':
        this.#exec(guest);
        break;
      default:
        this.#range(guest, operation);
    }
  }

  #spawn(): void {
    if (this.#isFull()) return;
    const guest = this.#guest(this.#names.spawn(), this.#bytes.spawn(), new Uint8Array(LENGTH));
    this.#map(guest, 0, PAGES);
  }

  #isFull(): boolean {
    return this.#guests.length === GUESTS_MAX || this.#ever === GUESTS_EVER;
  }

  #guest(named: AddressSpace, plain: AddressSpace, bytes: Uint8Array): Guest {
    const guest = { named, plain, bytes, mapped: new Set<number>(), late: new Set<number>(), begun: new Set<number>() };
    this.#guests.push(guest);
    this.#ever++;
    return guest;
  }

  #map({ named, plain, bytes, mapped }: Guest, page: number, pages: number): void {
    for (const space of [named, plain]) {
      space.mmap(page * PAGE, pages * PAGE);
      space.madvise(page * PAGE, pages * PAGE, 'MERGEABLE');
    }
    bytes.fill(0, page * PAGE, (page + pages) * PAGE);
    for (let at = page; at < page + pages; at++) mapped.add(at);
  }

  #write(guest: Guest, page: number, content: number, way: (typeof WAYS)[number]): void {
    if (!guest.mapped.has(page)) return;
    const { named, plain, late, begun } = guest;
    if (way === 'trap' || way === 'begun') this.#trap(guest, page);
    const bytes = contentPage(content);
    pageOf(guest, page).set(bytes);
    plain.write(page * PAGE, bytes);
    if (way === 'begun') begun.add(page);
    if (way === 'late') late.add(page);
    if (way === 'late' || way === 'begun') return;
    for (const pages of [late, begun]) pages.delete(page);
    this.contents.update(named, page * PAGE, way === 'hashed' ? this.#namer.name(bytes) : PAGE);
  }

  #trap({ named, begun }: Guest, page: number): void {
    const shared = this.contents.sharedWith(named, page * PAGE);
    const isBroken = this.contents.willWrite(named, page * PAGE);
    if (shared.length > 0) expect(isBroken).toBe(true);
    if (begun.has(page)) expect(isBroken).toBe(false);
    expect(this.contents.sharedWith(named, page * PAGE)).toEqual([]);
  }

  /** Says what is to be said before a flush. Pages that are begun may stay so. */
  #tell(guest: Guest): void {
    for (const page of guest.late) this.contents.update(guest.named, page * PAGE);
    for (const page of guest.late) guest.begun.delete(page);
    guest.late.clear();
  }

  #flush(): void {
    for (const guest of this.#guests) this.#tell(guest);
    this.contents.flush();
    this.#expectNames();
  }

  #fork(guest: Guest): void {
    if (this.#isFull()) return;
    for (const each of this.#guests) this.#tell(each);
    const child = this.#guest(this.contents.fork(guest.named), guest.plain.fork(), guest.bytes.slice());
    for (const page of guest.mapped) child.mapped.add(page);
    this.#hasForked = true;
  }

  #exit(guest: Guest): void {
    if (this.#guests.length === 1) return;
    for (const space of [guest.named, guest.plain]) space.exit();
    this.#guests.splice(this.#guests.indexOf(guest), 1);
  }

  #exec(guest: Guest): void {
    if (this.#ever++ === GUESTS_EVER) return;
    for (const space of [guest.named, guest.plain]) space.exec();
    for (const pages of [guest.mapped, guest.late, guest.begun]) pages.clear();
    this.#map(guest, 0, PAGES);
  }

  #range(guest: Guest, { op, page, pages: wanted, says }: Ranged): void {
    const pages = Math.min(wanted, PAGES - page);
    const range = Array.from({ length: pages }, (_, index) => page + index);
    if (op === 'dontneed' && !range.every((at) => guest.mapped.has(at))) return;
    for (const space of [guest.named, guest.plain]) {
      if (op === 'dontneed') space.madvise(page * PAGE, pages * PAGE, 'DONTNEED');
      else space.munmap(page * PAGE, pages * PAGE);
    }
    guest.bytes.fill(0, page * PAGE, (page + pages) * PAGE);
    for (const at of range) for (const set of [guest.late, guest.begun]) set.delete(at);
    if (op === 'munmap') for (const at of range) guest.mapped.delete(at);
    if (op === 'remap') this.#map(guest, page, pages);
    if (says) this.contents.forget(guest.named, page * PAGE, pages * PAGE);
  }

  /** All flushed, and a batch on both hosts. */
  scan(pages: number): void {
    this.#flush();
    for (const { ksm } of [this.#names, this.#bytes]) ksm.scan(pages, { now: 0 });
    this.#expectGroups();
  }

  /** As if all that is there had just been written, and nothing changed any more. */
  settle(): void {
    for (const { named, begun } of this.#guests) {
      for (const page of begun) this.contents.update(named, page * PAGE);
      begun.clear();
    }
    for (const { ksm } of [this.#names, this.#bytes]) {
      for (const run of [2, 1]) ksm.settings.run = run;
      ksm.settings.smart_scan = false;
    }
    for (let pass = 0; pass < SETTLED; pass++) this.scan(1000);
  }

  /** The same is merged on both hosts. Pages that fork shares may have become KSM's before on one and not on the other. */
  expectSame(): void {
    expect(this.#groupsOf('named')).toEqual(this.#groupsOf('plain'));
    if (this.#hasForked) return;
    const { pages_shared, pages_sharing, pages_unshared, ksm_zero_pages } = this.#bytes.ksm.counters();
    const expected = { pages_shared, pages_sharing, pages_unshared, ksm_zero_pages };
    expect(this.#names.ksm.counters()).toMatchObject(expected);
  }

  /** Both hosts have had the same at every moment, as far as anybody can tell. */
  expectIdentical(): void {
    expect(this.#groupsOf('named')).toEqual(this.#groupsOf('plain'));
    expect(this.#names.ksm.counters()).toEqual(this.#bytes.ksm.counters());
  }

  /** Which pages share a frame on a host. */
  #groupsOf(host: 'named' | 'plain'): string[] {
    const frames = new Map<number, string[]>();
    for (const guest of this.#guests) {
      for (const { address, frame } of guest[host].resident()) {
        const pages = frames.get(frame) ?? [];
        frames.set(frame, [...pages, label(guest[host], address)]);
      }
    }
    const groups = [...frames.values()].filter(({ length }) => length > 1);
    return groups.map((pages) => pages.sort().join()).sort();
  }

  /** Two pages have one name exactly if they have the same bytes; and one that is being written has another than all. */
  #expectNames(): void {
    const contents = new Map<string, bigint>();
    const names = new Map<bigint, string>();
    for (const guest of this.#guests) {
      for (const { address } of guest.named.resident()) {
        const page = address / PAGE;
        const begun = guest.begun.has(page) ? label(guest.named, address) : '';
        const content = begun + Buffer.from(pageOf(guest, page)).toString('latin1');
        const name = guest.named.getName(address);
        if ((contents.get(content) ?? name) !== name)
          expect.fail(`${label(guest.named, address)} has no name of its content`);
        if ((names.get(name) ?? content) !== content)
          expect.fail(`${label(guest.named, address)} has another content's name`);
        contents.set(content, name);
        names.set(name, content);
      }
    }
  }

  /** The groups are those of the page tables, and each page's others are those of its group. */
  #expectGroups(): void {
    const groups = [...this.contents.groups()];
    const labels = groups.map(({ pages }) =>
      pages
        .map(({ process, address }) => label(process, address))
        .sort()
        .join(),
    );
    expect(labels.sort()).toEqual(this.#groupsOf('named'));
    for (const { frame, pages } of groups) {
      const [first, ...others] = pages;
      if (first === undefined) continue;
      expect(first.process.frameOf(first.address)).toBe(frame);
      expect(this.contents.sharedWith(first.process, first.address)).toEqual(others);
    }
  }
}

function pageOf({ bytes }: Guest, page: number): Uint8Array {
  return bytes.subarray(page * PAGE, (page + 1) * PAGE);
}
