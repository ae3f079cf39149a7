/**
 * From what node:fs throws to KsmError.
 *
 * Assumes only that system errors carry the errno's name in `code`, as all of Node.js's do.
 */

import { ERRNO, type ErrnoName, KsmError } from '../errors.ts';
import { printable } from '../printable.ts';

/** The errno's name that a system error carries ("ENOENT", also ones that KsmError does not know), or ''. */
export function systemCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/**
 * A KsmError for a system error: `messages` has the text by errno; one that it does not have is passed on under its own
 * name (EIO if KsmError does not know it) with `doing` ("read /a/b") and the system's words.
 */
export function failure(error: unknown, doing: string, messages: Partial<Record<ErrnoName, string>>): KsmError {
  if (error instanceof KsmError) return error;
  const code = systemCode(error);
  const name = code in ERRNO ? (code as ErrnoName) : 'EIO';
  const text = messages[name] ?? `cannot ${doing}: ${error instanceof Error ? error.message : String(error)}`;
  return new KsmError(name, text, { cause: error });
}

/** "1 page", "2 pages". */
export function count(n: number, noun: string, plural: string = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : plural}`;
}

/** The same for a file that a user has named. */
export function pathFailure(error: unknown, path: string): KsmError {
  const shown = printable(path);
  return failure(error, `read ${shown}`, {
    ENOENT: `${shown}: no such file`,
    EACCES: `${shown} is not readable for this user`,
  });
}
