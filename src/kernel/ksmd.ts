/**
 * The kernel thread that scans, made to do exactly one batch at a time.
 *
 * ksmd sleeps in two places: between batches, until sleep_millisecs is over or *changes*, and where it has nothing to
 * do, until `run` or a first mergeable mapping wakes it. So a long sleep_millisecs that is changed a little wakes it
 * for one batch, and pages_to_scan is 0 except then: whatever else wakes it finds nothing to scan.
 *
 * A wake-up takes it out of its sleep before the write that caused it returns. And inside a batch it waits in other
 * functions than ksm_scan_thread, if at all. So seeing it asleep in ksm_scan_thread, after the write, means that the
 * batch is over, or that there was none to do.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises';
import { KsmError } from '../errors.ts';
import { listPids } from './procfs.ts';
import type { Sysfs } from './sysfs.ts';

/** Milliseconds between batches that nobody asked for: ten minutes, and they are empty. */
const PAUSE = 600_000;

/** A small batch is over within so many looks at ksmd, without a break; a large one is worth sleeping for. */
const QUICK_LOOKS = 30;
/** Milliseconds between later looks, growing. */
const LONGEST_SLEEP = 20;

/** Where ksmd sleeps between batches and where it has nothing to do; everything else is inside a batch. */
const SLEEPING_PLACE = 'ksm_scan_thread';

export class Ksmd {
  readonly #sysfs: Sysfs;
  readonly #place: string;
  readonly #signal: AbortSignal | undefined;
  #pause = PAUSE;

  /** Throws KsmError ENOENT if ksmd cannot be seen. */
  constructor(sysfs: Sysfs, proc: string, signal?: AbortSignal) {
    const pid = listPids(proc).find((candidate) => isKsmd(proc, candidate));
    if (pid === undefined) {
      throw new KsmError('ENOENT', `ksmd is not in ${proc}: play traces outside of containers, where it can be seen.`);
    }
    this.#sysfs = sysfs;
    this.#place = join(proc, String(pid), 'wchan');
    this.#signal = signal;
  }

  /** Takes the scanner's pace over: from now on nothing is scanned but by batch(). */
  async takeOver(): Promise<void> {
    this.#sysfs.set('pages_to_scan', '0');
    this.#sysfs.set('sleep_millisecs', String(this.#pause));
    await this.settle();
  }

  /** Waits until ksmd sleeps. Throws the signal's reason where that is aborted first. */
  async settle(): Promise<void> {
    for (let look = 0; !this.#asleep(); look++) {
      this.#signal?.throwIfAborted();
      await (look < QUICK_LOOKS ? breathe() : sleep(Math.min(look - QUICK_LOOKS + 1, LONGEST_SLEEP)));
    }
  }

  /** One batch of at most `pages` pages; none if ksmd has nothing to scan. `run` has to be 1. */
  async batch(pages: number): Promise<void> {
    // A change of the pause while ksmd is not yet asleep would wake nobody.
    await this.settle();
    this.#sysfs.set('pages_to_scan', String(pages));
    this.#pause = PAUSE + PAUSE + 1 - this.#pause;
    this.#sysfs.set('sleep_millisecs', String(this.#pause));
    await this.settle();
    this.#sysfs.set('pages_to_scan', '0');
  }

  #asleep(): boolean {
    return fs.readFileSync(this.#place, 'latin1').trim() === SLEEPING_PLACE;
  }
}

/** Any process may call itself ksmd, but only kernel threads are children of the second process, kthreadd. */
function isKsmd(proc: string, pid: number): boolean {
  try {
    return /^\d+ \(ksmd\) \S 2 /.test(fs.readFileSync(join(proc, String(pid), 'stat'), 'latin1'));
  } catch {
    // It has ended since it was listed.
    return false;
  }
}
