/**
 * The fields of one line of a trace or a recording, read with checks.
 *
 * Every refusal is the same kind of message: file, line, field, what was expected, what was there.
 */
import { KsmError } from '../errors.ts';
import { json } from '../printable.ts';
import { type Integer, IrregularJson, isInteger, parseJson } from './json.ts';

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Characters of what was found. */
const SHOWN = 60;

/** What was found, on one line and short enough for a message. */
function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  // Not as JSON: it may be nested deeper than the stack is, or hold integers that JSON.stringify refuses.
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  const beginning = typeof value === 'string' ? value.slice(0, SHOWN) : value;
  const text = typeof beginning === 'bigint' ? beginning.toString() : json(beginning);
  return text.length > SHOWN ? `${text.slice(0, SHOWN - 3)}...` : text;
}

/** Of a process, for example; a recording repeats it at every page. */
const MOST_NAME = 64;

export class Fields {
  readonly #place: string;
  readonly #values: Record<string, unknown>;
  readonly #asked: Set<string> = new Set();

  /** Throws KsmError EFORMAT if `text` is not one JSON object. */
  constructor(file: string, line: number, text: string) {
    this.#place = `${file}:${line}`;
    let values: unknown;
    try {
      values = parseJson(text);
    } catch (cause) {
      const wrong = cause instanceof IrregularJson ? cause.message : `expected one JSON object, got ${show(text)}`;
      throw new KsmError('EFORMAT', `${this.#place}: ${wrong}`, { cause });
    }
    if (!isObject(values)) throw new KsmError('EFORMAT', `${this.#place}: expected a JSON object, got ${show(values)}`);
    this.#values = values;
  }

  /** Refuses the line because of one field. */
  fail(field: string, expected: string, got: unknown): never {
    throw new KsmError('EFORMAT', `${this.#place}: field "${field}": expected ${expected}, got ${show(got)}`);
  }

  /** The field as it was written, undefined if it is missing. */
  get(field: string): unknown {
    this.#asked.add(field);
    return Object.hasOwn(this.#values, field) ? this.#values[field] : undefined;
  }

  /** A string, empty or not, of at most `most` characters. */
  text(field: string, most: number): string {
    const value = this.get(field);
    if (typeof value !== 'string') return this.fail(field, 'a string', value);
    return value.length <= most ? value : this.fail(field, `at most ${most} characters`, value);
  }

  /** A string that is not empty and not too long. */
  name(field: string): string {
    const value = this.get(field);
    if (typeof value === 'string' && value !== '' && value.length <= MOST_NAME) return value;
    return this.fail(field, `a name of 1 to ${MOST_NAME} characters`, value);
  }

  /** Refuses a field that nobody has asked for: `what` does not have it. */
  expectNoOther(what: string): void {
    const other = Object.keys(this.#values).find((field) => !this.#asked.has(field));
    if (other === undefined) return;
    const has = [...this.#asked].join(', ');
    throw new KsmError('EFORMAT', `${this.#place}: field ${show(other)}: ${what} has no such field; it has ${has}`);
  }

  /** One of some words; `fallback` where the field is missing. */
  word<Word extends string>(field: string, words: readonly Word[], fallback?: Word): Word {
    const value = this.get(field) ?? fallback;
    return words.find((word) => word === value) ?? this.fail(field, `one of ${words.join(', ')}`, value);
  }

  /** An integer from 0 to `most`. */
  integer(field: string, options: { most?: number; default?: number }): number {
    const value = this.get(field) ?? options.default;
    const most = options.most ?? Number.MAX_SAFE_INTEGER;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= most) return value;
    return this.fail(field, `an integer from 0 to ${most}`, value);
  }

  /** Integers of any size, none negative. */
  integers(field: string): Integer[] {
    const values = this.get(field);
    if (!Array.isArray(values)) return this.fail(field, 'an array of integers', values);
    for (const value of values) {
      if (!isInteger(value) || value < 0) this.fail(field, 'integers, none of them negative', value);
    }
    return values;
  }

  /** An integer of any size, modulo 2^64. */
  word64(field: string): bigint {
    const value = this.get(field);
    return isInteger(value) ? BigInt.asUintN(64, BigInt(value)) : this.fail(field, 'an integer', value);
  }

  /** A string of at most `most` characters, or an integer as its digits. */
  textOrInteger(field: string, most: number): string {
    const value = this.get(field);
    return isInteger(value) ? value.toString() : this.text(field, most);
  }
}
