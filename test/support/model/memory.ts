/*
 * Address spaces as Linux keeps them: vmas, page tables, demand zero, copy on write, fork. Frames know that KSM exists
 * only as far as a fault must: a KSM frame is never written in place, and a page that KSM pointed at the zero frame is
 * counted. Addresses are page numbers. System calls return 0 or a negative errno.
 */
import { type Page, ZERO_PAGE } from './contents.ts';
import { Frame, ZERO_FRAME } from './frame.ts';
import { EEXIST, ENOMEM, type Prot } from './trace.ts';
import { joinable, SharedObject, Vma } from './vma.ts';

export interface Pte {
  readonly frame: Frame;
  /** KSM, not a read fault, put the zero frame here. */
  readonly ksmZero: boolean;
  /** Written through this pte; kept for shared memory only. */
  dirty: boolean;
}

/** What the whole host counts at the moment of a fault. */
export interface FaultCounters {
  cowKsm: number;
  zeroPages: number;
}

/** A read fault on shared memory maps what the page cache has in a window of this many pages, in one page table. */
const FAULT_AROUND_PAGES = 16;
const PAGE_TABLE_PAGES = 512;

/** One address space. */
export class Mm {
  readonly counters: FaultCounters;
  vmas: Vma[] = [];
  readonly ptes: Map<number, Pte> = new Map();
  exited = false;
  /** KSM's own per-process numbers. */
  rmapItems = 0;
  mergingPages = 0;
  zeroPages = 0;

  constructor(counters: FaultCounters) {
    this.counters = counters;
  }

  vmaAt(page: number): Vma | undefined {
    return this.vmas.find((vma) => vma.start <= page && page < vma.end);
  }

  // ---- system calls -------------------------------------------------------------------------------------------

  mmap(page: number, pages: number, shared: boolean): number {
    const end = page + pages;
    if (this.vmas.some((vma) => vma.start < end && page < vma.end)) return -EEXIST;
    const vma = new Vma(page, end, shared ? new SharedObject() : null);
    this.vmas.push(vma);
    this.vmas.sort((a, b) => a.start - b.start);
    this.join(vma);
    return 0;
  }

  munmap(page: number, pages: number): number {
    const end = page + pages;
    this.splitAt(page);
    this.splitAt(end);
    for (const vma of this.vmas.filter((one) => page <= one.start && one.end <= end)) {
      this.discard(vma.start, vma.end);
      this.vmas.splice(this.vmas.indexOf(vma), 1);
    }
    return 0;
  }

  /** Locked private memory that may be written from now on is faulted in at once, as writes would do it (rule D7). */
  mprotect(page: number, pages: number, prot: Prot): number {
    return this.eachPiece(page, pages, (vma, start, end) => {
      const opened = vma.locked && !vma.shared && vma.prot !== 'rw' && prot === 'rw';
      this.change(vma, start, end, (piece) => piece.protect(prot));
      if (opened) this.populate(start, end);
    });
  }

  /** At a hole what lies before it is locked (rule D3), and nothing faulted in. */
  mlock(page: number, pages: number): number {
    return this.setLocked(page, pages, true) || this.populate(page, page + pages);
  }

  munlock(page: number, pages: number): number {
    return this.setLocked(page, pages, false);
  }

  private setLocked(page: number, pages: number, locked: boolean): number {
    return this.eachPiece(page, pages, (vma, start, end) => {
      this.change(vma, start, end, (piece) => {
        piece.locked = locked;
      });
    });
  }

  /** Stops at the first gap; what comes before it is done. */
  private eachPiece(page: number, pages: number, act: (vma: Vma, start: number, end: number) => void): number {
    const end = page + pages;
    for (let at = page; at < end; ) {
      const vma = this.vmaAt(at);
      if (!vma) return -ENOMEM;
      const stop = Math.min(vma.end, end);
      act(vma, at, stop);
      at = stop;
    }
    return 0;
  }

  /** Up to memory that may not be accessed (rule D4). */
  private populate(start: number, end: number): number {
    for (let page = start; page < end; page++) {
      const { prot, shared } = this.need(page);
      if (prot === 'none') return -ENOMEM;
      if (prot === 'rw' && !shared) this.write(page, this.peek(page));
      else this.read(page);
    }
    return 0;
  }

  /** madvise's walk: gaps are reported, but everything that is mapped is advised. An error of `advice` ends it. */
  advise(page: number, pages: number, advice: (vma: Vma, start: number, end: number) => number): number {
    const end = page + pages;
    let result = 0;
    for (let at = page; at < end; ) {
      const vma = this.vmas.find((one) => one.end > at);
      if (!vma || vma.start > at) result = -ENOMEM;
      if (!vma || vma.start >= end) break;
      const stop = Math.min(vma.end, end);
      const failed = advice(vma, Math.max(at, vma.start), stop);
      if (failed) return failed;
      at = stop;
    }
    return result;
  }

  setMergeable(vma: Vma, start: number, end: number, mergeable: boolean): void {
    this.change(vma, start, end, (piece) => {
      piece.mergeable = mergeable;
    });
  }

  /** Drops the pages of a range; shared memory keeps their contents. */
  discard(start: number, end: number): void {
    for (let page = start; page < end; page++) this.unmapPage(page);
  }

  /**
   * Copy on write for everything that was ever written; the rest the child faults in by itself. What is pinned for DMA is copied at
   * once (rule D1).
   */
  fork(): Mm {
    const child = new Mm(this.counters);
    child.zeroPages = this.zeroPages;
    for (const vma of this.vmas) {
      child.vmas.push(vma.forChild());
      if (!vma.written) continue;
      for (let page = vma.start; page < vma.end; page++) {
        const pte = this.ptes.get(page);
        if (!pte) continue;
        const { frame } = pte;
        child.mapPage(page, frame.pins > 0 ? new Frame(frame.contents, true) : frame, pte.ksmZero);
      }
    }
    this.counters.zeroPages += child.zeroPages;
    return child;
  }

  exit(): void {
    this.exited = true;
    for (const page of [...this.ptes.keys()]) this.unmapPage(page);
    this.vmas = [];
  }

  // ---- accesses -----------------------------------------------------------------------------------------------

  /** May the process read the page, or write it? */
  allows(page: number, write: boolean): boolean {
    const prot = this.vmaAt(page)?.prot ?? 'none';
    return write ? prot === 'rw' : prot !== 'none';
  }

  /** The frame on which an extra reference is taken: a pin for DMA writes to it first, a plain reference reads. */
  hold(page: number, how: 'get' | 'write'): Frame {
    if (how === 'write') this.write(page, this.peek(page));
    else this.read(page);
    const frame = this.ptes.get(page)?.frame ?? ZERO_FRAME;
    if (frame !== ZERO_FRAME) frame[how === 'write' ? 'pins' : 'references']++;
    return frame;
  }

  /** What the process would read there; faults nothing in. */
  peek(page: number): Page {
    return this.ptes.get(page)?.frame.contents ?? this.need(page).shared?.cache.get(page)?.contents ?? ZERO_PAGE;
  }

  read(page: number): Page {
    if (!this.ptes.has(page)) this.readFault(page);
    return this.peek(page);
  }

  write(page: number, contents: Page): void {
    const vma = this.need(page);
    if (vma.shared) {
      this.writeShared(vma.shared, page, contents);
      return;
    }
    vma.written = true;
    const frame = this.ptes.get(page)?.frame;
    if (frame?.anonymous && !frame.ksm && frame.mappers === 1) frame.contents = contents;
    else this.breakCow(page, contents);
  }

  /** KSM gives up a half-made merge: the page gets a frame of its own. */
  breakKsm(page: number): void {
    this.breakCow(page, this.peek(page));
  }

  /** Gives every page of a range a private frame where KSM has put a frame of its own or the zero frame. */
  unshare(start: number, end: number): void {
    for (let page = start; page < end; page++) {
      const pte = this.ptes.get(page);
      if (pte && (pte.frame.ksm || pte.ksmZero)) this.breakCow(page, pte.frame.contents);
    }
  }

  /** A write fault takes the mark for reclaim off at once, a write through a pte when that pte goes. */
  private writeShared(shared: SharedObject, page: number, contents: Page): void {
    const frame = shared.frameAt(page);
    if (!this.ptes.has(page)) {
      this.mapPage(page, frame, false);
      frame.reclaim = false;
    }
    const pte = this.ptes.get(page);
    if (pte) pte.dirty = true;
    frame.dirty = true;
    frame.contents = contents;
  }

  private breakCow(page: number, contents: Page): void {
    if (this.ptes.get(page)?.frame.ksm) this.counters.cowKsm++;
    this.replacePage(page, new Frame(contents, true));
  }

  private readFault(page: number): void {
    const { shared, start, end } = this.need(page);
    if (!shared) {
      this.mapPage(page, ZERO_FRAME, false);
      return;
    }
    const first = Math.max(page - (page % FAULT_AROUND_PAGES), start);
    const tableEnd = page - (page % PAGE_TABLE_PAGES) + PAGE_TABLE_PAGES;
    for (let near = first; near < Math.min(first + FAULT_AROUND_PAGES, end, tableEnd); near++) {
      const frame = shared.cache.get(near);
      if (frame && !frame.reclaim && !this.ptes.has(near)) this.mapPage(near, frame, false);
    }
    if (!this.ptes.has(page)) this.mapPage(page, shared.frameAt(page), false);
  }

  private need(page: number): Vma {
    const vma = this.vmaAt(page);
    if (!vma) throw new Error(`page ${page} is not mapped: a trace must not access it`);
    return vma;
  }

  // ---- page tables --------------------------------------------------------------------------------------------

  replacePage(page: number, frame: Frame): void {
    this.unmapPage(page);
    this.mapPage(page, frame, false);
  }

  /** KSM's own zero page: counted until the page is written or unmapped. */
  placeZeroFrame(page: number): void {
    this.unmapPage(page);
    this.mapPage(page, ZERO_FRAME, true);
    this.zeroPages++;
    this.counters.zeroPages++;
  }

  private mapPage(page: number, frame: Frame, ksmZero: boolean): void {
    frame.mappers++;
    this.ptes.set(page, { frame, ksmZero, dirty: false });
  }

  private unmapPage(page: number): void {
    const pte = this.ptes.get(page);
    if (!pte) return;
    pte.frame.mappers--;
    if (pte.dirty) pte.frame.reclaim = false;
    this.ptes.delete(page);
    if (pte.ksmZero) {
      this.zeroPages--;
      this.counters.zeroPages--;
    }
  }

  // ---- vmas ---------------------------------------------------------------------------------------------------

  private splitAt(page: number): void {
    const vma = this.vmaAt(page);
    if (!vma || vma.start === page) return;
    this.vmas.splice(this.vmas.indexOf(vma) + 1, 0, vma.cutAt(page));
  }

  /** Changes the flags of a piece of a vma: splits what differs and joins what has become alike. */
  private change(vma: Vma, start: number, end: number, apply: (piece: Vma) => void): void {
    const wanted = vma.copy();
    apply(wanted);
    if (wanted.alike(vma)) return;
    this.splitAt(start);
    this.splitAt(end);
    const piece = this.need(start);
    apply(piece);
    this.join(piece);
  }

  private join(vma: Vma): void {
    const at = this.vmas.indexOf(vma);
    const [previous, next] = [this.vmas[at - 1], this.vmas[at + 1]];
    if (next && joinable(vma, next)) {
      vma.swallow(next);
      this.vmas.splice(at + 1, 1);
    }
    if (previous && joinable(previous, vma)) {
      previous.swallow(vma);
      this.vmas.splice(at, 1);
    }
  }
}
