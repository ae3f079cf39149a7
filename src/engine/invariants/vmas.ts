/** Mapping ranges: the tree of each mm, and the shared objects behind them. */
import * as layout from '../../../assembly/layout.ts';
import { meet, numberOf } from './arena.ts';
import { broken } from './rules.ts';
import { walkTree } from './tree.ts';
import type { Mm, Walk } from './walk.ts';

const { MM_EXITED, MM_MERGEABLE, MM_SHARED_OBJECT, VM_ANON, VM_MERGEABLE, VM_READ, VM_SHARED, VM_SPECIAL, VM_WRITE } =
  layout;

const FLAGS = VM_READ | VM_WRITE | VM_SHARED | VM_MERGEABLE | VM_SPECIAL | VM_ANON;

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
      if (start < last)
        broken('vma.order', `mm ${mm.number}: a vma starts at page ${start}, one before it ends at ${last}`);
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
  const isMergeable = (flags & VM_MERGEABLE) !== 0;
  if (flags & ~FLAGS || (isMergeable && flags & (VM_SHARED | VM_SPECIAL))) {
    broken('vma.flags', `${name} has flags 0x${flags.toString(16)}`);
  }
  if (isMergeable && !(mm.flags & MM_MERGEABLE)) broken('slots.items', `${name} is mergeable`);
  const address = walk.u32(vma + layout.VMA_OBJECT);
  if ((address !== 0) !== ((flags & VM_SHARED) !== 0)) broken('vma.object', `${name} has object ${address}`);
  if (address === 0) return;
  const object = walk.mmAt(address);
  const pages = walk.u32(vma + layout.VMA_END) - walk.u32(vma + layout.VMA_START);
  const end = walk.u32(vma + layout.VMA_OBJECT_PAGE) + pages;
  if (object === undefined || !(object.flags & MM_SHARED_OBJECT) || end > layout.MM_PAGES) {
    broken('vma.object', `${name} maps what is at address ${address}, up to page ${end}`);
  }
  object.refs++;
}
