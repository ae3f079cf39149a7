/** Page tables: from each mm to its leaves. */
import * as layout from '../../../assembly/layout/index.ts';
import { meet } from './arena.ts';
import { broken } from './rules.ts';
import type { Mm, Walk } from './walk.ts';

const { LEAF_BYTES, TABLE_BITS, TABLE_ENTRIES } = layout;

/** Walks root and middle tables; needs all mms. */
export function checkTables(walk: Walk): void {
  for (const mm of walk.liveMms()) {
    const pgd = walk.u32(mm.address + layout.MM_PGD);
    meet(walk.tables, pgd, 'mm', mm.number);
    for (let index = 0; index < TABLE_ENTRIES; index++) {
      const middle = walk.u32(pgd + index * 4);
      if (middle !== 0) checkMiddle(walk, mm, middle, index << TABLE_BITS);
    }
  }
}

/** `firstLeaf` counts the leaves that an address space can have from page 0 on. */
function checkMiddle(walk: Walk, mm: Mm, middle: number, firstLeaf: number): void {
  meet(walk.tables, middle, 'the root table of mm', mm.number);
  for (let index = 0; index < TABLE_ENTRIES; index++) {
    const leaf = walk.u32(middle + index * 4);
    if (leaf === 0) continue;
    const record = walk.leaves.base + leaf * LEAF_BYTES;
    meet(walk.leaves, record, 'a middle table of mm', mm.number);
    const owner = walk.u32(record + layout.LEAF_MM);
    const page = walk.u32(record + layout.LEAF_PAGE);
    const place = (firstLeaf + index) * TABLE_ENTRIES;
    if (owner !== mm.address || page !== place) {
      broken('leaf.owner', `leaf ${leaf} of mm ${mm.number}, page ${place}, says page ${page} of the mm at ${owner}`);
    }
    mm.leaves.push(leaf);
  }
}

/** The pte of `page`, 0 if there is no leaf. Needs checked tables. */
export function pteAt(walk: Walk, mm: Mm, page: number): number {
  const pgd = walk.u32(mm.address + layout.MM_PGD);
  const middle = walk.u32(pgd + (page >>> (2 * TABLE_BITS)) * 4);
  if (middle === 0) return 0;
  const leaf = walk.u32(middle + ((page >>> TABLE_BITS) % TABLE_ENTRIES) * 4);
  return leaf === 0 ? 0 : walk.u32(walk.ptes + (leaf * TABLE_ENTRIES + (page % TABLE_ENTRIES)) * 4);
}
