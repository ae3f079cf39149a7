/**
 * What callers hand to the library, checked when it arrives: JavaScript lets anybody hand in anything, and what is misread does harm
 * later and elsewhere.
 *
 * Every check gives back what it was given, or throws EINVAL with what was given, what is accepted, and the nearest
 * name where there is one. What is given is never converted on the way, and each property of it is read once, so an
 * object that answers differently each time cannot get through.
 */
import { KsmError } from './errors.ts';
import { nearest } from './nearest.ts';
import { json } from './printable.ts';

/** `what` names the value in a message: Option "pages". */
export type Check<T> = (what: string, value: unknown) => T;

const SHOWN_LENGTH = 40;

/** A value as a message shows it. Never fails, whatever it is. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return json(value.length > SHOWN_LENGTH ? `${value.slice(0, SHOWN_LENGTH)}…` : value);
    case 'bigint':
      return `${value}n`;
    case 'function':
      return 'a function';
    case 'object':
      return value === null ? 'null' : isArray(value) ? 'an array' : 'an object';
    default:
      return String(value);
  }
}

/** As Array.isArray, which throws for a proxy that was revoked. */
function isArray(value: unknown): boolean {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

export function invalid(what: string, value: unknown, expected: string, near?: string): KsmError {
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`;
  return new KsmError('EINVAL', `${what} is ${shown(value)}; expected ${expected}.${hint}`);
}

/** A number without a fraction, from `min` to `max`. */
export function wholeNumber(min: number, max: number): Check<number> {
  return (what, value) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    throw invalid(what, value, `a whole number from ${min} to ${max}`);
  };
}

/** Any number but NaN and the infinite ones. */
export function finiteNumber(what: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw invalid(what, value, 'a number');
}

export function flag(what: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw invalid(what, value, 'true or false');
}

export function text(what: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw invalid(what, value, 'a string');
}

/** One of a few words. */
export function oneOf<Word extends string>(...words: readonly Word[]): Check<Word> {
  return (what, value) => {
    if (words.includes(value as Word)) return value as Word;
    // Made here: the first list that Intl writes takes it twenty milliseconds, and nearly nobody needs one.
    const list = new Intl.ListFormat('en', { type: 'disjunction' }).format(words.map((word) => `"${word}"`));
    throw invalid(what, value, list, typeof value === 'string' ? nearest(value, words) : undefined);
  };
}

const isAborted = Object.getOwnPropertyDescriptor(AbortSignal.prototype, 'aborted')?.get as (this: unknown) => boolean;

export function abortSignal(what: string, value: unknown): AbortSignal {
  try {
    isAborted.call(value); // throws if it is none, whatever its prototype says
    return value as AbortSignal;
  } catch {
    throw invalid(what, value, 'an AbortSignal');
  }
}

/** Taken as it is: whoever uses it checks it. */
export function anything<T>(_what: string, value: unknown): T {
  return value as T;
}

/** How each option is checked, by its name. */
export type Checks<Options> = { readonly [Name in keyof Options]-?: Check<NonNullable<Options[Name]>> };

const NOTHING = Object.freeze(Object.create(null)) as object;

/** An object of options of its own, each checked. What is undefined was not given; what is not the object's own does not count. */
export function optionsOf<Options extends object>(call: string, given: unknown, checks: Checks<Options>): Options {
  if (given === undefined) return NOTHING as Options;
  const options = Object.create(null) as Record<string, unknown>;
  if (!isPlain(given)) throw invalid(`${call}: what is given as options`, given, 'an object such as { … }');
  const names = Object.keys(checks);
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(checks, name)) throw unknownName(`${call}: there is no option`, name, names);
    if (value === undefined) continue;
    options[name] = (checks[name as keyof Options] as Check<unknown>)(`${call}: option "${name}"`, value);
  }
  return options as Options;
}

/** The error for a name that nothing has. */
export function unknownName(what: string, name: string, names: readonly string[]): KsmError {
  const near = nearest(name, names);
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`;
  return new KsmError('EINVAL', `${what} ${shown(name)}; there are ${names.join(', ')}.${hint}`);
}

/** An object that was written as one, of whatever realm: of a class it would not be said what of it is meant. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || isArray(value)) return false;
  try {
    const prototype: unknown = Object.getPrototypeOf(value);
    return prototype === null || Object.getPrototypeOf(prototype) === null;
  } catch {
    return false; // a proxy that was revoked
  }
}
