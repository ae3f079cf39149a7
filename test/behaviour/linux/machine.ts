/**
 * What the tests of this folder have in common: a host in a known state, mappings with known contents, passes of ksmd, and the
 * counters in the short forms in which the specification writes them.
 */
import { expect } from 'vitest';
import type { FrameId, MapOptions } from '../../../src/index.ts';
import {
  type AddressSpace,
  type Counters,
  createHost,
  type ErrorCode,
  type Host,
  type HostOptions,
} from '../../../src/index.ts';
import { PAGE } from '../../support/page.ts';

export const HUGE: number = 512 * PAGE;
/** More pages than any test maps: a batch of this size is a whole pass. */
const WHOLE_PASS = 1_000_000;

export type Order = 'content' | 'hash';
/** Both orders of the trees; where no path through a tree matters, they must count alike. */
export const ORDERS: readonly Order[] = ['content', 'hash'];

/** A letter is a page of that byte; a number is a page of that 32-bit word, 0 the zero page; null is no page at all. */
export type Content = string | number | null;
export type Present = Exclude<Content, null>;

export function bytesOf(content: Present): Uint8Array {
  if (typeof content === 'string') return new Uint8Array(PAGE).fill(content.charCodeAt(0));
  return new Uint8Array(new Uint32Array(PAGE / 4).fill(content).buffer);
}

/** `count` pages of one content. */
export function same(content: Present, count: number): Present[] {
  return new Array<Present>(count).fill(content);
}

/** `count` pages that are not there yet. */
export function nothing(count: number): null[] {
  return new Array<null>(count).fill(null);
}

/** `count` pages that differ from each other and from every letter. */
export function distinct(count: number, first: number = 1): Present[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

/** A mapping of a process. Pages are counted from its start. */
export class Area {
  readonly space: AddressSpace;
  readonly base: number;
  readonly pages: number;

  constructor(space: AddressSpace, base: number, pages: number) {
    this.space = space;
    this.base = base;
    this.pages = pages;
  }

  /** The same pages in another process, such as a child. */
  in(space: AddressSpace): Area {
    return new Area(space, this.base, this.pages);
  }

  at(page: number): number {
    return this.base + page * PAGE;
  }

  write(page: number, ...contents: Content[]): void {
    for (const [index, content] of contents.entries()) {
      if (content !== null) this.space.write(this.at(page + index), bytesOf(content));
    }
  }

  /** Changes one byte of a page. */
  poke(page: number, value: number = 1, offset: number = 0): void {
    this.space.write(this.at(page) + offset, Uint8Array.of(value));
  }

  /** Does a guest that reads these pages see these contents? */
  holds(page: number, ...contents: Present[]): boolean {
    return contents.every(
      (content, index) => Buffer.compare(this.space.read(this.at(page + index), PAGE), bytesOf(content)) === 0,
    );
  }

  advise(advice: 'MERGEABLE' | 'UNMERGEABLE' | 'DONTNEED', page: number = 0, pages: number = this.pages - page): void {
    this.space.madvise(this.at(page), pages * PAGE, advice);
  }

  munmap(page: number = 0, pages: number = this.pages - page): void {
    this.space.munmap(this.at(page), pages * PAGE);
  }

  frame(page: number): FrameId {
    return this.space.frameOf(this.at(page)) ?? (Number.NaN as FrameId);
  }

  /** Frames of the pages that are present. */
  frames(): FrameId[] {
    return Array.from({ length: this.pages }, (_, page) => this.space.frameOf(this.at(page))).filter(
      (frame) => frame !== undefined,
    );
  }
}

/** A host as the traces of appendix A begin: run 1, no smart scan, nothing registered. */
export async function boot(index: Order, options: HostOptions = {}): Promise<Host> {
  const host = await createHost({ memory: '32M', seed: 1, index, ...options });
  host.ksm.settings.smart_scan = false;
  host.ksm.settings.run = 1;
  return host;
}

/** Maps the contents in `space`, without advice. */
export function fill(space: AddressSpace, contents: readonly Content[], options: MapOptions = {}): Area {
  const prot = options.prot ?? 'rw';
  const length = contents.length * PAGE;
  const address = options.hugepage ? nextHuge(space) : null;
  const area = new Area(space, space.mmap(address, length, { ...options, prot: 'rw' }), contents.length);
  area.write(0, ...contents);
  if (prot !== 'rw') space.mprotect(area.base, length, prot);
  return area;
}

/** An address at which nothing is mapped from a multiple of 2 MiB on. */
function nextHuge(space: AddressSpace): number {
  let end = 0;
  for (const { address } of space.resident()) end = address + PAGE;
  return Math.ceil(end / HUGE + 1) * HUGE;
}

/** Maps the contents in `space` and makes them mergeable. */
export function mergeable(space: AddressSpace, contents: readonly Content[], options: MapOptions = {}): Area {
  const area = fill(space, contents, options);
  area.advise('MERGEABLE');
  return area;
}

/** One batch of ksmd. Returns the pages scanned. */
export function batch(host: Host, pages: number): number {
  return host.ksm.scan(pages).pages_scanned;
}

/** Whole passes. */
export function pass(host: Host, count: number = 1): void {
  for (let done = 0; done < count; done++) expect(host.ksm.scan(WHOLE_PASS).passEnded).toBe(true);
}

/** Lets ksmd run by its own settings until full_scans has grown by `count`, as the kernel's tests wait. */
export function waitScans(host: Host, count: number): void {
  const end = host.ksm.counters().full_scans + count;
  while (host.ksm.counters().full_scans < end) {
    const { idle } = host.ksm.scan(host.ksm.settings.pages_to_scan);
    if (idle) throw new Error('ksmd has nothing to scan, so no pass will ever end.');
  }
}

/** shared / sharing / unshared / volatile. */
export function state(host: Host): number[] {
  const c = host.ksm.counters();
  return [c.pages_shared, c.pages_sharing, c.pages_unshared, c.pages_volatile];
}

/** shared / sharing / unshared / volatile / chains / dups. */
export function stateWithChains(host: Host): number[] {
  const c = host.ksm.counters();
  return [...state(host), c.stable_node_chains, c.stable_node_dups];
}

export function counter(host: Host, name: keyof Counters): number {
  return host.ksm.counters()[name];
}

export function cowKsm(host: Host): number {
  return host.vmstat().cow_ksm;
}

/** How often each group of pages that map one frame occurs: the page numbers, group by group. */
export function groups(area: Area): number[][] {
  const byFrame = new Map<number, number[]>();
  for (let page = 0; page < area.pages; page++) {
    const frame = area.space.frameOf(area.at(page));
    if (frame !== undefined) byFrame.set(frame, [...(byFrame.get(frame) ?? []), page]);
  }
  return [...byFrame.values()];
}

export function hasDuplicates(area: Area): boolean {
  const frames = area.frames();
  return new Set(frames).size !== frames.length;
}

/** Expects `call` to fail with the errno of that name. */
export function expectError(code: ErrorCode, call: () => unknown): void {
  expect(call).toThrow(expect.objectContaining({ name: 'KsmError', code }));
}
