/**
 * Holds the lock that keeps two players of traces apart, and makes the system calls that Node has none of.
 *
 * Node cannot lock files, so a program of ours does. Its lock goes when its input ends: also when this program dies.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { errnoName, KsmError } from '../errors.ts';
import { Lines } from './lines.ts';
import type { Machine } from './machine.ts';

/** How to wait for the lock. */
export interface Waiting {
  /** Called once where another player holds the lock, before waiting for it. Without it, that is an error. */
  readonly onWait?: () => void;
  readonly signal?: AbortSignal;
}

export class Guard {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: Lines;
  readonly #ended: Promise<unknown>;
  readonly #proc: string;

  private constructor(program: string, machine: Machine) {
    // Detached: a Ctrl-C in the terminal is not for it.
    this.#child = spawn(program, ['guard', machine.lock], { detached: true });
    // That it cannot be started, or asked any more, shows in its answers, which end.
    this.#child.on('error', () => {});
    this.#child.stdin.on('error', () => {});
    this.#ended = new Promise((resolve) => this.#child.once('close', resolve));
    this.#answers = new Lines(this.#child.stdout);
    this.#proc = machine.proc;
  }

  /** Takes the lock. Throws KsmError EBUSY if it is held and there is no onWait, the signal's reason if aborted. */
  static async take(program: string, machine: Machine, { onWait, signal }: Waiting): Promise<Guard> {
    const guard = new Guard(program, machine);
    const stop = (): void => void guard.#child.kill('SIGKILL');
    signal?.addEventListener('abort', stop);
    try {
      let answer = await guard.#answers.next();
      if (answer === 'held') {
        if (onWait === undefined) {
          throw new KsmError(
            'EBUSY',
            `another player of traces is at work (it holds ${machine.lock}); try again later.`,
          );
        }
        onWait();
        answer = await guard.#answers.next();
      }
      signal?.throwIfAborted();
      if (answer === 'locked') return guard;
      const code = errnoName(Number(answer)) ?? 'EIO';
      throw new KsmError(code, `the lock ${machine.lock} cannot be taken (${code}).`);
    } catch (error) {
      stop();
      throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  /** Makes the kernel let go of new pages that it holds references to for a while; those could not be merged. */
  async drain(): Promise<void> {
    this.#child.stdin.write('drain\n');
    const answer = await this.#answers.next();
    if (answer === undefined) throw new KsmError('EIO', 'the program that holds the lock has ended before its time.');
    // Without NUMA there is no such system call; this drops clean pages of files as well, but it is everywhere.
    if (answer !== '0') fs.writeFileSync(join(this.#proc, 'sys/vm/drop_caches'), '1\n');
  }

  /** Gives the lock back. */
  async release(): Promise<void> {
    this.#child.stdin.end();
    await this.#ended;
  }
}
