/** An address space, a mapping, and the leaf tables of its pages. */
import { SLOTS } from '../layout';
import { TreeNode } from './tree-node';

/** One address space, and with it its slot on ksmd's list. */
@unmanaged
export class Mm {
  flags: u32;
  /** Root page table. */
  pgd: usize;
  slotNext: Mm;
  slotPrev: Mm;
  /** Root slot of the vma tree. */
  vmas: Vma;
  /** The vma found last. */
  vmaCache: Vma;
  mergingPages: u32;
  rmapItems: u32;
  zeroPages: u32;
  nid: u32;
  /** vmas that map it, if it is a shared object. */
  refs: u32;
  vmaCount: u32;
  id: u32;
  maker: u32;
  replaces: Mm;
  /** Number of the domain of its mappings. */
  domain: u32;
}

/** A range of pages with uniform flags. */
@unmanaged
export class Vma extends TreeNode {
  /** One past the last page. */
  end: u32;
  flags: u32;
  object: Mm;
  objectPage: u32;
  /** The mm it belongs to; none: not in use. */
  mm: Mm;
  /** Number of the domain of its own, plus one; 0: it is of its mm's. */
  domain: u32;

  /** First page: the key of the tree. */
  get start(): u32 {
    return this.key;
  }
  set start(page: u32) {
    this.key = page;
  }
}

/** 512 entries in a row. */
@unmanaged
export class Leaf {
  mm: Mm;
  page: u32;
  used: u32;
  mark: u32;
}

/** Sentinel of the slot list: only its links mean something. */
export const slots: Mm = changetype<Mm>(SLOTS);
