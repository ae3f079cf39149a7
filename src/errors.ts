/**
 * Every error the library throws on purpose.
 *
 * `code` is stable and meant for programs: the kernel's errno by name where the kernel has one for the case, else a name
 * of our own in the same style. The message is meant for people: what was wrong, what was expected, what to do. It is one line, and
 * whatever it repeats of a name or a word from outside is made harmless in it.
 */

import { printable } from './printable.ts';

/** Errnos of Linux on x86-64 that this project reports, by name. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  EFBIG: 27,
  ENOSPC: 28,
  EROFS: 30,
  ERANGE: 34,
} as const;

export type ErrnoName = keyof typeof ERRNO;

/**
 * Codes without an errno: EUSAGE wrong command line; EFORMAT a file that is not what it should be;
 * ECORRUPT an invariant of the engine is broken.
 */
export type ErrorCode = ErrnoName | 'EUSAGE' | 'EFORMAT' | 'ECORRUPT';

export class KsmError extends Error {
  override readonly name: string = 'KsmError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(printable(message), options);
    this.code = code;
  }

  /** The kernel's number for `code` (positive), or undefined if the kernel has none. */
  get errno(): number | undefined {
    return (ERRNO as Record<string, number | undefined>)[this.code];
  }
}

/** The name of an errno, given positive or negative; undefined for one that this project never reports. */
export function errnoName(errno: number): ErrnoName | undefined {
  const wanted = Math.abs(errno);
  return (Object.keys(ERRNO) as ErrnoName[]).find((name) => ERRNO[name] === wanted);
}
