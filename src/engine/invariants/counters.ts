/** The counters of the whole machine against what the walk has found. */
import * as layout from '../../../assembly/layout/index.ts';
import { broken, type Rule } from './rules.ts';
import type { Mm, Walk } from './walk.ts';

/** Needs everything else. */
export function checkCounters(walk: Walk): void {
  const counters: readonly (readonly [rule: Rule, field: number, found: number])[] = [
    ['counter.dma_pins', layout.H_DMA_PINS, walk.dmaPins],
    ['counter.pages_shared', layout.H_PAGES_SHARED, walk.sharedNodes],
    ['counter.pages_sharing', layout.H_PAGES_SHARING, walk.sharingItems],
    ['counter.pages_unshared', layout.H_PAGES_UNSHARED, walk.unstable],
    ['counter.rmap_items', layout.H_RMAP_ITEMS, sum(walk, (mm) => mm.items)],
    ['counter.ksm_zero_pages', layout.H_KSM_ZERO_PAGES, sum(walk, (mm) => mm.zeroPages)],
    ['counter.stable_node_chains', layout.H_STABLE_NODE_CHAINS, walk.chains],
    ['counter.stable_node_dups', layout.H_STABLE_NODE_DUPS, walk.dups],
  ];
  for (const [rule, field, found] of counters) {
    const counted = walk.engine.u64(field);
    if (counted !== found) broken(rule, `the counter is ${counted}, but ${found} were found`);
  }
}

function sum(walk: Walk, count: (mm: Mm) => number): number {
  let total = 0;
  for (const mm of walk.liveMms()) total += count(mm);
  return total;
}
