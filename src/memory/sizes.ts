/** How large a memory can be, and how one is made. Nobody else knows how far an address reaches. */
import * as layout from '../../assembly/layout/index.ts';
import { KsmError } from '../errors.ts';

/** Bytes of a page of a process. */
export const PAGE_SIZE: number = layout.PAGE_SIZE;
/** Bytes by which WebAssembly counts a memory's size. */
export const UNIT_BYTES: number = 65536;
/** Most bytes of one memory: its addresses have 32 bits. */
export const MEMORY_BYTES_MAX: number = 2 ** 32;
export const UNITS_MAX: number = MEMORY_BYTES_MAX / UNIT_BYTES;
export const PAGES_PER_UNIT: number = UNIT_BYTES / PAGE_SIZE;
/** More frames than one memory can have. */
export const FRAMES_MAX: number = MEMORY_BYTES_MAX / PAGE_SIZE;

/** A memory of so many units, all zero. ENOMEM if the system has no room for it. */
export function createMemory(units: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: units, maximum: units, shared: true });
  } catch (cause) {
    const mebibytes = (units * UNIT_BYTES) / 2 ** 20;
    const advice = 'free some, or choose a smaller "memory"';
    throw new KsmError('ENOMEM', `The system refuses a memory of ${mebibytes} MiB; ${advice}.`, { cause });
  }
}
