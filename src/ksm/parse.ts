/**
 * How the kernel understands what is written to a file under /sys/kernel/mm/ksm.
 *
 * It solves one problem: the same text must be accepted, with the same value, or refused with the same errno as by
 * Linux (kstrtoull and its family, kstrtobool, sysfs_streq). Which file uses which parser, and whether it reports
 * ERANGE or turns it into EINVAL, is the caller's knowledge, so refusals are returned by name and not thrown. A write
 * of no bytes at all never gets this far: the kernel answers it without asking the file.
 *
 * Source: specification of Linux 6.18's KSM, section 5; every case was also put to a running kernel (see the tests).
 */

/** The value, or the name of the errno with which the kernel's parser refuses the text. */
export type Parsed<T> = T | 'EINVAL' | 'ERANGE';

/** The kernel's buffer is a C string: nothing after a NUL is seen. */
function cString(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

/** Digits, then at most one newline. A value that is too large is reported before what follows it is looked at. */
function parseMagnitude(text: string): Parsed<bigint> {
  const digits = /^[0-9]*/.exec(text)?.[0] ?? '';
  if (digits === '') return 'EINVAL';
  const value = BigInt(digits);
  if (value !== BigInt.asUintN(64, value)) return 'ERANGE';
  const rest = text.slice(digits.length);
  return rest === '' || rest === '\n' ? value : 'EINVAL';
}

/**
 * A decimal number as kstrtouint (32 bits) or kstrtoul (64) reads it: an optional `+`, digits, an optional newline.
 * ERANGE if the number does not fit; many files report that as EINVAL.
 */
export function parseUnsigned(text: string, bits: 32 | 64): Parsed<bigint> {
  const line = cString(text);
  const value = parseMagnitude(line.startsWith('+') ? line.slice(1) : line);
  return typeof value === 'bigint' && value !== BigInt.asUintN(bits, value) ? 'ERANGE' : value;
}

/** A decimal `int` as kstrtoint reads it: like parseUnsigned, but one sign, `+` or `-`, may come first. */
export function parseInteger(text: string): Parsed<number> {
  const line = cString(text);
  const negative = line.startsWith('-');
  const magnitude = parseMagnitude(negative || line.startsWith('+') ? line.slice(1) : line);
  if (typeof magnitude !== 'bigint') return magnitude;
  const value = negative ? -magnitude : magnitude;
  return value === BigInt.asIntN(32, value) ? Number(value) : 'ERANGE';
}

/** A switch as kstrtobool reads it: only the first character counts, except that an `o` needs its `n` or `f`. */
export function parseBool(text: string): Parsed<boolean> {
  const line = cString(text);
  if (/^([1yte]|on)/i.test(line)) return true;
  if (/^([0nfd]|of)/i.test(line)) return false;
  return 'EINVAL';
}

/** The one of `words` that the text is, as sysfs_streq compares: exactly, or with one newline after it. */
export function parseWord<Word extends string>(text: string, words: readonly Word[]): Parsed<Word> {
  const line = cString(text);
  return words.find((word) => line === word || line === `${word}\n`) ?? 'EINVAL';
}
