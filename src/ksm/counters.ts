/** KSM's counters, by the names and formulas of /sys/kernel/mm/ksm; and this engine's own. */
import { type CounterRow, counterRows } from '../../assembly/layout/counters.ts';
import { type Engine, layout } from '../engine/index.ts';
import { RMAP_ITEM_COST } from '../machine/index.ts';

/** The counters of /sys/kernel/mm/ksm. Plain numbers: pages, passes, nodes; general_profit is bytes and may be negative. */
export interface Counters {
  readonly full_scans: number;
  readonly pages_shared: number;
  readonly pages_sharing: number;
  readonly pages_unshared: number;
  readonly pages_volatile: number;
  readonly pages_scanned: number;
  readonly pages_skipped: number;
  readonly ksm_zero_pages: number;
  readonly stable_node_chains: number;
  readonly stable_node_dups: number;
  readonly general_profit: number;
}

/** The counters that Linux does not have, by name. */
export type OwnCounters = Readonly<Record<string, number>>;

/** A counter of Linux's, by its name as a file. */
export interface CounterFile extends CounterRow {
  readonly name: keyof Counters;
}

const ROWS = counterRows();
const OWN = ROWS.filter(({ whose }) => whose === 'own');

/** The files that are counters, in Linux's order of this engine's reports and recordings. */
export const COUNTER_FILES: readonly CounterFile[] = ROWS.filter(({ whose }) => whose === 'sysfs') as CounterFile[];

/** Their names. */
export const COUNTERS: readonly (keyof Counters)[] = COUNTER_FILES.map(({ name }) => name);

/** What has no word of its own. */
const FORMULAS: Partial<Record<keyof Counters, (engine: Engine) => number>> = {
  pages_volatile: (engine) => Math.max(0, engine.u64(layout.H_RMAP_ITEMS) - accounted(engine)),
  general_profit(engine) {
    const saved = engine.u64(layout.H_PAGES_SHARING) + engine.u64(layout.H_KSM_ZERO_PAGES);
    return saved * layout.PAGE_SIZE - engine.u64(layout.H_RMAP_ITEMS) * RMAP_ITEM_COST;
  },
};

/** Items that are in one of the trees. */
function accounted(engine: Engine): number {
  const fields = [layout.H_PAGES_SHARED, layout.H_PAGES_SHARING, layout.H_PAGES_UNSHARED];
  return fields.reduce((items, field) => items + engine.u64(field), 0);
}

/** One counter as it is now. */
export function readCounter(engine: Engine, { name, word }: CounterFile): number {
  return FORMULAS[name]?.(engine) ?? engine.u64(word);
}

/** All of them, each as `count` says. */
export function countersBy(count: (file: CounterFile, index: number) => number): Counters {
  return Object.fromEntries(COUNTER_FILES.map((file, index) => [file.name, count(file, index)])) as unknown as Counters;
}

export function readCounters(engine: Engine): Counters {
  return countersBy((file) => readCounter(engine, file));
}

export function readOwnCounters(engine: Engine): OwnCounters {
  return Object.fromEntries(OWN.map(({ name, word }) => [name, engine.u64(word)]));
}
