/** KSM's counters, by the names and formulas of /sys/kernel/mm/ksm. */
import { type Engine, layout } from '../engine/index.ts';
import { RMAP_ITEM_COST } from '../machine/index.ts';

export const COUNTERS = [
  'full_scans',
  'pages_shared',
  'pages_sharing',
  'pages_unshared',
  'pages_volatile',
  'pages_scanned',
  'pages_skipped',
  'ksm_zero_pages',
  'stable_node_chains',
  'stable_node_dups',
  'general_profit',
] as const;

/** All plain numbers: pages, passes, nodes; general_profit is bytes and may be negative. */
export type Counters = Readonly<Record<(typeof COUNTERS)[number], number>>;

export function readCounters(engine: Engine): Counters {
  const shared = engine.u32(layout.H_PAGES_SHARED);
  const sharing = engine.u32(layout.H_PAGES_SHARING);
  const unshared = engine.u32(layout.H_PAGES_UNSHARED);
  const items = engine.u32(layout.H_RMAP_ITEMS);
  const zero = engine.u32(layout.H_KSM_ZERO_PAGES);
  return {
    full_scans: engine.u64(layout.H_FULL_SCANS),
    pages_shared: shared,
    pages_sharing: sharing,
    pages_unshared: unshared,
    pages_volatile: Math.max(0, items - shared - sharing - unshared),
    pages_scanned: engine.u64(layout.H_PAGES_SCANNED),
    pages_skipped: engine.u64(layout.H_PAGES_SKIPPED),
    ksm_zero_pages: zero,
    stable_node_chains: engine.u32(layout.H_STABLE_NODE_CHAINS),
    stable_node_dups: engine.u32(layout.H_STABLE_NODE_DUPS),
    general_profit: (sharing + zero) * layout.PAGE_SIZE - items * RMAP_ITEM_COST,
  };
}
