/**
 * Changes inputs at random: bits and bytes, pieces, lines, numbers and words, so that both binary files and text get
 * somewhere. The dice decide everything.
 */
import type { Dice } from '../../support/dice.ts';
import type { Word } from './target.ts';

/** Numbers at which code changes its mind: around powers of two, and what is too large for this or that. */
const NUMBERS: readonly string[] = [
  ...['0', '1', '2', '-1', '00', '+1', '1.5', '1e9', '255', '256', '257', '4095', '4096', '65536', '1000000'],
  ...['2147483647', '2147483648', '4294967295', '4294967296', '134217728', '549755813888', '1099511627776'],
  ...['9007199254740991', '9007199254740993', '18446744073709551615', '18446744073709551616', '1'.repeat(40)],
];

/** Characters that end, quote or nest something, or that a terminal understands. */
const SIGNS: readonly string[] = [
  ...['\n', '\0', '\r\n', '\t', ' ', '"', '\\', '=', ',', ':', '-', '--', '{', '}', '[', ']', '\\u0000', '\x1b[2J'],
  ...['\u007f', '\u009b', '\u2028', '\ufeff', 'é', '😀', 'null', 'true', '__proto__', '""', '[]', '{}'],
];

/** How much is repeated, nested or inserted at most. */
const MOST_TIMES = 6;
/** How deep values are nested: the last is deeper than the stack. */
const DEEP = [8, 64, 10_000] as const;

type Mutation = (input: Buffer, context: Context) => Buffer;

interface Context {
  readonly dice: Dice;
  readonly other: Uint8Array;
  readonly words: readonly Word[];
}

/** A mutant of `input` of at most `most` bytes; `other` is another input to take pieces from. */
export function mutate(
  input: Uint8Array,
  other: Uint8Array,
  words: readonly Word[],
  most: number,
  dice: Dice,
): Uint8Array {
  let mutant: Buffer = Buffer.from(input);
  for (let left = 1 + dice.below(MOST_TIMES); left > 0; left--) {
    mutant = dice.pick(MUTATIONS)(mutant, { dice, other, words }).subarray(0, most);
  }
  return mutant;
}

/** A piece of `bytes`: where it begins and ends. Short ones are more frequent. */
function piece(bytes: Uint8Array, dice: Dice): [start: number, end: number] {
  const start = dice.below(bytes.length + 1);
  const length = dice.below(dice.pick([2, 8, 64, 4096, bytes.length + 1]) + 1);
  return [start, Math.min(bytes.length, start + length)];
}

function replace(input: Buffer, start: number, end: number, by: Word): Buffer {
  return Buffer.concat([input.subarray(0, start), typeof by === 'string' ? Buffer.from(by) : by, input.subarray(end)]);
}

function insert(input: Buffer, word: Word, { dice }: Context): Buffer {
  const at = dice.below(input.length + 1);
  return replace(input, at, at, word);
}

function lines(input: Buffer): string[] {
  return input.toString('latin1').split('\n');
}

function joined(all: readonly string[]): Buffer {
  return Buffer.from(all.join('\n'), 'latin1');
}

const flipBit: Mutation = (input, { dice }) => {
  const at = dice.below(input.length + 1);
  if (at < input.length) input.writeUInt8(input.readUInt8(at) ^ (1 << dice.below(8)), at);
  return input;
};

const setByte: Mutation = (input, { dice }) => {
  const at = dice.below(input.length + 1);
  if (at < input.length) input.writeUInt8(dice.pick([0, 0xff, 0x7f, 0x80, dice.below(256)]), at);
  return input;
};

const insertBytes: Mutation = (input, { dice }) => {
  const at = dice.below(input.length + 1);
  return replace(input, at, at, Buffer.alloc(1 + dice.below(8), dice.below(256)));
};

const removePiece: Mutation = (input, { dice }) => replace(input, ...piece(input, dice), '');

const repeatPiece: Mutation = (input, { dice }) => {
  const [start, end] = piece(input, dice);
  const times = 1 + dice.below(MOST_TIMES);
  return replace(input, end, end, Buffer.concat(Array<Buffer>(times).fill(input.subarray(start, end))));
};

const copyPiece: Mutation = (input, { dice }) => {
  const [start, end] = piece(input, dice);
  const at = dice.below(input.length + 1);
  return replace(input, at, Math.min(input.length, at + dice.pick([0, end - start])), input.subarray(start, end));
};

const takePiece: Mutation = (input, { dice, other }) =>
  replace(input, ...piece(input, dice), other.subarray(...piece(other, dice)));

const crossOver: Mutation = (input, { dice, other }) =>
  replace(input, dice.below(input.length + 1), input.length, other.subarray(dice.below(other.length + 1)));

const changeNumber: Mutation = (input, context) => {
  const { dice } = context;
  const found = [...input.toString('latin1').matchAll(/\d+/g)];
  if (found.length === 0) return insert(input, dice.pick(NUMBERS), context);
  const { index, 0: digits } = dice.pick(found);
  const near = BigInt(digits) + BigInt(dice.between(-2, 2));
  return replace(input, index, index + digits.length, dice.pick([`${near}`, `${dice.below(64)}`, dice.pick(NUMBERS)]));
};

const insertSign: Mutation = (input, context) => insert(input, context.dice.pick(SIGNS), context);

const insertWord: Mutation = (input, context) =>
  context.words.length === 0 ? insertSign(input, context) : insert(input, context.dice.pick(context.words), context);

/** Puts a word in the place of a word. */
const changeWord: Mutation = (input, context) => {
  const { dice, words } = context;
  const found = [...input.toString('latin1').matchAll(/\w+/g)];
  if (found.length === 0 || words.length === 0) return insertWord(input, context);
  const { index, 0: word } = dice.pick(found);
  return replace(input, index, index + word.length, dice.pick(words));
};

/** A JSON value, or something like it, becomes one of another kind. */
const changeValue: Mutation = (input, { dice }) => {
  const found = [...input.toString('latin1').matchAll(/"(?:[^"\\\n]|\\.)*"|[\d.eE+-]+|\[[^[\]\n]*\]/g)];
  if (found.length === 0) return input;
  const { index, 0: value } = dice.pick(found);
  const number = dice.pick(NUMBERS);
  const by = dice.pick([
    number,
    `"${number}"`,
    `[${value}]`,
    `{"a":${value}}`,
    `[${number}]`,
    'null',
    'false',
    '""',
    '-0',
  ]);
  return replace(input, index, index + value.length, by);
};

const nest: Mutation = (input, { dice }) => {
  const [open, close] = dice.pick([
    ['[', ']'],
    ['{"a":', '}'],
  ] as const);
  const [start, end] = piece(input, dice);
  const depth = dice.pick(DEEP);
  return replace(input, start, end, `${open.repeat(depth)}0${close.repeat(depth)}`);
};

const removeLine: Mutation = (input, { dice }) => {
  const all = lines(input);
  all.splice(dice.below(all.length), 1);
  return joined(all);
};

const repeatLine: Mutation = (input, { dice }) => {
  const all = lines(input);
  const line = dice.pick(all);
  all.splice(dice.below(all.length + 1), 0, ...Array<string>(1 + dice.below(2)).fill(line));
  return joined(all);
};

const moveLine: Mutation = (input, { dice }) => {
  const all = lines(input);
  const [line = ''] = all.splice(dice.below(all.length), 1);
  all.splice(dice.below(all.length + 1), 0, line);
  return joined(all);
};

const takeLine: Mutation = (input, { dice, other }) => {
  const all = lines(input);
  all.splice(dice.below(all.length + 1), dice.below(2), dice.pick(lines(Buffer.from(other))));
  return joined(all);
};

/** What text needs is here more often: most of what is read is text. */
const MUTATIONS: readonly Mutation[] = [
  ...[flipBit, setByte, insertBytes, removePiece, removePiece, repeatPiece, copyPiece, takePiece, crossOver],
  ...[changeNumber, changeNumber, changeNumber, insertSign, insertWord, insertWord, changeWord, changeWord],
  ...[changeValue, changeValue, nest, removeLine, repeatLine, moveLine, takeLine, takeLine],
];
