/** Address spaces as records, and the list of those that ksmd visits. */
import * as layout from '../../../assembly/layout/index.ts';
import { FREE, meet } from './arena.ts';
import { expectDomain } from './domains.ts';
import { broken } from './rules.ts';
import type { Mm, Walk } from './walk.ts';

const { MM_EXITED, MM_IN_USE, MM_MERGE_ANY, MM_MERGEABLE, MM_SHARED_OBJECT } = layout;

const FLAGS = MM_IN_USE | MM_EXITED | MM_MERGEABLE | MM_MERGE_ANY | MM_SHARED_OBJECT;

/** Finds the mms in use. */
export function checkMms(walk: Walk): void {
  for (let number = 0; number < walk.mms.fresh; number++) {
    if (walk.mms.marks[number] === FREE) {
      walk.mmByNumber.push(undefined);
      continue;
    }
    const address = walk.mms.base + number * layout.MM_BYTES;
    const flags = walk.u32(address + layout.MM_FLAGS);
    const isOdd = flags & MM_SHARED_OBJECT && flags !== (MM_IN_USE | MM_SHARED_OBJECT);
    const nid = walk.u32(address + layout.MM_NID);
    if (!(flags & MM_IN_USE) || flags & ~FLAGS || isOdd || nid >= walk.engine.u32(layout.H_NID_COUNT)) {
      broken('mm.flags', `mm ${number} has flags 0x${flags.toString(16)} and prefers NUMA node ${nid}`);
    }
    const replaces = walk.u32(address + layout.MM_REPLACES);
    if (replaces !== 0) broken('mm.replaces', `mm ${number} is to replace what is at address ${replaces}`);
    expectDomain(walk.engine, walk.u32(address + layout.MM_DOMAIN), () => `mm ${number}`);
    if (flags & MM_EXITED && !(flags & MM_MERGEABLE)) broken('mm.exited', `mm ${number} ended and has no slot`);
    meet(walk.mms, address, 'mm', number);
    const found = { refs: 0, items: 0, merging: 0, zeroPages: 0 };
    walk.mmByNumber.push({
      number,
      address,
      flags,
      domain: walk.u32(address + layout.MM_DOMAIN),
      vmas: [],
      leaves: [],
      ...found,
    });
  }
}

/** Walks the slot list, which must end before it has gone through more slots than there are mms. */
export function checkSlots(walk: Walk): void {
  const { SLOTS, MM_SLOT_NEXT, MM_SLOT_PREV } = layout;
  const onList = new Set<Mm>();
  let previous: number = SLOTS;
  for (let slot = walk.u32(SLOTS + MM_SLOT_NEXT); slot !== SLOTS; slot = walk.u32(slot + MM_SLOT_NEXT)) {
    const mm = walk.mmAt(slot);
    if (mm === undefined || onList.has(mm)) broken('slots.list', `address ${slot} is on it, but no mm not yet met`);
    if (walk.u32(slot + MM_SLOT_PREV) !== previous) broken('slots.list', `mm ${mm.number} does not link back`);
    if (!(mm.flags & MM_MERGEABLE)) broken('slots.members', `mm ${mm.number} is on it without the flag`);
    onList.add(mm);
    previous = slot;
  }
  if (walk.u32(SLOTS + MM_SLOT_PREV) !== previous) broken('slots.list', 'the sentinel does not link back');
  for (const mm of walk.liveMms()) {
    if (mm.flags & MM_MERGEABLE && !onList.has(mm)) broken('slots.members', `mm ${mm.number} is not on it`);
  }
  const cursor = walk.u32(layout.LINUX_SLOT);
  const page = walk.u32(layout.LINUX_PAGE);
  const mm = walk.mmAt(cursor);
  const isOnSlot = mm !== undefined && onList.has(mm) && page <= layout.MM_PAGES;
  if (!isOnSlot && !(cursor === SLOTS && page === 0)) {
    broken('slots.cursor', `the cursor is at address ${cursor}, page ${page}`);
  }
}
