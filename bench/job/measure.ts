/**
 * Runs a program from its start to its exit: what it printed, how long it took, what it used.
 *
 * bench/job/usage.c asks the kernel, which has counted exactly. Without a C compiler the files of /proc have to do: CPU time in steps
 * of 10 ms, and a peak that misses the last milliseconds.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** Of one run. */
export interface Usage {
  readonly wallSeconds: number;
  /** User and system. */
  readonly cpuSeconds: number;
  /** Largest resident size, in MiB; pages of files that it maps count. */
  readonly peakMib: number;
}

export interface Run extends Usage {
  readonly output: string;
}

/** A program and its arguments. */
export type Line = readonly [program: string, ...words: string[]];

const TICKS_A_SECOND = 100;
/** Milliseconds between two looks at a program's peak. */
const LOOK = 5;

/** Runs a command line; throws an Error if it fails. `helper` is the built usage.c. */
export async function measure(line: Line, helper: string | undefined): Promise<Run> {
  return helper === undefined ? await measureByProc(line) : await measureByHelper(line, helper);
}

async function measureByHelper([program, ...words]: Line, helper: string): Promise<Run> {
  const child = spawn(helper, [program, ...words], { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] });
  const [output, said] = await Promise.all([text(child.stdout as Readable), text(child.stdio[3] as Readable)]);
  const { status, ...usage } = parseUsage(said);
  if (status !== 0) throw new Error(`${program} ${words[0] ?? ''} failed with exit code ${status}`);
  return { ...usage, output };
}

/** Reads the line of usage.c. */
export function parseUsage(line: string): Usage & { readonly status: number } {
  const [wall, user, system, peak, status] = line.trim().split(' ').map(Number);
  if (wall === undefined || user === undefined || system === undefined || peak === undefined || status === undefined)
    throw new Error(`no line of five numbers from bench/job/usage.c: "${line}"`);
  return { wallSeconds: wall / 1e9, cpuSeconds: (user + system) / 1e6, peakMib: peak / 1024, status };
}

async function measureByProc([program, ...words]: Line): Promise<Run> {
  const before = childrenSeconds(readFileSync('/proc/self/stat', 'utf8'));
  const start = performance.now();
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  let peakMib = 0;
  const looking = setInterval(() => {
    peakMib = Math.max(peakMib, peakOf(child));
  }, LOOK);
  const [output, [status]] = await Promise.all([text(child.stdout as Readable), ended]);
  clearInterval(looking);
  const wallSeconds = (performance.now() - start) / 1000;
  if (status !== 0) throw new Error(`${program} ${words[0] ?? ''} failed with exit code ${status}`);
  const cpuSeconds = childrenSeconds(readFileSync('/proc/self/stat', 'utf8')) - before;
  return { wallSeconds, cpuSeconds, peakMib, output };
}

/** CPU seconds of the children that have ended, of a line as /proc/PID/stat has it: cutime and cstime, fields 16 and 17. */
export function childrenSeconds(stat: string): number {
  // The name, in brackets, may have blanks and brackets itself; field 3 follows it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[16 - 3]) + Number(fields[17 - 3])) / TICKS_A_SECOND;
}

function peakOf({ pid }: ChildProcess): number {
  try {
    return peakMibIn(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return 0; // it has just ended
  }
}

/** VmHWM of a text as /proc/PID/status has it, in MiB; 0 if there is none, as of who has ended. */
export function peakMibIn(status: string): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
}
