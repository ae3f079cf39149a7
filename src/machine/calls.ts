/** What system calls take and say: their options and words, checked, the engine's numbers for them, and why one fails. */

import { layout } from '../engine/index.ts';
import { KsmError } from '../errors.ts';
import type { FrameId } from '../memory/index.ts';
import { type Check, type Checks, flag, oneOf, wholeNumber } from '../validate.ts';

export type Protection = 'rw' | 'r' | 'none';

export interface MapOptions {
  /** Shared with the children that fork makes; never KSM's. Default false: private memory. */
  readonly shared?: boolean;
  /** Default "rw". */
  readonly prot?: Protection;
  /** EEXIST instead of replacing what is mapped there. */
  readonly fixedNoReplace?: boolean;
  /** A private mapping of an empty file: pages are the file's, and so no business of KSM's, until they are written. */
  readonly file?: boolean;
  /** Huge pages where 2 MiB are aligned (MADV_HUGEPAGE): they come at the first write and are split when a part of one merges. */
  readonly hugepage?: boolean;
  /** Device, hugetlb, droppable or DAX memory: KSM refuses it. */
  readonly special?: boolean;
}

/** What madvise can be told here. */
export type Advice = 'MERGEABLE' | 'UNMERGEABLE' | 'DONTNEED';

export const PROTECTION: Check<Protection> = oneOf<Protection>('rw', 'r', 'none');

export const MAP_OPTIONS: Checks<MapOptions> = {
  shared: flag,
  prot: PROTECTION,
  fixedNoReplace: flag,
  file: flag,
  hugepage: flag,
  special: flag,
};

export const ADVICE: Record<Advice, number> = {
  MERGEABLE: layout.MADV_MERGEABLE,
  UNMERGEABLE: layout.MADV_UNMERGEABLE,
  DONTNEED: layout.MADV_DONTNEED,
};

export const ACCESS: Record<Protection, number> = {
  rw: layout.VM_READ | layout.VM_WRITE,
  r: layout.VM_READ,
  none: 0,
};

export const MAP_ACCESS: Record<Protection, number> = { rw: 0, r: layout.MAP_READ_ONLY, none: layout.MAP_NONE };

export const ADVICES: Check<Advice> = oneOf<Advice>('MERGEABLE', 'UNMERGEABLE', 'DONTNEED');

/** An extra reference to a page. */
export interface Pin extends Disposable {
  /** The frame that it holds. */
  readonly frame: FrameId;
  /** Drops the reference; once is enough, more does no harm. */
  release(): void;
}

/** How a reference is taken: a plain one, or a pin for DMA that reads or writes the page. */
export type PinMode = 'get' | 'read' | 'write';

export const PIN: Record<PinMode, number> = { get: layout.PIN_GET, read: layout.PIN_READ, write: layout.PIN_WRITE };
export const PIN_MODES: Check<PinMode> = oneOf<PinMode>('get', 'read', 'write');
/** An argument of prctl is a long. */
const LONG: Check<number> = wholeNumber(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);

export const PR_SET_MEMORY_MERGE = 67;
export const PR_GET_MEMORY_MERGE = 68;

/** /proc/PID/ksm_stat. */
export interface KsmStat {
  readonly ksm_rmap_items: number;
  readonly ksm_zero_pages: number;
  readonly ksm_merging_pages: number;
  /** Bytes; negative where the metadata costs more than merging saves. */
  readonly ksm_process_profit: number;
  readonly ksm_merge_any: 'yes' | 'no';
  readonly ksm_mergeable: 'yes' | 'no';
}

/** Bytes that Linux spends on an rmap item; its profit figures count with it. */
export const RMAP_ITEM_COST = 64;

const REASONS: Partial<Record<string, string>> = {
  ENOMEM: 'part of the range is not mapped, or lies outside the address space',
  EFAULT: 'not mapped, or its protection forbids this access',
  EEXIST: 'something is mapped there already',
  EINVAL: 'the range is empty or lies outside the address space',
};

/** What the five arguments of prctl ask for: to set whether all is merged, to `on`, or to get it. EINVAL where they say neither. */
export function memoryMergeOf(given: readonly number[]): { isSet: boolean; on: boolean } {
  const [what, on, ...rest] = given.map((value, index) => LONG(`prctl: argument ${index + 1}`, value));
  const isSet = what === PR_SET_MEMORY_MERGE;
  if ((isSet || (what === PR_GET_MEMORY_MERGE && on === 0)) && rest.every((value) => value === 0)) {
    return { isSet, on: on !== 0 };
  }
  throw new KsmError(
    'EINVAL',
    `prctl(${given.join(', ')}): expected PR_SET_MEMORY_MERGE (${PR_SET_MEMORY_MERGE}) with ` +
      `one argument or PR_GET_MEMORY_MERGE (${PR_GET_MEMORY_MERGE}) with none; all others must be 0.`,
  );
}

/** Why a call with this errno failed. */
export function reasonOf(call: string, code: string, length: number): string {
  if (call === 'madvise' && code === 'EINVAL')
    return 'DONTNEED is refused where memory is locked or special; unlock it first';
  if (call === 'munmap' && code === 'EINVAL' && length === 0) return 'the length is 0; expected at least one byte';
  if (call === 'mlock' && code === 'ENOMEM') return 'part of the range is not mapped, or must not be read or written';
  return REASONS[code] ?? 'refused';
}
