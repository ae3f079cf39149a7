/** /proc/PID/ksm_stat, from the words of an mm. */
import { type Engine, layout } from '../engine/index.ts';
import { type KsmStat, RMAP_ITEM_COST } from './calls.ts';

/** That of process `id`, which lives, and whose mm is at address `mm`. */
export function ksmStatOf(engine: Engine, mm: number, id: number): KsmStat {
  const items = engine.u32(mm + layout.MM_RMAP_ITEMS);
  const zero = engine.u32(mm + layout.MM_ZERO_PAGES);
  const merging = engine.u32(mm + layout.MM_MERGING_PAGES);
  return {
    ksm_rmap_items: items,
    ksm_zero_pages: zero,
    ksm_merging_pages: merging,
    ksm_process_profit: (merging + zero) * layout.PAGE_SIZE - items * RMAP_ITEM_COST,
    ksm_merge_any: engine.u32(mm + layout.MM_FLAGS) & layout.MM_MERGE_ANY ? 'yes' : 'no',
    ksm_mergeable: engine.call.hasMergeable(mm, id) ? 'yes' : 'no',
  };
}
