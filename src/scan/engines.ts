/**
 * The engines that a scan runs on, as if they were one: a host each, with a memory of its own.
 *
 * Pages are dealt out by their content, so that equal pages are always in the same engine, in the order in which one engine would have
 * them. Then the sum of what the engines count is what one engine would count.
 */
import { TABLE_ENTRIES } from '../../assembly/layout/index.ts';
import type { AddressSpace, Counters, Host } from '../index.ts';
import { COUNTERS } from '../ksm/index.ts';
import { PAGE_SIZE } from '../memory/index.ts';
import type { Naming } from './naming.ts';

/** Where page 0 of a source lies in its address spaces: at the start of a page table, not at address 0. */
export const BASE_PAGE: number = TABLE_ENTRIES;

/** Counted alike in each engine that has pages, and not summed. */
const ALIKE: readonly (keyof Counters)[] = ['full_scans'];

export class Engines implements Disposable {
  readonly hosts: readonly Host[];
  /** How the pages are named, if they are. */
  readonly naming: Naming | undefined;

  constructor(hosts: readonly Host[], naming?: Naming) {
    this.hosts = hosts;
    this.naming = naming;
  }

  [Symbol.dispose](): void {
    for (const host of this.hosts) host[Symbol.dispose]();
  }

  /** The first: settings are alike in all. */
  get first(): Host {
    return this.hosts[0] as Host;
  }

  /** Are pages names of contents, and not the contents themselves? */
  get areNames(): boolean {
    return this.naming !== undefined;
  }

  /** /sys/kernel/mm/ksm of all of them together. */
  counters(): Counters {
    const each = this.hosts.map((host) => host.ksm.counters());
    const sum = (name: keyof Counters): number => each.reduce((total, counters) => total + counters[name], 0);
    return Object.fromEntries(
      COUNTERS.map((name) => [
        name,
        ALIKE.includes(name) ? Math.max(...each.map((counters) => counters[name])) : sum(name),
      ]),
    ) as unknown as Counters;
  }

  /** Pages that are mapped. */
  get pages(): number {
    return this.hosts.reduce((total, host) => total + host.usage().pages, 0);
  }

  /** Bytes of the engines' own records for them. */
  get metadataBytes(): number {
    return this.hosts.reduce((total, host) => total + host.usage().metadataBytes, 0);
  }

  get memoryBytes(): number {
    return this.hosts.reduce((total, host) => total + host.memory.buffer.byteLength, 0);
  }

  /** An address space in each, with room for as many pages as is said for it, that are mergeable. */
  map(pages: ArrayLike<number>): AddressSpace[] {
    return this.hosts.map((host, engine) => {
      const space = host.spawn();
      const bytes = (pages[engine] ?? 0) * PAGE_SIZE;
      if (bytes > 0) {
        space.mmap(BASE_PAGE * PAGE_SIZE, bytes);
        space.madvise(BASE_PAGE * PAGE_SIZE, bytes, 'MERGEABLE');
      }
      return space;
    });
  }
}
