/**
 * KSM's files, /sys/kernel/mm/ksm: the only place that writes to the live kernel's settings.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { errnoName, KsmError } from '../errors.ts';
import { COUNTER_FILES, COUNTERS, type Counters, countersBy } from '../ksm/index.ts';
import type { Machine } from './machine.ts';

const byVersion = new Intl.Collator('en', { numeric: true }).compare;

/** The first Linux that has all counters. */
const NEEDED = COUNTER_FILES.map(({ since }) => since)
  .sort(byVersion)
  .at(-1);

/** The errno of a failed system call, negative as a recording has it; other errors are thrown on. */
function errnoOf(error: unknown): number {
  if (error instanceof Error && 'errno' in error && typeof error.errno === 'number') return error.errno;
  throw error;
}

export class Sysfs {
  readonly #folder: string;

  /**
   * Makes sure that there is a KSM to play on. Throws KsmError ENOENT if the system or its kernel has none, or one
   * that does not count everything; EACCES without root.
   */
  constructor({ platform, sysfs }: Machine) {
    this.#folder = sysfs;
    if (platform !== 'linux') {
      throw new KsmError('ENOENT', `a live kernel's KSM is only on Linux, and this is ${platform}; use ksm replay.`);
    }
    if (!this.has('run')) {
      throw new KsmError(
        'ENOENT',
        `there is no ${sysfs}/run: this kernel is built without CONFIG_KSM; use ksm replay.`,
      );
    }
    const missing = COUNTERS.find((file) => !this.has(file));
    if (missing !== undefined) {
      throw new KsmError('ENOENT', `there is no ${sysfs}/${missing}: recordings need Linux ${NEEDED} or newer.`);
    }
    try {
      fs.closeSync(fs.openSync(join(sysfs, 'run'), fs.constants.O_WRONLY));
    } catch (cause) {
      throw new KsmError('EACCES', `${sysfs}/run cannot be written: playing on the live kernel needs root (sudo).`, {
        cause,
      });
    }
  }

  /** Whether this kernel has the file; some come only with NUMA or newer kernels. */
  has(file: string): boolean {
    return fs.existsSync(join(this.#folder, file));
  }

  /** What a file says, without its newline; of several words, the one in brackets, which is the chosen one. */
  read(file: string): string {
    const text = fs.readFileSync(join(this.#folder, file), 'latin1').trim();
    return /\[(.+)\]/.exec(text)?.[1] ?? text;
  }

  /** Writes `value` and a newline. Gives 0 or the kernel's negative errno. */
  write(file: string, value: string): number {
    try {
      // Never create: an unknown file is ENOENT then, and not whatever sysfs thinks of new files.
      const fd = fs.openSync(join(this.#folder, file), fs.constants.O_WRONLY | fs.constants.O_TRUNC);
      try {
        fs.writeSync(fd, `${value}\n`);
      } finally {
        fs.closeSync(fd);
      }
      return 0;
    } catch (error) {
      return errnoOf(error);
    }
  }

  /** Writes a value that the kernel has to take. Throws KsmError with the kernel's errno if it does not. */
  set(file: string, value: string): void {
    const result = this.write(file, value);
    if (result === 0) return;
    const code = errnoName(result) ?? 'EIO';
    throw new KsmError(code, `${this.#folder}/${file} does not take ${value} (${code}).`);
  }

  /** All counters as they are now. */
  counters(): Counters {
    return countersBy(({ name }) => Number(this.read(name)));
  }
}
