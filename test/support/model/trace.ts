/*
 * The operations of the trace format, version 1, and the errno values that its results use. Page numbers count from
 * the base that every process shares; `page` defaults to 0 and `pages` to 1.
 */

interface Range {
  readonly proc: string;
  readonly page?: number;
  readonly pages?: number;
}

export type Prot = 'r' | 'rw' | 'none';

/**
 * One line of a trace after its header. Locks, pins, and memory that may not be accessed are not in the format, but may be played by
 * test/recordings/golden2/player.ts.
 */
export type TraceOp =
  | { readonly op: 'process'; readonly proc: string }
  | { readonly op: 'fork'; readonly proc: string; readonly child: string }
  | { readonly op: 'exit'; readonly proc: string }
  | ({ readonly op: 'mmap'; readonly kind?: 'private' | 'shared' } & Range)
  | ({ readonly op: 'munmap' } & Range)
  | ({ readonly op: 'mprotect'; readonly prot: Prot } & Range)
  | ({ readonly op: 'madvise'; readonly advice: 'MERGEABLE' | 'UNMERGEABLE' | 'DONTNEED' } & Range)
  | ({ readonly op: 'fill'; readonly contents: readonly number[] } & Range)
  | ({ readonly op: 'poke'; readonly offset: number; readonly value: number } & Range)
  | ({ readonly op: 'mlock' | 'munlock' } & Range)
  | {
      readonly op: 'pin';
      readonly proc: string;
      readonly page: number;
      readonly how: 'get' | 'write';
      readonly id: number;
    }
  | { readonly op: 'unpin'; readonly proc: string; readonly id: number }
  | ({ readonly op: 'touch' } & Range)
  | ({ readonly op: 'digest' } & Range)
  | { readonly op: 'sysfs'; readonly file: string; readonly value: string }
  | { readonly op: 'scan'; readonly pages: number };

/** 0, a negative errno, or the digest that `digest` read. */
export type TraceResult = number | string;

export const EAGAIN = 11;
export const ENOMEM = 12;
export const EACCES = 13;
export const EFAULT = 14;
export const EBUSY = 16;
export const EEXIST = 17;
export const EINVAL = 22;
export const ERANGE = 34;

/** Reads a trace: the operations without the header line. */
export function parseTrace(text: string): TraceOp[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(1).map((line) => JSON.parse(line) as TraceOp);
}
