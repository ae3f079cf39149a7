/** Page table entries: what they map, and whether their vma allows it. */
import * as layout from '../../../assembly/layout/index.ts';
import { frameOfPte, isPresent } from '../../memory/index.ts';
import { MET, numberOf } from './arena.ts';
import { folioOf } from './frames.ts';
import { broken } from './rules.ts';
import { pteAt } from './tables.ts';
import type { VmaCursor } from './vmas.ts';
import type { Mm, Walk } from './walk.ts';

const { FOLIO_FRAMES, FRAME_COUNT_MASK, FRAME_KEPT, MM_EXITED, MM_SHARED_OBJECT } = layout;
const { PTE_ACCESS, PTE_DENIED, PTE_DIRTY, PTE_FRAME, PTE_MERGED, PTE_SHARED, PTE_WRITABLE } = layout;
const { VM_ANON, VM_FILE, VM_MERGEABLE, VM_READ, VM_SHARED, VM_WRITE } = layout;

const UNKNOWN = ~(PTE_FRAME | PTE_ACCESS | PTE_DIRTY | PTE_MERGED | PTE_SHARED);

/** Settled: maps the frame of the stable node that its item hangs on. */
export function saysMerged(pte: number): boolean {
  return (pte & PTE_MERGED) !== 0 && frameOfPte(pte) !== layout.ZERO_FRAME;
}

function isKsmZero(pte: number): boolean {
  return (pte & PTE_MERGED) !== 0 && frameOfPte(pte) === layout.ZERO_FRAME;
}

function isWritable(pte: number): boolean {
  return (pte & PTE_ACCESS) === PTE_WRITABLE;
}

/** Checks a pte that is not 0 and counts what it maps. `vmas` is asked with ascending pages. */
export function checkPte(walk: Walk, mm: Mm, vmas: VmaCursor, page: number, pte: number): void {
  const where = (): string => `mm ${mm.number}, page ${page}: pte 0x${pte.toString(16)}`;
  if (!isPresent(pte) || pte & UNKNOWN) broken('pte.flags', where());
  const { frames } = walk;
  const index = frameOfPte(pte);
  if (frames.marks[index] !== MET) broken('pte.frame', where());
  frames.maps[index] = (frames.maps[index] as number) + 1;
  if (isKsmZero(pte)) mm.zeroPages++;
  if (mm.flags & MM_EXITED) broken('mm.exited', where());
  const word = walk.u32(frames.words + index * 4);
  const isOrdinary = index !== 0 && !(word & FRAME_KEPT);
  const isMisplaced = pte & PTE_SHARED || (index - page) % FOLIO_FRAMES !== 0;
  if (isMisplaced && folioOf(walk, index) !== 0) broken('pte.folio', where());
  if (mm.flags & MM_SHARED_OBJECT) {
    if (!(pte & PTE_SHARED) || pte & PTE_MERGED || !isOrdinary) broken('pte.shared', where());
    if (isWritable(pte)) broken('pte.writable', where());
    return;
  }
  if (!vmas.seek(page)) broken('pte.vma', where());
  if (!(vmas.flags & VM_READ) && (pte & PTE_ACCESS) !== PTE_DENIED) broken('pte.none', where());
  if (pte & PTE_SHARED || vmas.flags & VM_SHARED) {
    checkShared(walk, vmas, page, pte, where);
    return;
  }
  const isOwn = isOrdinary && (word & FRAME_COUNT_MASK) === 1;
  if (isWritable(pte) && !(isOwn && vmas.flags & VM_WRITE)) broken('pte.writable', where());
  if ((index !== 0 || isKsmZero(pte)) && !(vmas.flags & VM_ANON)) broken('pte.anon', where());
  if (index !== 0 && !isOrdinary) checkApart(walk, vmas, word, where);
  if (pte & PTE_MERGED && !(vmas.flags & VM_MERGEABLE)) broken('pte.mergeable', where());
}

/** A KSM frame, whose word is `word`, is mapped in the domain of its node. What is no node others find out. */
function checkApart(walk: Walk, vma: VmaCursor, word: number, where: () => string): void {
  const node = (word & layout.FRAME_KEEPER_MASK) * 2 ** layout.FRAME_KEEPER_SHIFT;
  if (numberOf(walk.nodes, node) === -1) return;
  const domain = walk.u32(node + layout.NODE_DOMAIN);
  if (domain !== vma.domain) {
    broken('domain.apart', `${where()} is in domain ${vma.domain} and maps a frame that ${domain} shares`);
  }
}

/** A page of a shared mapping, or one of a file that was not written yet: it must show the object's frame. */
function checkShared(walk: Walk, vma: VmaCursor, page: number, pte: number, where: () => string): void {
  const object = walk.mmAt(walk.u32(vma.address + layout.VMA_OBJECT));
  const isPlain = pte & PTE_SHARED && !(pte & PTE_MERGED);
  if (object === undefined || !isPlain || !(vma.flags & (VM_SHARED | VM_FILE))) broken('pte.shared', where());
  const backing = pteAt(walk, object, walk.u32(vma.address + layout.VMA_OBJECT_PAGE) + page - vma.start);
  if (((pte ^ backing) & PTE_FRAME) !== 0) {
    broken('pte.shared', `${where()}, the object's is 0x${backing.toString(16)}`);
  }
  const mayWrite = (vma.flags & (VM_SHARED | VM_WRITE)) === (VM_SHARED | VM_WRITE);
  if (isWritable(pte) && !mayWrite) broken('pte.writable', where());
}
