/** Mapping ranges: the tree of each mm, and the shared objects behind them. */
import * as layout from '../../../assembly/layout/index.ts';
import { meet, numberOf } from './arena.ts';
import { expectDomain } from './domains.ts';
import { broken } from './rules.ts';
import { walkTree } from './tree.ts';
import type { Mm, Walk } from './walk.ts';

const { MM_EXITED, MM_MERGEABLE, MM_SHARED_OBJECT, VM_ANON, VM_FILE, VM_INHERITED, VM_MERGEABLE, VM_READ } = layout;
const { VM_SHARED, VM_SPECIAL, VM_UNCHARGED, VM_WRITE } = layout;

const OTHER_FLAGS = VM_READ | VM_WRITE | VM_ANON | layout.VM_LOCKED | layout.VM_HUGEPAGE;
const FLAGS = OTHER_FLAGS | VM_SHARED | VM_MERGEABLE | VM_SPECIAL | VM_FILE | VM_INHERITED | VM_UNCHARGED;

/** Pairs: what has the first flag has none of the others. */
const EXCLUDES: readonly (readonly [flag: number, others: number])[] = [
  [VM_MERGEABLE, VM_SHARED | VM_SPECIAL],
  [VM_SHARED, VM_FILE],
  [VM_UNCHARGED, VM_SHARED | VM_WRITE | VM_ANON],
];

/** Walks the vma trees; needs all mms. */
export function checkVmas(walk: Walk): void {
  for (const mm of walk.liveMms()) {
    checkTree(walk, mm);
    const count = walk.u32(mm.address + layout.MM_VMA_COUNT);
    if (count !== mm.vmas.length) broken('mm.vmas', `mm ${mm.number} counts ${count}, but ${mm.vmas.length} are there`);
    if (mm.vmas.length > 0 && mm.flags & (MM_EXITED | MM_SHARED_OBJECT)) {
      broken(mm.flags & MM_EXITED ? 'mm.exited' : 'mm.flags', `mm ${mm.number} has ${count} vmas`);
    }
    const cache = walk.u32(mm.address + layout.MM_VMA_CACHE);
    if (cache !== 0 && !mm.vmas.includes(cache)) broken('mm.cache', `mm ${mm.number} caches address ${cache}`);
  }
  for (const mm of walk.liveMms()) {
    const refs = walk.u32(mm.address + layout.MM_REFS);
    const isObject = (mm.flags & MM_SHARED_OBJECT) !== 0;
    if (refs !== mm.refs || isObject !== refs > 0) {
      broken('mm.refs', `mm ${mm.number} counts ${refs}, but ${mm.refs} vmas map it`);
    }
  }
}

function checkTree(walk: Walk, mm: Mm): void {
  let last = 0;
  const tree = {
    words: walk.words,
    meet: (vma: number): void => void meet(walk.vmas, vma, 'the vma tree of mm', mm.number),
    pass(vma: number): void {
      const start = walk.u32(vma + layout.VMA_START);
      if (start < last) {
        broken('vma.order', `mm ${mm.number}: a vma starts at page ${start}, one before it ends at ${last}`);
      }
      last = walk.u32(vma + layout.VMA_END);
      if (last <= start || last > layout.MM_PAGES) {
        broken('vma.range', `mm ${mm.number}: a vma covers pages ${start} to ${last}`);
      }
      checkVma(walk, mm, vma);
      mm.vmas.push(vma);
    },
  };
  walkTree(tree, mm.address + layout.MM_VMAS);
}

function checkVma(walk: Walk, mm: Mm, vma: number): void {
  const flags = walk.u32(vma + layout.VMA_FLAGS);
  const name = `mm ${mm.number}, vma ${numberOf(walk.vmas, vma)}`;
  if (walk.u32(vma + layout.VMA_MM) !== mm.address) broken('vma.mm', `${name} does not name it`);
  const isContradictory = EXCLUDES.some(([flag, others]) => flags & flag && flags & others);
  const isOrphaned = flags & VM_INHERITED && !(flags & VM_ANON);
  if (flags & ~FLAGS || isContradictory || isOrphaned) broken('vma.flags', `${name} has flags 0x${flags.toString(16)}`);
  if (flags & VM_MERGEABLE && !(mm.flags & MM_MERGEABLE)) broken('slots.items', `${name} is mergeable`);
  const own = walk.u32(vma + layout.VMA_DOMAIN);
  if (own !== 0) expectDomain(walk.engine, own - 1, () => name);
  const address = walk.u32(vma + layout.VMA_OBJECT);
  if ((address !== 0) !== ((flags & (VM_SHARED | VM_FILE)) !== 0)) {
    broken('vma.object', `${name} has object ${address}`);
  }
  if (address === 0) return;
  const object = walk.mmAt(address);
  const pages = walk.u32(vma + layout.VMA_END) - walk.u32(vma + layout.VMA_START);
  const end = walk.u32(vma + layout.VMA_OBJECT_PAGE) + pages;
  if (object === undefined || !(object.flags & MM_SHARED_OBJECT) || end > layout.MM_PAGES) {
    broken('vma.object', `${name} maps what is at address ${address}, up to page ${end}`);
  }
  object.refs++;
}

/** Which vma covers a page: asked with ascending pages. */
export class VmaCursor {
  readonly #walk: Walk;
  readonly #mm: Mm;
  #next = 0;
  start = 0;
  end = 0;
  flags = 0;
  address = 0;
  /** Number of the domain of its pages. */
  domain = 0;

  constructor(walk: Walk, mm: Mm) {
    this.#walk = walk;
    this.#mm = mm;
  }

  /** False if no vma covers `page`; else the fields are those of the vma that does. */
  seek(page: number): boolean {
    while (this.end <= page) {
      const vma = this.#mm.vmas[this.#next++];
      if (vma === undefined) return false;
      this.address = vma;
      this.start = this.#walk.u32(vma + layout.VMA_START);
      this.end = this.#walk.u32(vma + layout.VMA_END);
      this.flags = this.#walk.u32(vma + layout.VMA_FLAGS);
      const own = this.#walk.u32(vma + layout.VMA_DOMAIN);
      this.domain = own === 0 ? this.#mm.domain : own - 1;
    }
    return this.start <= page;
  }
}
