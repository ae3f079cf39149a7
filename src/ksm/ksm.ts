/** /sys/kernel/mm/ksm of a host: as strings and as numbers, and the scanner, one batch at a time. */
import { layout } from '../engine/index.ts';
import { KsmError } from '../errors.ts';
import { type Clock, clockOf, type Machine } from '../machine/index.ts';
import { type Checks, finiteNumber, optionsOf, shown, text, unknownName, wholeNumber } from '../validate.ts';
import { type Sample, type ScanResult, scan } from './batch.ts';
import { type Counters, type OwnCounters, readCounters, readOwnCounters } from './counters.ts';
import { FILES, type KsmFile } from './files.ts';
import { type KsmdOptions, ksmdLoop } from './loop.ts';
import { type Settings, settingsOf } from './settings.ts';
import { type SharedFrame, sharedFrames } from './shared.ts';

/** Options of one batch. */
export interface ScanOptions {
  /** The time in milliseconds. Default: the clock's. */
  readonly now?: number;
  /** Instead of the host's. */
  readonly clock?: Clock;
}

const SCAN_OPTIONS: Checks<ScanOptions> = { now: finiteNumber, clock: clockOf };
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

  /** Counters of this engine's own, which Linux does not have: `dupsSeen` and others of the table (assembly/layout/counters.ts). */
  ownCounters(): OwnCounters {
    return readOwnCounters(this.#machine.engine);
  }

  /**
   * KSM's frames by ascending number, each with the pages that map it: which pages are known to be the same. The zero frame is not
   * among them. It looks at every pte; beside other threads what it says of a page may be over by then.
   */
  shared(): readonly SharedFrame[] {
    return sharedFrames(this.#machine);
  }

  /**
   * Exactly one batch of ksmd over at most `pages` pages; the end of a pass ends it early. EAGAIN if `run` is not 1,
   * EBUSY if another thread scans. A loop over batches ends at `idle`, too: if nothing is mergeable, no pass ever ends.
   */
  scan(pages: number, options?: ScanOptions): ScanResult {
    const { engine } = this.#machine;
    const { now, clock = this.#machine.clock } = optionsOf('scan', options, SCAN_OPTIONS);
    PAGES('scan: how many pages', pages);
    if (engine.u32(layout.H_RUN) !== 1) {
      throw new KsmError('EAGAIN', `scan: run is ${engine.u32(layout.H_RUN)}; write 1 to run to let ksmd scan.`);
    }
    return scan(engine, pages, clock, now);
  }

  /** @deprecated Name of version 0.1 for `host.ksmd.run`. */
  ksmd(options: KsmdOptions = {}): AsyncGenerator<Sample, void, void> {
    return ksmdLoop(this.#machine, options);
  }

  #file(name: string): KsmFile {
    const file = FILES.get(name);
    if (file !== undefined) return file;
    const { message } = unknownName('/sys/kernel/mm/ksm has no file', text('The name of a file', name), [
      ...FILES.keys(),
    ]);
    throw new KsmError('ENOENT', message);
  }
}
