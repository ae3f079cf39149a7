/** What the tests of the page sources share: reading a source whole, and processes to read. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { KsmError } from '../../src/errors.ts';
import { type ImageOptions, openImage } from '../../src/image/open.ts';
import { PAGE_BYTES, type PageSource } from '../../src/image/source.ts';

/** The source of an image that has one address space. */
export async function openOne(path: string, options?: ImageOptions): Promise<PageSource> {
  const [source, ...others] = await openImage(path, options);
  if (source === undefined || others.length > 0) throw new Error(`${path} has ${1 + others.length} address spaces`);
  return source;
}

/** Every page of a source by its number; checks on the way what PageSource promises of chunks and ranges. */
export async function readAll(source: PageSource, signal?: AbortSignal): Promise<Map<number, Buffer>> {
  const pages = new Map<number, Buffer>();
  let next = 0;
  for await (const { page, bytes } of source.read(signal === undefined ? {} : { signal })) {
    if (page < next || bytes.length === 0 || bytes.length % PAGE_BYTES !== 0) {
      throw new Error(`chunk of ${bytes.length} bytes at page ${page}, expected whole pages from ${next} on`);
    }
    for (let i = 0; i < bytes.length / PAGE_BYTES; i++) {
      pages.set(page + i, Buffer.from(bytes.subarray(i * PAGE_BYTES, (i + 1) * PAGE_BYTES)));
    }
    next = page + bytes.length / PAGE_BYTES;
  }
  for (const page of pages.keys()) {
    if (!source.ranges.some((range) => page >= range.page && page < range.page + range.pages)) {
      throw new Error(`page ${page} is in no range`);
    }
  }
  return pages;
}

/** The error that a promise is rejected with. */
export async function failed(promise: Promise<unknown>): Promise<KsmError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof KsmError) return error;
  throw new Error(`expected a KsmError, not ${String(error)}`);
}

/** Files that this process has open, by path. */
export function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return []; // The one that listed the directory.
    }
  });
}

/** Runs `code` in Node.js; ready when it has sent its first message. */
export async function startNode(
  code: string,
  options: readonly string[] = [],
): Promise<ChildProcess & { pid: number }> {
  const child = spawn(process.execPath, [...options, '--input-type=module', '-e', code], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const gone = once(child, 'exit').then(() => Promise.reject(new Error('the process ended before it was ready')));
  await Promise.race([once(child, 'message'), gone]);
  gone.catch(() => {});
  return withPid(child);
}

export function withPid<T extends ChildProcess>(child: T): T & { pid: number } {
  if (child.pid === undefined) throw new Error('the process was not started');
  return child as T & { pid: number };
}

export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Runs `action` without the rights of root, which no permission holds back. */
export async function unprivileged<T>(action: () => Promise<T>): Promise<T> {
  const root = process.geteuid?.() === 0;
  if (root) process.seteuid?.(65534);
  try {
    return await action();
  } finally {
    if (root) process.seteuid?.(0);
  }
}

/** Code for startNode: `bytes` of words counted from `seed` on, each 4 bytes, in a mapping of their own. */
export function patternCode(seed: number, bytes: number): string {
  return `
    const words = new Uint32Array(Buffer.allocUnsafeSlow(${bytes}).buffer);
    for (let i = 0; i < words.length; i++) words[i] = ${seed} + i;
    globalThis.words = words;
    process.on('disconnect', () => process.exit());
    process.on('message', () => {});
    process.send('ready');
  `;
}

export function pattern(seed: number, bytes: number): Buffer {
  const words = new Uint32Array(bytes / 4);
  for (let i = 0; i < words.length; i++) words[i] = seed + i;
  return Buffer.from(words.buffer);
}

/** By its flags: PF_KTHREAD is 0x00200000, and they are the ninth field of proc(5). */
export function isKernelThread(pid: number): boolean {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return false; // Ended meanwhile.
  }
  const flags = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[9 - 3]);
  return (flags & 0x0020_0000) !== 0;
}
