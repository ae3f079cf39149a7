/**
 * The invariant walker: is what lies in the memory what the layout says it is?
 *
 * Page tables and frames are the only truth; trees, lists, counts and counters can be recomputed from them, and this
 * does so, by the description in assembly/layout. Of the engine it asks nothing but checksums of pages. What must
 * hold, by name, is in invariants/rules.ts. It is for tests, which call it after every step, and for memories that come from elsewhere;
 * so it is loaded when somebody asks for it, and this file is a door of its own.
 */
import type { Engine } from './engine.ts';
import { type Arena, checkAllMet } from './invariants/arena.ts';
import { checkCounters } from './invariants/counters.ts';
import { checkDomains } from './invariants/domains.ts';
import { checkFrames } from './invariants/frames.ts';
import { checkHeader } from './invariants/header.ts';
import { checkLostNodes } from './invariants/lost.ts';
import { checkMms, checkSlots } from './invariants/mms.ts';
import { checkPages } from './invariants/pages.ts';
import { checkStable } from './invariants/stable.ts';
import { checkTables } from './invariants/tables.ts';
import { checkUnstable } from './invariants/unstable.ts';
import { checkVmas } from './invariants/vmas.ts';
import { Walk } from './invariants/walk.ts';

export { checkTrusted } from './invariants/trusted.ts';

/** In this order: each builds on what those before it have found to be sound. */
const CHECKS: readonly ((walk: Walk) => void)[] = [
  checkMms,
  checkSlots,
  checkVmas,
  checkTables,
  checkPages,
  checkLostNodes,
  checkStable,
  checkUnstable,
  checkFrames,
  checkCounters,
  checkLost,
];

/** Throws KsmError ECORRUPT at the first broken rule, naming it and where. For between two calls of the engine. */
export function checkInvariants(engine: Engine): void {
  checkHeader(engine);
  checkDomains(engine);
  const walk = new Walk(engine);
  for (const check of CHECKS) check(walk);
}

function checkLost(walk: Walk): void {
  const arenas: readonly Arena[] = [walk.mms, walk.vmas, walk.tables, walk.leaves, walk.nodes];
  arenas.forEach(checkAllMet);
}
