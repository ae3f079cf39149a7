/**
 * Processes as /proc shows them: who there is, whether it is still the same one, and whether its memory may be read.
 *
 * Only Linux has what is needed; everything here says so on other systems.
 */

import { closeSync, existsSync, openSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { KsmError } from '../errors.ts';
import { printable } from '../printable.ts';
import { failure } from './failure.ts';

export interface ProcessStat {
  /** What the process calls itself: up to 15 bytes, made fit for a terminal. */
  readonly command: string;
  /** In clock ticks after boot. Together with the pid it names a process for good: pids are used again. */
  readonly startTime: string;
  /** The process that started it, or whoever has taken its place; 0 for the first of all. */
  readonly parent: number;
  /** Has an address space: neither a kernel thread nor a process that has ended and waits for its parent. */
  readonly hasMemory: boolean;
}

/** Throws EINVAL on a system that has no live processes to read, ENOENT if /proc would have to show them and is not there. */
export function requireLinux(): void {
  if (process.platform !== 'linux') {
    throw new KsmError(
      'EINVAL',
      `reading live processes needs Linux, and this is ${process.platform}; memory images can be read everywhere`,
    );
  }
  if (!existsSync('/proc/self/stat')) {
    throw new KsmError(
      'ENOENT',
      'live processes are read through /proc, which is not mounted here; mount it (mount -t proc proc /proc), or scan ' +
        'memory images',
    );
  }
}

/** Throws ESRCH if there is no such process (any more). */
export async function readStat(pid: number): Promise<ProcessStat> {
  let text: string;
  try {
    text = await readFile(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    throw processFailure(error, pid);
  }
  // The command may hold spaces and parentheses, so the fields are counted from the last one.
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ');
  // Numbers of proc(5): fields[0] is the third, the state.
  const [parent = '0', startTime = '', virtualBytes = '0'] = [fields[4 - 3], fields[22 - 3], fields[23 - 3]];
  const command = printable(text.slice(text.indexOf('(') + 1, close));
  return { command, startTime, parent: Number(parent), hasMemory: virtualBytes !== '0' };
}

/**
 * Every process whose memory this user may read, ascending.
 *
 * Kernel threads and ended processes are left out, having no memory; so is the calling process: one that reads itself
 * changes what it reads. Throws EINVAL if there is no Linux.
 */
export async function listProcesses(): Promise<number[]> {
  requireLinux();
  const names = await readdir('/proc');
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const readable: number[] = [];
  for (const pid of pids.sort((a, b) => a - b)) {
    if (pid !== process.pid && (await isReadable(pid))) readable.push(pid);
  }
  return readable;
}

async function isReadable(pid: number): Promise<boolean> {
  try {
    if (!(await readStat(pid)).hasMemory) return false;
    checkReadable(pid);
    return true;
  } catch (error) {
    // Whatever the reason is: it is not among those that can be read.
    if (error instanceof KsmError) return false;
    throw error;
  }
}

/** Throws EACCES if this user may not read the memory: the kernel decides that when the file is opened. */
export function checkReadable(pid: number): void {
  try {
    closeSync(openSync(`/proc/${pid}/mem`, 'r'));
  } catch (error) {
    throw processFailure(error, pid);
  }
}

/** A KsmError for what the kernel says about a file of /proc/PID. */
export function processFailure(error: unknown, pid: number): KsmError {
  const gone = `there is no process ${pid}, or not one that this user may see`;
  const denied =
    `the memory of process ${pid} may not be read: this needs the same user and kernel.yama.ptrace_scope 0, ` +
    'or CAP_SYS_PTRACE (root)';
  const code = failure(error, `read process ${pid}`, {}).code;
  if (code === 'ENOENT' || code === 'ESRCH') return new KsmError('ESRCH', gone, { cause: error });
  if (code === 'EACCES' || code === 'EPERM') return new KsmError('EACCES', denied, { cause: error });
  return failure(error, `read process ${pid}`, {});
}
