/*
 * ksmd: the list of registered processes, the cursor that walks over their mergeable pages, smart scan, and the
 * unmerging of everything (run = 2).
 */
import { type Frame, ZERO_FRAME } from './frame.ts';
import type { Mm } from './memory.ts';
import type { Merger } from './merge.ts';
import type { RmapItem } from './stable.ts';
import type { Vma } from './vma.ts';

/** A registered process. Its items are sorted by page. */
interface Slot {
  readonly mm: Mm;
  items: RmapItem[];
}

/** Before the first mergeable vma of a process. */
const NOWHERE = -1;

const OLDEST = 255;

/** How many passes a page of this age is left out after it was looked at. */
function passesToSkip(age: number): number {
  if (age <= 3) return 1;
  if (age <= 5) return 2;
  return age <= 8 ? 4 : 8;
}

export interface ScanSettings {
  smartScan: boolean;
}

interface Candidate {
  readonly item: RmapItem;
  readonly frame: Frame;
}

export class Scanner {
  pagesScanned = 0;
  pagesSkipped = 0;
  private slots: Slot[] = [];
  /** The slot under the cursor; null between passes. */
  private slot: Slot | null = null;
  /** The next page to look at, and where its item would be in the slot's list. */
  private page = NOWHERE;
  private link = 0;
  private readonly merger: Merger;
  private readonly settings: ScanSettings;

  constructor(merger: Merger, settings: ScanSettings) {
    this.merger = merger;
    this.settings = settings;
  }

  // ---- processes come and go ----------------------------------------------------------------------------------

  isRegistered(mm: Mm): boolean {
    return this.slots.some((slot) => slot.mm === mm);
  }

  /** A new process is the last that the running pass would reach, so it is not visited before the next pass. */
  register(mm: Mm): void {
    if (this.isRegistered(mm)) return;
    const before = this.slot ? this.slots.indexOf(this.slot) : this.slots.length;
    this.slots.splice(before, 0, { mm, items: [] });
  }

  /** A process has ended. If it has items, the scanner cleans up after it next. */
  processExit(mm: Mm): void {
    const slot = this.slots.find((one) => one.mm === mm);
    if (!slot || slot === this.slot) return;
    this.drop(slot);
    if (slot.items.length === 0) return;
    this.slots.splice(this.slot ? this.slots.indexOf(this.slot) + 1 : 0, 0, slot);
  }

  // ---- scanning -----------------------------------------------------------------------------------------------

  /** One batch of at most `pages` pages; the end of a pass ends it early. */
  batch(pages: number): void {
    for (let n = 0; n < pages; n++) {
      const candidate = this.nextCandidate();
      if (!candidate) return;
      this.merger.compareAndMerge(candidate.item, candidate.frame);
      this.pagesScanned++;
    }
  }

  private nextCandidate(): Candidate | null {
    if (!this.slot) {
      if (this.slots.length === 0) return null;
      this.merger.startPass();
      this.moveTo(this.slots[0] ?? null);
    }
    while (this.slot) {
      const candidate = this.nextIn(this.slot);
      if (candidate) return candidate;
      this.leave(this.slot);
    }
    this.merger.pass++;
    return null;
  }

  private moveTo(slot: Slot | null): void {
    this.slot = slot;
    this.page = NOWHERE;
    this.link = 0;
  }

  private nextIn(slot: Slot): Candidate | null {
    for (const vma of slot.mm.vmas) {
      if (!vma.mergeable || vma.end <= this.page) continue;
      this.page = Math.max(this.page, vma.start);
      const candidate = this.nextInVma(slot, vma);
      if (candidate) return candidate;
    }
    return null;
  }

  private nextInVma(slot: Slot, vma: Vma): Candidate | null {
    while (this.page < vma.end) {
      const page = this.page++;
      const frame = slot.mm.ptes.get(page)?.frame;
      if (!frame?.anonymous || frame === ZERO_FRAME) continue;
      const item = this.itemAt(slot, page);
      if (!this.skip(item, frame)) return { item, frame };
    }
    return null;
  }

  /** The item of this page, made if there is none; items of pages that were passed over are freed. */
  private itemAt(slot: Slot, page: number): RmapItem {
    for (let item = slot.items[this.link]; item && item.page <= page; item = slot.items[this.link]) {
      if (item.page === page) {
        this.link++;
        return item;
      }
      this.merger.freeItem(item);
      slot.items.splice(this.link, 1);
    }
    const item = this.merger.newItem(slot.mm, page);
    slot.items.splice(this.link++, 0, item);
    return item;
  }

  /** Smart scan: the longer a page has been looked at in vain, the more passes leave it out. */
  private skip(item: RmapItem, frame: Frame): boolean {
    if (!this.settings.smartScan || frame.ksm) return false;
    const age = item.age;
    item.age = Math.min(age + 1, OLDEST);
    if (age < 3) return false;
    if (item.remainingSkips === 0) {
      item.remainingSkips = passesToSkip(age);
      return false;
    }
    this.pagesSkipped++;
    item.remainingSkips--;
    this.merger.removeFromTree(item);
    return true;
  }

  /** No page is left in this slot: free the items behind the cursor, and the slot if it had no mergeable vma. */
  private leave(slot: Slot): void {
    if (slot.mm.exited) {
      this.page = NOWHERE;
      this.link = 0;
    }
    for (const item of slot.items.splice(this.link)) this.merger.freeItem(item);
    const next = this.slots[this.slots.indexOf(slot) + 1] ?? null;
    if (this.page === NOWHERE) this.drop(slot);
    this.moveTo(next);
  }

  private drop(slot: Slot): void {
    this.slots = this.slots.filter((one) => one !== slot);
  }

  // ---- run = 2 ------------------------------------------------------------------------------------------------

  /** Gives every merged page of mergeable memory a frame of its own, and forgets all items and free nodes. */
  unmergeAll(): void {
    for (const slot of this.slots) {
      for (const vma of slot.mm.vmas) if (vma.mergeable) slot.mm.unshare(vma.start, vma.end);
      for (const item of slot.items) this.merger.freeItem(item);
      slot.items = [];
    }
    this.slots = this.slots.filter((slot) => !slot.mm.exited);
    this.moveTo(null);
    this.merger.stable.removeAll();
    this.merger.pass = 0;
  }
}
