/** Every entry of every leaf in use: its pte, its rmap item's state, and what the two have to do with each other. */
import * as layout from '../../../assembly/layout.ts';
import { MET, numberOf } from './arena.ts';
import { broken, type Rule } from './rules.ts';
import { pteAt } from './tables.ts';
import type { Mm, Walk } from './walk.ts';

const { FRAME_COUNT_MASK, FRAME_KSM, MM_EXITED, MM_MERGEABLE, MM_SHARED_OBJECT, PAGE_SHIFT, TABLE_ENTRIES } = layout;
const { PTE_FRAME, PTE_KSM_ZERO, PTE_MERGED, PTE_PRESENT, PTE_SHARED, PTE_WRITABLE } = layout;
const { STATE_ITEM, STATE_SEQ, STATE_STABLE, STATE_UNSTABLE, VM_ANON, VM_MERGEABLE, VM_SHARED, VM_WRITE } = layout;

const KNOWN_FLAGS =
  PTE_PRESENT |
  PTE_WRITABLE |
  PTE_KSM_ZERO |
  PTE_MERGED |
  PTE_SHARED |
  layout.PTE_ACCESSED |
  layout.PTE_DIRTY |
  layout.PTE_HUGE;
const PTE_UNKNOWN = ~(PTE_FRAME | KNOWN_FLAGS);
/** Age and remaining skips are any two bytes. */
const STATE_UNKNOWN = ~(0xffffff | STATE_ITEM | STATE_STABLE | STATE_UNSTABLE);

/** Which vma covers a page: asked with ascending pages. */
class VmaCursor {
  readonly #walk: Walk;
  readonly #mm: Mm;
  #next = 0;
  start = 0;
  end = 0;
  flags = 0;
  address = 0;

  constructor(walk: Walk, mm: Mm) {
    this.#walk = walk;
    this.#mm = mm;
  }

  /** False where no vma covers `page`; else the fields are those of the vma that does. */
  seek(page: number): boolean {
    while (this.end <= page) {
      const vma = this.#mm.vmas[this.#next++];
      if (vma === undefined) return false;
      this.address = vma;
      this.start = this.#walk.u32(vma + layout.VMA_START);
      this.end = this.#walk.u32(vma + layout.VMA_END);
      this.flags = this.#walk.u32(vma + layout.VMA_FLAGS);
    }
    return this.start <= page;
  }
}

/** Walks all leaves; needs checked vmas, tables, and frame lists. */
export function checkPages(walk: Walk): void {
  for (const mm of walk.liveMms()) {
    const vmas = new VmaCursor(walk, mm);
    for (const leaf of mm.leaves) checkLeaf(walk, mm, vmas, leaf);
    checkCount(walk, mm, 'mm.rmap_items', layout.MM_RMAP_ITEMS, mm.items);
    checkCount(walk, mm, 'mm.merging_pages', layout.MM_MERGING_PAGES, mm.merging);
    checkCount(walk, mm, 'mm.zero_pages', layout.MM_ZERO_PAGES, mm.zeroPages);
  }
}

function checkCount(walk: Walk, mm: Mm, rule: Rule, field: number, found: number): void {
  const counted = walk.u32(mm.address + field);
  if (counted !== found) broken(rule, `mm ${mm.number} counts ${counted}, but ${found} were found`);
}

function checkLeaf(walk: Walk, mm: Mm, vmas: VmaCursor, leaf: number): void {
  const { words } = walk;
  const record = walk.leaves.base + leaf * layout.LEAF_BYTES;
  const first = leaf * TABLE_ENTRIES;
  const page = walk.u32(record + layout.LEAF_PAGE);
  const ptes = (walk.ptes >>> 2) + first;
  const states = (walk.states >>> 2) + first;
  let used = 0;
  for (let index = 0; index < TABLE_ENTRIES; index++) {
    const pte = words[ptes + index] as number;
    const state = words[states + index] as number;
    if (pte === 0 && state === 0) continue;
    if (pte !== 0) {
      checkPte(walk, mm, vmas, page + index, pte);
      used++;
    }
    if (state !== 0) {
      checkState(walk, mm, page + index, state);
      used++;
    }
    if (((pte & PTE_MERGED) !== 0) !== isMerged(walk, first + index, pte, state)) {
      broken('pte.merged', `mm ${mm.number}, page ${page + index}: pte ${hex(pte)}, state ${hex(state)}`);
    }
  }
  const counted = walk.u32(record + layout.LEAF_USED);
  if (counted !== used) broken('leaf.used', `leaf ${leaf} of mm ${mm.number} counts ${counted}, but holds ${used}`);
}

function hex(word: number): string {
  return `0x${word.toString(16)}`;
}

function checkPte(walk: Walk, mm: Mm, vmas: VmaCursor, page: number, pte: number): void {
  const where = (): string => `mm ${mm.number}, page ${page}: pte ${hex(pte)}`;
  if (!(pte & PTE_PRESENT) || pte & PTE_UNKNOWN) broken('pte.flags', where());
  const { frames } = walk;
  const index = (pte >>> PAGE_SHIFT) - frames.first;
  if (frames.marks[index] !== MET) broken('pte.frame', where());
  frames.maps[index] = (frames.maps[index] as number) + 1;
  if (pte & PTE_KSM_ZERO) {
    if (index !== 0) broken('pte.zero', where());
    mm.zeroPages++;
  }
  if (mm.flags & MM_EXITED) broken('mm.exited', where());
  const word = walk.u32(frames.words + index * 4);
  if (mm.flags & MM_SHARED_OBJECT) {
    const isWrong = pte & (PTE_KSM_ZERO | PTE_MERGED) || index === 0 || word & FRAME_KSM;
    if (!(pte & PTE_SHARED) || isWrong) broken('pte.shared', where());
    if (pte & PTE_WRITABLE) broken('pte.writable', where());
    return;
  }
  if (!vmas.seek(page)) broken('pte.vma', where());
  if (pte & PTE_WRITABLE && !(vmas.flags & VM_WRITE)) broken('pte.writable', where());
  if ((vmas.flags & VM_SHARED) !== 0 || (pte & PTE_SHARED) !== 0) checkShared(walk, vmas, page, pte, where);
  else checkPrivate(vmas.flags, index, word, pte, where);
}

/** A page of a shared mapping, or one that says it is: it must show the object's frame. */
function checkShared(walk: Walk, vma: VmaCursor, page: number, pte: number, where: () => string): void {
  const object = walk.mmAt(walk.u32(vma.address + layout.VMA_OBJECT));
  if (object === undefined || !(pte & PTE_SHARED) || pte & (PTE_KSM_ZERO | PTE_MERGED)) broken('pte.shared', where());
  const backing = pteAt(walk, object, walk.u32(vma.address + layout.VMA_OBJECT_PAGE) + page - vma.start);
  if (((pte ^ backing) & PTE_FRAME) !== 0) broken('pte.shared', `${where()}, the object's is ${hex(backing)}`);
}

function checkPrivate(flags: number, index: number, word: number, pte: number, where: () => string): void {
  const isShared = index === 0 || (word & FRAME_KSM) !== 0 || (word & FRAME_COUNT_MASK) > 1;
  if (pte & PTE_WRITABLE && isShared) broken('pte.writable', where());
  if ((index !== 0 || pte & PTE_KSM_ZERO) && !(flags & VM_ANON)) broken('pte.anon', where());
  if (pte & (PTE_KSM_ZERO | PTE_MERGED) && !(flags & VM_MERGEABLE)) broken('pte.mergeable', where());
}

function checkState(walk: Walk, mm: Mm, page: number, state: number): void {
  const where = (): string => `mm ${mm.number}, page ${page}: state ${hex(state)}`;
  const isStable = (state & STATE_STABLE) !== 0;
  const isUnstable = (state & STATE_UNSTABLE) !== 0;
  if (!(state & STATE_ITEM) || state & STATE_UNKNOWN || (isStable && isUnstable)) broken('item.state', where());
  if (!(mm.flags & MM_MERGEABLE)) broken('slots.items', where());
  mm.items++;
  if (isStable) {
    mm.merging++;
    walk.stable++;
  }
  if (!isUnstable) return;
  walk.unstable++;
  const age = (walk.seq - state) & STATE_SEQ;
  if (age > 1 || (age === 0 && walk.isBetweenPasses))
    broken('unstable.seq', `${where()}, full_scans ends in ${walk.seq}`);
  if (age === 0) walk.unstableNow++;
}

/** Does the page map the frame of the node on which its item hangs? */
function isMerged(walk: Walk, entry: number, pte: number, state: number): boolean {
  if (!(state & STATE_STABLE)) return false;
  const node = walk.u32(walk.itemOf(entry) + layout.ITEM_NODE);
  const number = numberOf(walk.nodes, node);
  if (number === -1 || walk.u32(node + layout.NODE_LEN) & layout.NODE_IS_CHAIN) {
    broken('item.node', `${walk.whereIs(entry)} hangs on address ${node}, where there is no node that takes items`);
  }
  return (pte & PTE_PRESENT) !== 0 && walk.u32(node + layout.NODE_FRAME) === (pte & PTE_FRAME) >>> 0;
}
