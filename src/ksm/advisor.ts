/**
 * The scan-time advisor: at the end of a pass, how many pages should a batch look at in the next one?
 *
 * A pure function over the advisor's state, so that the embedder's clock stays an input. All arithmetic is the
 * kernel's: unsigned, truncating, 64 bits wide, except where the kernel keeps 32 bits. Two of its habits look like
 * mistakes and are kept on purpose: advisor_min_pages_to_scan is only where pages_to_scan starts, never a lower bound,
 * and the smoothed change settles at 97 percent.
 *
 * Source: specification of Linux 6.18's KSM, section 5.3. That pages_to_scan is multiplied in 32 bits was observed on a
 * running kernel (see the tests).
 */

/** What the advisor remembers from pass to pass. */
export interface AdvisorState {
  /** Length of the last pass in seconds; 0 before the first. */
  readonly scan_time: bigint;
  /** Smoothed length of a pass in percent of the one before; 0 before the first. */
  readonly change: bigint;
  /** CPU time of ksmd in nanoseconds at the end of the last pass. */
  readonly cpu_time: bigint;
}

/** The settings that the advisor looks at, by the names of their files. */
export interface AdvisorSettings {
  /** Percent of one CPU, u32. */
  readonly advisor_max_cpu: bigint;
  /** u64. */
  readonly advisor_max_pages_to_scan: bigint;
  /** Seconds, u64, at least 1. */
  readonly advisor_target_scan_time: bigint;
  /** Not the kernel's: instead of always granting 10 % CPU, keep to so many pages. Undefined: as the kernel. */
  readonly least_pages?: bigint | undefined;
}

/** What the pass that has just ended took. */
export interface PassCost {
  /** Whole seconds, at least 1. */
  readonly scan_time: bigint;
  /** Percent of one CPU, u32, at least 1. */
  readonly cpu_percent: bigint;
}

/** The state at the moment advisor_mode becomes scan-time. */
export const ADVISOR_START: AdvisorState = { scan_time: 0n, change: 0n, cpu_time: 0n };

/** Weight of the newest pass in the smoothed change, percent. */
const EWMA_WEIGHT = 30n;

/** The CPU share that the advisor always grants, percent. */
const MIN_CPU = 10n;

const u32 = (value: bigint): bigint => BigInt.asUintN(32, value);
const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const atLeastOne = (value: bigint): bigint => (value === 0n ? 1n : value);
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/**
 * Seconds and CPU share of a pass.
 * `elapsed_ms` is the time since the pass began, milliseconds; `runtime_ns` is ksmd's CPU time so far, nanoseconds.
 */
export function passCost(state: AdvisorState, elapsed_ms: bigint, runtime_ns: bigint): PassCost {
  const scan_time = atLeastOne(elapsed_ms / 1000n);
  const cpu_ms = u64(runtime_ns - state.cpu_time) / 1_000_000n;
  return { scan_time, cpu_percent: atLeastOne(u32(u64(cpu_ms * 100n) / atLeastOne(u64(scan_time * 1000n)))) };
}

/** The advice after a pass: new smoothed change and pages_to_scan (u64). `pages_to_scan` is the old one, u32. */
export function advise(
  state: AdvisorState,
  settings: AdvisorSettings,
  cost: PassCost,
  pages_to_scan: bigint,
): { change: bigint; pages_to_scan: bigint } {
  const last = state.scan_time === 0n ? cost.scan_time : state.scan_time;
  const factor = atLeastOne(u64(settings.advisor_target_scan_time * 100n) / cost.scan_time);
  const latest = atLeastOne(u64(cost.scan_time * 100n) / last);
  const change = u64((100n - EWMA_WEIGHT) * state.change + EWMA_WEIGHT * latest) / 100n;

  const wanted = u64((u32(pages_to_scan * 100n) / factor) * change) / 100n;
  const perPercent = atLeastOne(pages_to_scan / cost.cpu_percent);
  const affordable = min(wanted, u64(perPercent * settings.advisor_max_cpu));
  const granted = max(affordable, settings.least_pages ?? u64(perPercent * MIN_CPU));
  return { change, pages_to_scan: min(granted, settings.advisor_max_pages_to_scan) };
}

/**
 * Ends a pass: the state for the next one and the new pages_to_scan, cut to the 32 bits that Linux keeps.
 * Units as for passCost and advise.
 */
export function endOfPass(
  state: AdvisorState,
  settings: AdvisorSettings,
  pass: { elapsed_ms: bigint; runtime_ns: bigint; pages_to_scan: bigint },
): { state: AdvisorState; pages_to_scan: bigint } {
  const cost = passCost(state, pass.elapsed_ms, pass.runtime_ns);
  const { change, pages_to_scan } = advise(state, settings, cost, pass.pages_to_scan);
  return {
    state: { scan_time: cost.scan_time, change, cpu_time: pass.runtime_ns },
    pages_to_scan: u32(pages_to_scan),
  };
}
