/** The fuzzer finds what it is there to find: targets with known faults. */
import { describe, expect, test } from 'vitest';
import { KsmError } from '../../../src/errors.ts';
import { Dice } from '../../support/dice.ts';
import { attempt, Finding } from './contract.ts';
import { fuzz, type Novelty, shrink } from './loop.ts';
import { mutate } from './mutate.ts';
import { type Target, textOf } from './target.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Throws at inputs with `word` in them. */
function faulty(word: string): Target {
  const run = (input: Uint8Array): void => {
    if (textOf(input).includes(word)) throw new RangeError(`there is ${word}`);
  };
  return { name: 'faulty', run, words: ['magic', 'number'] };
}

function fuzzed(target: Target, seeds: string[], executions: number, novelty?: Novelty) {
  const goOn = (state: { executions: number }): boolean => state.executions < executions;
  return fuzz(target, { seeds: seeds.map(bytes), dice: new Dice('1'), goOn, ...(novelty && { novelty }) });
}

describe('the loop', () => {
  test('finds a seed that is not taken', async () => {
    const { found, executions } = await fuzzed(faulty('bad'), ['good', 'bad', 'good'], 100);
    expect(executions).toBe(2);
    expect(found?.input).toEqual(bytes('bad'));
    expect(found?.error).toBeInstanceOf(RangeError);
  });

  test('finds a mutant that is not taken, and leaves out what does not matter', async () => {
    const target = faulty('magic');
    const { found } = await fuzzed(target, ['a seed that says nothing'], 1000);
    if (found === undefined) throw new Error('nothing was found');
    const { input, error } = await shrink(target, found, () => true);
    expect(textOf(input)).toBe('magic');
    expect(error).toBeInstanceOf(RangeError);
  });

  test('finds nothing where nothing is wrong, and makes as many executions as it may', async () => {
    expect(await fuzzed(faulty('not to be made by chance'), ['seed'], 500)).toEqual({
      executions: 500,
      corpus: [bytes('seed')],
    });
  });

  test('keeps the inputs that bring something new, and goes on from them', async () => {
    // A fault behind four letters: each brings one nearer, all of them at once would take chance millions of tries.
    const secret = 'wasm';
    const steps = (input: Uint8Array): number => {
      const text = textOf(input);
      return [...secret].findIndex((letter, at) => text[at] !== letter);
    };
    let [last, most] = [0, 0];
    const run = (input: Uint8Array): void => {
      last = steps(input);
      if (last < 0) throw new Error('found');
    };
    const fresh = (): number => {
      const more = Math.max(0, last - most);
      most += more;
      return more;
    };
    const blind = await fuzzed({ name: 'steps', run }, ['....'], 20_000);
    expect(blind.found).toBeUndefined();
    const guided = await fuzzed({ name: 'steps', run }, ['....'], 200_000, { size: 0, fresh });
    expect(guided.found?.error).toEqual(new Error('found'));
  });
});

describe('mutants', () => {
  test('are the same for the same dice, and no longer than they may be', () => {
    const all = (): Uint8Array[] => {
      const dice = new Dice('x');
      return Array.from({ length: 500 }, () => mutate(bytes('{"a":[1,22,333]}\nb'), bytes('c\nd'), ['word'], 64, dice));
    };
    const [one, other] = [all(), all()];
    expect(one).toEqual(other);
    expect(new Set(one.map(textOf)).size).toBeGreaterThan(300);
    for (const mutant of one) expect(mutant.length).toBeLessThanOrEqual(64);
  });
});

describe('what code may answer', () => {
  const thrown = (error: unknown) => () =>
    attempt(
      () => {
        throw error;
      },
      ['EINVAL'],
      'a "word"',
    );

  test('is a value, or a refusal', () => {
    expect(attempt(() => 7, [])).toBe(7);
    const refusal = new KsmError('EINVAL', 'a "word" is none; expected a number.');
    expect(thrown(refusal)()).toBe(refusal);
  });

  /** The error itself makes what it says harmless, so that has to be got round. */
  const saying = (message: string): KsmError => Object.assign(new KsmError('EINVAL', ''), { message });

  test.each([
    ['another code', new KsmError('EIO', 'it cannot be read')],
    ['no message', new KsmError('EINVAL', '')],
    ['several lines', saying('one\ntwo')],
    ['a word for the terminal', saying('it is \x9b2J')],
  ])('is not %s', (_, error) => {
    expect(thrown(error)).toThrow(Finding);
  });

  test('is no other error', () => {
    expect(thrown(new TypeError('x is undefined'))).toThrow(TypeError);
  });
});
