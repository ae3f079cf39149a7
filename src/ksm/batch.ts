/**
 * One batch of ksmd: what the scanner does between two sleeps, with the time and, at the end of a pass, the advisor.
 *
 * Whoever calls this is the one who scans: EBUSY if another thread does.
 */
import { type Engine, layout } from '../engine/index.ts';
import { KsmError } from '../errors.ts';
import { type Clock, cpuOf, type Machine, nowOf } from '../machine/index.ts';
import { endOfPass } from './advisor.ts';
import { type Counters, readCounters } from './counters.ts';

const { SCAN_PAGES_MAX } = layout;

/** What one batch did. */
export interface ScanResult {
  /** Pages compared; smart-scan skips do not count. */
  readonly pages_scanned: number;
  /** The batch ended the pass (and was ended by it). */
  readonly passEnded: boolean;
  /** There is no mergeable memory: nothing was scanned, and no pass will end, until there is some. */
  readonly idle?: true;
  /** @deprecated Name of version 0.1. */
  readonly pass_ended: boolean;
}

/** What ksmd reports after each batch. */
export interface Sample extends Omit<ScanResult, 'idle'> {
  /** The clock at the end of the batch, milliseconds. */
  readonly now: number;
  readonly counters: Counters;
}

/** The same object with a word of it under the name of version 0.1 too, which is in no copy and no JSON of it. */
export function withOldName<Facts extends { readonly passEnded: boolean }>(
  facts: Facts,
): Facts & { readonly pass_ended: boolean } {
  return Object.defineProperty(facts, 'pass_ended', { value: facts.passEnded }) as Facts & {
    readonly pass_ended: boolean;
  };
}

/** Has ksmd anything to do? `run` is 1 and there is mergeable memory. */
export function hasWork(engine: Engine): boolean {
  return engine.u32(layout.H_RUN) === 1 && hasSlots(engine);
}

/** What ksmd does at each wake-up: scans `pages_to_scan` pages. */
export function batch(machine: Machine, clock: Clock): Sample {
  const { engine } = machine;
  const { pages_scanned, passEnded } = scan(engine, engine.u32(layout.H_PAGES_TO_SCAN), clock);
  const counters = engine.exclusively(() => readCounters(engine));
  return withOldName({ pages_scanned, passEnded, now: nowOf(clock), counters });
}

/** Scans at most `pages` pages; the end of a pass ends it early. `time`: instead of the clock's, milliseconds. */
export function scan(engine: Engine, pages: number, clock: Clock, time?: number): ScanResult {
  expectNoOther(engine);
  const now = time ?? nowOf(clock);
  const isAdvised = engine.u32(layout.H_ADVISOR_MODE) !== 0;
  if (isAdvised && beginsPass(engine, pages)) engine.setBigU64(layout.H_ADVISOR_START_SCAN, BigInt(Math.floor(now)));
  const idle = !hasSlots(engine);
  const result = engine.call.scanBatch(Math.min(pages, SCAN_PAGES_MAX), Math.floor(now) >>> 0) >>> 0;
  if (result === layout.SCAN_BUSY) throw busy();
  const passEnded = (result & layout.SCAN_PASS_ENDED) !== 0;
  if (passEnded) {
    const [end, runtime] = [time ?? nowOf(clock), cpuOf(clock)]; // not under the lock: the clock may be anybody's
    engine.exclusively(() => advise(engine, end, runtime));
  }
  const pages_scanned = result & SCAN_PAGES_MAX;
  return withOldName(idle ? { pages_scanned, passEnded, idle } : { pages_scanned, passEnded });
}

/** EBUSY if ksmd runs in another thread, or a batch is under way there. */
function expectNoOther(engine: Engine): void {
  const ksmd = engine.u32(layout.H_KSMD);
  if ((ksmd !== 0 && ksmd !== engine.worker) || engine.u32(layout.LINUX_BUSY) !== 0) throw busy();
}

function busy(): KsmError {
  return new KsmError('EBUSY', 'scan: another thread scans this memory; stop ksmd first (await host.ksmd.stop()).');
}

/** Is anything mergeable? */
function hasSlots(engine: Engine): boolean {
  return engine.u32(layout.SLOTS + layout.MM_SLOT_NEXT) !== layout.SLOTS;
}

function beginsPass(engine: Engine, pages: number): boolean {
  return pages > 0 && hasSlots(engine) && engine.u32(layout.LINUX_SLOT) === layout.SLOTS;
}

/** The scan-time advisor at the end of a pass, if it is on. */
function advise(engine: Engine, now: number, runtime_ns: bigint): void {
  if (engine.u32(layout.H_ADVISOR_MODE) === 0) return;
  const { state, pages_to_scan } = endOfPass(
    {
      scan_time: engine.bigU64(layout.H_ADVISOR_SCAN_TIME),
      change: engine.bigU64(layout.H_ADVISOR_CHANGE),
      cpu_time: engine.bigU64(layout.H_ADVISOR_CPU_TIME),
    },
    {
      advisor_max_cpu: BigInt(engine.u32(layout.H_ADVISOR_MAX_CPU)),
      advisor_max_pages_to_scan: engine.bigU64(layout.H_ADVISOR_MAX_PAGES_TO_SCAN),
      advisor_target_scan_time: engine.bigU64(layout.H_ADVISOR_TARGET_SCAN_TIME),
      least_pages:
        engine.u32(layout.H_CURES) & layout.CURE_ADVISOR_FLOOR
          ? engine.bigU64(layout.H_ADVISOR_MIN_PAGES_TO_SCAN)
          : undefined,
    },
    {
      elapsed_ms: BigInt(Math.floor(now)) - engine.bigU64(layout.H_ADVISOR_START_SCAN),
      runtime_ns,
      pages_to_scan: BigInt(engine.u32(layout.H_PAGES_TO_SCAN)),
    },
  );
  engine.setBigU64(layout.H_ADVISOR_SCAN_TIME, state.scan_time);
  engine.setBigU64(layout.H_ADVISOR_CHANGE, state.change);
  engine.setBigU64(layout.H_ADVISOR_CPU_TIME, state.cpu_time);
  engine.setU32(layout.H_PAGES_TO_SCAN, Number(pages_to_scan));
}
