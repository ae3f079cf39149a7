/**
 * Which code of the project ran, and how often: what tells the fuzzer that an input is worth keeping.
 *
 * V8 counts the executions of every block itself and tells them through node:inspector, in this very process: nothing
 * has to be instrumented, and asking takes less than a millisecond, since only what ran since the last question is
 * answered.
 *
 * Why not a ready-made fuzzer: Jazzer.js, the one that is maintained, can instrument ES modules since its version 4.
 * But its native part needs glibc 2.38, so that it does not even load on Debian 12 and Ubuntu 22.04; earlier versions
 * know CommonJS only and download theirs from GitHub. It would bring a hundred packages, and a binary, into a
 * repository that has eight.
 *
 * Assumes that the code is imported after start(): V8 counts whole functions only in what was compiled before.
 */
import { type Profiler, Session } from 'node:inspector';

/** A feature is a block with one of these many orders of magnitude of executions. */
const MAGNITUDES = 8;
const SCRIPT_BYTES = 2 ** 24;

export class Coverage {
  readonly #session: Session = new Session();
  readonly #root: string;
  readonly #seen: Set<number> = new Set();

  /** Only scripts whose URL begins with `root` count. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Starts counting. */
  start(): void {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Features that were ever seen. */
  get size(): number {
    return this.#seen.size;
  }

  /** How many features that were never seen before there are in what ran since the last call. */
  fresh(): number {
    const before = this.#seen.size;
    for (const { scriptId, url, functions } of this.#take()) {
      if (!url.startsWith(this.#root)) continue;
      const script = Number(scriptId) * SCRIPT_BYTES;
      for (const { ranges } of functions) {
        for (const { startOffset, count } of ranges) {
          if (count > 0) this.#seen.add((script + startOffset) * MAGNITUDES + magnitude(count));
        }
      }
    }
    return this.#seen.size - before;
  }

  #take(): Profiler.ScriptCoverage[] {
    let taken: Profiler.ScriptCoverage[] = [];
    this.#session.post('Profiler.takePreciseCoverage', (error, answer) => {
      if (error !== null) throw error;
      taken = answer.result;
    });
    return taken;
  }
}

/** 0 to 7: once, twice, three times, from 4, 8, 16, 32 and 128 times on. */
function magnitude(count: number): number {
  if (count < 4) return count - 1;
  return count < 32 ? Math.floor(Math.log2(count)) + 1 : count < 128 ? 6 : 7;
}
