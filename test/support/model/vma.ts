/*
 * One range of an address space with uniform flags, and the rules by which neighbours are joined. Joining is visible
 * in two places: a read fault on shared memory looks around inside its vma only, and fork copies the page table of a
 * vma only if some page of that vma was ever written.
 */
import { ZERO_PAGE } from './contents.ts';
import { Frame } from './frame.ts';
import type { Prot } from './trace.ts';

/** The page cache behind one shared mapping, by page number (fork keeps addresses, and nothing moves). */
export class SharedObject {
  readonly cache: Map<number, Frame> = new Map();

  frameAt(page: number): Frame {
    const frame = this.cache.get(page) ?? new Frame(ZERO_PAGE, false);
    this.cache.set(page, frame);
    return frame;
  }

  /**
   * What writing 1 to /proc/sys/vm/drop_caches does to pages that nobody maps: clean ones go, the others are marked for
   * early reclaim, and a fault nearby then leaves them out.
   */
  dropCaches(): void {
    for (const [page, frame] of this.cache) {
      if (frame.mappers > 0) continue;
      if (frame.dirty) frame.reclaim = true;
      else this.cache.delete(page);
    }
  }
}

export class Vma {
  start: number;
  end: number;
  readonly shared: SharedObject | null;
  prot: Prot = 'rw';
  mergeable = false;
  locked = false;
  /** Counts towards the commit charge; lost when a vma without pages of its own becomes read-only. */
  charged: boolean;
  /** Private memory that was ever written: the kernel has given it an anon_vma. */
  written = false;
  /** It had its anon_vma from a parent at fork. */
  inherited = false;

  constructor(start: number, end: number, shared: SharedObject | null) {
    this.start = start;
    this.end = end;
    this.shared = shared;
    this.charged = !shared;
  }

  copy(): Vma {
    return Object.assign(new Vma(this.start, this.end, this.shared), this);
  }

  forChild(): Vma {
    const vma = this.copy();
    vma.inherited = this.written;
    vma.locked = false;
    return vma;
  }

  protect(prot: Prot): void {
    if (prot === this.prot) return;
    this.prot = prot;
    if (this.shared) return;
    if (prot === 'rw') this.charged = true;
    else if (!this.written) this.charged = false;
  }

  alike(other: Vma): boolean {
    const flags = this.prot === other.prot && this.mergeable === other.mergeable && this.charged === other.charged;
    return flags && this.locked === other.locked && this.shared === other.shared;
  }

  /** Ends this vma at `page` and returns the rest. */
  cutAt(page: number): Vma {
    const rest = this.copy();
    rest.start = page;
    this.end = page;
    return rest;
  }

  /** Takes in the neighbour that begins where this one ends. */
  swallow(next: Vma): void {
    this.end = next.end;
    this.written ||= next.written;
  }
}

/**
 * Whether `left` and `right` become one vma: adjacent, alike, and with anon_vmas that can be one. Where both were
 * written the kernel joins them if they share an anon_vma, but nothing that the model shows depends on it.
 */
export function joinable(left: Vma, right: Vma): boolean {
  if (left.end !== right.start || !left.alike(right) || (left.written && right.written)) return false;
  return !left.inherited && !right.inherited;
}
