/** Groups of two processes whose equal pages are rewritten at known intervals, and where the kernel has their frames. */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { join } from 'node:path';
import { KsmError } from '../../../src/errors.ts';
import { Lines } from '../../../src/kernel/lines.ts';
import { PAGE } from '../../support/page.ts';

export const GROUP_PAGES = 200;
const ENTRY = 8;
/** Of an entry of pagemap, and of kpageflags. */
const FRAME = (1n << 55n) - 1n;
const IS_KSM = 1n << 21n;

export interface Group {
  readonly name: string;
  readonly content: 'same' | 'equal' | 'unequal' | 'toggle';
  readonly arrival: 'never' | 'poisson' | 'periodic';
  readonly scope: 'all' | 'page';
  /** Both write at the same times, each at its own, or only the second does. */
  readonly writers: 'both' | 'indep' | 'one';
  /** Seconds. */
  readonly interval: number;
}

const each = (intervals: readonly number[], group: Omit<Group, 'name' | 'interval'>): Group[] =>
  intervals.map((interval) => {
    const { content, arrival, scope, writers } = group;
    return { ...group, interval, name: [content, arrival, scope, writers, interval].join('-') };
  });

export const GROUPS: readonly Group[] = [
  { name: 'quiet', content: 'equal', arrival: 'never', scope: 'all', writers: 'both', interval: 0 },
  ...each([60, 20, 10, 5, 2, 1, 0.5], { content: 'equal', arrival: 'periodic', scope: 'all', writers: 'both' }),
  ...each([60, 20, 10, 5, 2, 1, 0.5], { content: 'equal', arrival: 'poisson', scope: 'page', writers: 'both' }),
  ...each([20, 5, 2, 0.5], { content: 'equal', arrival: 'periodic', scope: 'page', writers: 'both' }),
  ...each([20, 5, 2, 0.5], { content: 'same', arrival: 'poisson', scope: 'page', writers: 'both' }),
  ...each([20, 5, 2, 0.5], { content: 'same', arrival: 'poisson', scope: 'page', writers: 'indep' }),
  ...each([20, 5, 1], { content: 'same', arrival: 'poisson', scope: 'page', writers: 'one' }),
  ...each([20, 5, 2], { content: 'unequal', arrival: 'poisson', scope: 'page', writers: 'both' }),
  ...each([20, 5, 2], { content: 'toggle', arrival: 'poisson', scope: 'page', writers: 'both' }),
];

/** One of the two processes of a group. */
export class Rewriter {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #pid: number;
  #address = 0n;
  #mem = -1;
  #pagemap = -1;

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    this.#pid = child.pid ?? 0;
  }

  /** Starts one, and waits until its pages are there. */
  static async start(program: string, at: number, side: number, group: Group): Promise<Rewriter> {
    const { content, scope, writers, interval } = group;
    const arrival = writers === 'one' && side === 0 ? 'never' : group.arrival;
    const clock = writers === 'indep' ? 1000 + 2 * at + side : at;
    const words = [at, side, GROUP_PAGES, content, arrival, scope, clock, interval].map(String);
    const child = spawn(program, words);
    child.stdin.on('error', () => {});
    const rewriter = new Rewriter(child);
    const address = await new Lines(child.stdout).next();
    if (address === undefined) throw new KsmError('EIO', `a process of group ${group.name} has ended before its time.`);
    rewriter.#address = BigInt(address);
    rewriter.#mem = fs.openSync(`/proc/${rewriter.#pid}/mem`, 'r');
    rewriter.#pagemap = fs.openSync(`/proc/${rewriter.#pid}/pagemap`, 'r');
    return rewriter;
  }

  /** It writes from that second of CLOCK_MONOTONIC on. */
  go(second: number): void {
    this.#child.stdin.write(`${second}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const fd of [this.#mem, this.#pagemap]) if (fd >= 0) fs.closeSync(fd);
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  /** Copies pages from number `page` on. */
  read(page: number, into: Uint8Array): void {
    fs.readSync(this.#mem, into, 0, into.length, this.#address + BigInt(page * PAGE));
  }

  /** The frames of its pages; 0 of none. */
  frames(): BigUint64Array {
    const entries = new BigUint64Array(GROUP_PAGES);
    fs.readSync(this.#pagemap, entries, 0, entries.byteLength, (this.#address / BigInt(PAGE)) * BigInt(ENTRY));
    return entries.map((entry) => entry & FRAME);
  }

  /** Faults so far, each of which copied a page. */
  faults(): number {
    const stat = fs.readFileSync(`/proc/${this.#pid}/stat`, 'utf8');
    // Field 10 of proc(5); the first behind the name is the third.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[10 - 3]);
  }
}

/** Which frames are KSM's. */
export class KsmFrames {
  readonly #fd: number = fs.openSync('/proc/kpageflags', 'r');
  readonly #word: BigUint64Array = new BigUint64Array(1);

  has(frame: bigint): boolean {
    fs.readSync(this.#fd, this.#word, 0, ENTRY, frame * BigInt(ENTRY));
    return ((this.#word[0] ?? 0n) & IS_KSM) !== 0n;
  }

  [Symbol.dispose](): void {
    fs.closeSync(this.#fd);
  }
}

/** The program, compiled into a folder. */
export function rewriterProgram(folder: string, source: string): string {
  const program = join(folder, 'rewriter');
  const { status, stderr } = spawnSync(process.env.CC || 'cc', ['-O2', '-o', program, source, '-lm'], {
    encoding: 'utf8',
  });
  if (status === 0) return program;
  throw new KsmError(
    status === null ? 'ENOENT' : 'EIO',
    `rewriter.c cannot be compiled: ${stderr ?? 'there is no C compiler'}`,
  );
}
