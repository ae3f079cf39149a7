/**
 * /sys/kernel/mm/ksm of a host: as strings, as numbers, and ksmd itself, one batch at a time or as a loop.
 */
import { type Engine, layout } from '../engine/index.ts';
import { KsmError } from '../errors.ts';
import { type Clock, clockOf, cpuOf, type Machine, nowOf } from '../host/index.ts';
import {
  abortSignal,
  type Checks,
  finiteNumber,
  optionsOf,
  shown,
  text,
  unknownName,
  wholeNumber,
} from '../validate.ts';
import { endOfPass } from './advisor.ts';
import { type Counters, readCounters } from './counters.ts';
import { FILES, type KsmFile } from './files.ts';
import { type Settings, settingsOf } from './settings.ts';
import { type SharedFrame, sharedFrames } from './shared.ts';

/** What one batch did. */
export interface ScanResult {
  /** Pages compared; smart-scan skips do not count. */
  readonly pages_scanned: number;
  /** The batch ended the pass (and was ended by it). */
  readonly pass_ended: boolean;
  /** There is no mergeable memory: nothing was scanned, and no pass will end, until there is some. */
  readonly idle?: true;
}

/** Options of one batch. */
export interface ScanOptions {
  /** The time in milliseconds. Default: the clock's. */
  readonly now?: number;
  /** Instead of the host's. */
  readonly clock?: Clock;
}

/** What ksmd reports after each batch. */
export interface Sample extends Omit<ScanResult, 'idle'> {
  /** The clock at the end of the batch, milliseconds. */
  readonly now: number;
  readonly counters: Counters;
}

export interface KsmdOptions {
  /** Ends the loop after the running batch. */
  readonly signal?: AbortSignal;
  /** Instead of the host's. */
  readonly clock?: Clock;
}

const SCAN_OPTIONS: Checks<ScanOptions> = { now: finiteNumber, clock: clockOf };
const { SCAN_PAGES_MAX } = layout;
const KSMD_OPTIONS: Checks<KsmdOptions> = { signal: abortSignal, clock: clockOf };
const PAGES = wholeNumber(0, Number.MAX_SAFE_INTEGER);

export class Ksm {
  /** The writable files as typed properties; they accept and refuse what the files do. */
  readonly settings: Settings;
  readonly #machine: Machine;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.settings = settingsOf(this);
  }

  /** As reading /sys/kernel/mm/ksm/FILE, newline included. ENOENT for an unknown file. */
  read(file: string): string {
    return `${this.#file(file).read(this.#machine.engine)}\n`;
  }

  /** As writing `content` to /sys/kernel/mm/ksm/FILE: EINVAL, ERANGE, EBUSY or ENOMEM as the kernel; EACCES for a counter. */
  write(file: string, content: string): void {
    const { write } = this.#file(file);
    if (write === undefined)
      throw new KsmError('EACCES', `"${file}" can only be read; it is a counter, not a setting.`);
    const written = text(`write: what is written to "${file}"`, content);
    if (written === '') return; // the kernel answers an empty write without asking the file
    const refusal = write(this.#machine.engine, written);
    if (refusal !== undefined) {
      const what = shown(written.replace(/\n$/, ''));
      throw new KsmError(refusal.code, `${file}: ${what} is refused (${refusal.code}); expected ${refusal.expected}.`);
    }
    this.#machine.work.wake();
  }

  counters(): Counters {
    return readCounters(this.#machine.engine);
  }

  /**
   * KSM's frames by ascending number, each with the pages that map it: which pages are known to be the same. The zero frame is not
   * among them. It looks at every pte; beside other threads what it says of a page may be over by then.
   */
  shared(): readonly SharedFrame[] {
    return sharedFrames(this.#machine);
  }

  /**
   * Exactly one batch of ksmd over at most `pages` pages; the end of a pass ends it early. EAGAIN where `run` is not 1,
   * EBUSY where another thread scans. A loop over batches ends at `idle`, too: where nothing is mergeable, no pass ever ends.
   */
  scan(pages: number, options?: ScanOptions): ScanResult {
    const { engine } = this.#machine;
    const { now, clock = this.#machine.clock } = optionsOf('scan', options, SCAN_OPTIONS);
    PAGES('scan: how many pages', pages);
    if (engine.u32(layout.H_RUN) !== 1) {
      throw new KsmError('EAGAIN', `scan: run is ${engine.u32(layout.H_RUN)}; write 1 to run to let ksmd scan.`);
    }
    return this.#scan(engine, pages, clock, now);
  }

  /** What ksmd does at each wake-up: scans `pages_to_scan` pages. EBUSY as `scan`. */
  batch(clock: Clock = this.#machine.clock): Sample {
    const { engine } = this.#machine;
    const { pages_scanned, pass_ended } = this.#scan(engine, engine.u32(layout.H_PAGES_TO_SCAN), clock, undefined);
    return { pages_scanned, pass_ended, now: nowOf(clock), counters: engine.exclusively(() => this.counters()) };
  }

  /** Has ksmd anything to do? `run` is 1 and there is mergeable memory. */
  get hasWork(): boolean {
    const { engine } = this.#machine;
    return engine.u32(layout.H_RUN) === 1 && hasSlots(engine);
  }

  /**
   * ksmd in this thread: while `run` is 1 and there is mergeable memory, scans `pages_to_scan` pages, yields a sample, and sleeps
   * `sleep_millisecs` (cut short when that setting changes); else waits. Ends when `signal` aborts. EBUSY where another thread
   * scans.
   */
  async *ksmd(options: KsmdOptions = {}): AsyncGenerator<Sample, void, void> {
    const { clock = this.#machine.clock, signal: given } = optionsOf('ksmd', options, KSMD_OPTIONS);
    const { disposed, work } = this.#machine;
    const signal = given === undefined ? disposed : AbortSignal.any([given, disposed]);
    while (!signal.aborted) {
      const { rings } = work;
      if (!this.hasWork) {
        await work.wait(signal, rings);
        continue;
      }
      yield this.batch(clock);
      if (!signal.aborted && this.hasWork) await this.#sleep(clock, signal);
    }
  }

  #scan(engine: Engine, pages: number, clock: Clock, time: number | undefined): ScanResult {
    this.#expectNoOther(engine);
    const now = time ?? nowOf(clock);
    const isAdvised = engine.u32(layout.H_ADVISOR_MODE) !== 0;
    if (isAdvised && beginsPass(engine, pages)) engine.setBigU64(layout.H_ADVISOR_START_SCAN, BigInt(Math.floor(now)));
    const idle = !hasSlots(engine);
    const result = engine.call.scanBatch(Math.min(pages, SCAN_PAGES_MAX), Math.floor(now) >>> 0) >>> 0;
    if (result === layout.SCAN_BUSY) this.#busy();
    const pass_ended = (result & layout.SCAN_PASS_ENDED) !== 0;
    if (pass_ended) {
      const [end, runtime] = [time ?? nowOf(clock), cpuOf(clock)]; // not under the lock: the clock may be anybody's
      engine.exclusively(() => this.#advise(end, runtime));
    }
    const pages_scanned = result & SCAN_PAGES_MAX;
    return idle ? { pages_scanned, pass_ended, idle } : { pages_scanned, pass_ended };
  }

  /** EBUSY where ksmd runs in another thread, or a batch is under way there. */
  #expectNoOther(engine: Engine): void {
    const ksmd = engine.u32(layout.H_KSMD);
    if ((ksmd !== 0 && ksmd !== engine.worker) || engine.u32(layout.LINUX_BUSY) !== 0) this.#busy();
  }

  #busy(): never {
    throw new KsmError('EBUSY', 'scan: another thread scans this memory; stop ksmd first (await host.ksmd.stop()).');
  }

  /** The pause between two batches. */
  async #sleep(clock: Clock, signal: AbortSignal): Promise<void> {
    const { engine, work } = this.#machine;
    const milliseconds = engine.u32(layout.H_SLEEP_MILLISECS);
    const end = new AbortController();
    const either = AbortSignal.any([signal, end.signal]);
    const over = clock.sleep(milliseconds, either).then(() => end.abort());
    while (!either.aborted) {
      const { rings } = work;
      if (engine.u32(layout.H_SLEEP_MILLISECS) !== milliseconds) end.abort();
      else await Promise.race([over, work.wait(either, rings)]);
    }
  }

  #file(name: string): KsmFile {
    const file = FILES.get(name);
    if (file !== undefined) return file;
    const { message } = unknownName('/sys/kernel/mm/ksm has no file', text('The name of a file', name), [
      ...FILES.keys(),
    ]);
    throw new KsmError('ENOENT', message);
  }

  /** The scan-time advisor at the end of a pass, if it is on. */
  #advise(now: number, runtime_ns: bigint): void {
    const { engine } = this.#machine;
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
}

/** Is anything mergeable? */
function hasSlots(engine: Engine): boolean {
  return engine.u32(layout.SLOTS + layout.MM_SLOT_NEXT) !== layout.SLOTS;
}

function beginsPass(engine: Engine, pages: number): boolean {
  return pages > 0 && hasSlots(engine) && engine.u32(layout.LINUX_SLOT) === layout.SLOTS;
}
