/**
 * Text from outside, made harmless for whoever looks at it.
 *
 * File names, names of processes and the words of a trace come from strangers. Some characters in them do things instead of being
 * seen: control characters move a terminal's cursor, bidirectional marks (U+202E) turn the text round behind them, others are
 * invisible. None of them is ever printed as it is: people see a question mark, programs get JSON's escape.
 */

/** Control and format characters, halves of surrogate pairs, what Unicode has not assigned, separators of lines and paragraphs. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** One line of text for people: each character that cannot be seen becomes "?". */
export function printable(text: string): string {
  return text.replace(UNSEEN, '?');
}

/** A value as JSON that means the same to every reader, with all that cannot be seen escaped. `indent` as JSON.stringify takes it. */
export function json(value: unknown, indent?: number): string {
  // What is below U+0020 in JSON text is its layout: inside of strings JSON.stringify has escaped it.
  return JSON.stringify(value, null, indent).replace(UNSEEN, (unseen) => (unseen < ' ' ? unseen : escaped(unseen)));
}

/** Each 16-bit unit as \uXXXX. */
function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
