/** Every entry of every leaf in use: its pte, its rmap item's state, and what the two have to do with each other. */
import * as layout from '../../../assembly/layout/index.ts';
import { FREE } from './arena.ts';
import { checkItem, isMerged, isUnsettled } from './items.ts';
import { checkPte, saysMerged } from './ptes.ts';
import { broken, type Rule } from './rules.ts';
import { VmaCursor } from './vmas.ts';
import type { Mm, Walk } from './walk.ts';

const { TABLE_ENTRIES } = layout;

/** Walks all leaves; needs checked vmas, tables, and frame lists. */
export function checkPages(walk: Walk): void {
  for (const mm of walk.liveMms()) {
    const vmas = new VmaCursor(walk, mm);
    for (const leaf of mm.leaves) checkLeaf(walk, mm, vmas, leaf);
    checkCount(walk, mm, 'mm.rmap_items', layout.MM_RMAP_ITEMS, mm.items);
    checkCount(walk, mm, 'mm.merging_pages', layout.MM_MERGING_PAGES, mm.merging);
    checkCount(walk, mm, 'mm.zero_pages', layout.MM_ZERO_PAGES, mm.zeroPages);
  }
  for (let leaf = 1; leaf < walk.leaves.fresh; leaf++) {
    if (walk.leaves.marks[leaf] === FREE) checkFreeLeaf(walk, leaf);
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
      checkItem(walk, mm, first + index, pte, state);
      used++;
    }
    const isSettled = isMerged(walk, first + index, pte, state);
    if (saysMerged(pte) !== isSettled && !(isSettled && isUnsettled(walk))) {
      const found = `pte 0x${pte.toString(16)}, state 0x${state.toString(16)}`;
      broken('pte.merged', `mm ${mm.number}, page ${page + index}: ${found}`);
    }
  }
  const counted = walk.u32(record + layout.LEAF_USED);
  if (counted !== used) broken('leaf.used', `leaf ${leaf} of mm ${mm.number} counts ${counted}, but holds ${used}`);
}

function checkFreeLeaf(walk: Walk, leaf: number): void {
  const ptes = (walk.ptes >>> 2) + leaf * TABLE_ENTRIES;
  const states = (walk.states >>> 2) + leaf * TABLE_ENTRIES;
  for (let index = 0; index < TABLE_ENTRIES; index++) {
    if (walk.words[ptes + index] !== 0 || walk.words[states + index] !== 0) {
      broken('leaf.free', `leaf ${leaf} is free, but its entry ${index} is not empty`);
    }
  }
}
