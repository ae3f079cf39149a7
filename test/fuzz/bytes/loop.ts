/**
 * The fuzzing itself: runs the seeds, then mutants of what is worth keeping, until something is found or the time is
 * up.
 *
 * Worth keeping is an input that ran something no input before it ran (coverage.ts). Without coverage only the seeds
 * are mutated: that is blind, but the same seed and number of executions give the same inputs everywhere.
 */
import type { Dice } from '../../support/dice.ts';
import { mutate } from './mutate.ts';
import { MOST_BYTES, type Target } from './target.ts';

/** Tells whether something new ran since the last call, and how much there is of it. */
export interface Novelty {
  readonly size: number;
  fresh(): number;
}

export interface Options {
  readonly seeds: readonly Uint8Array[];
  readonly dice: Dice;
  readonly novelty?: Novelty;
  /** Asked before each execution with an input; no more are made once it says false. */
  readonly goOn: (state: State, input: Uint8Array) => boolean;
}

export interface State {
  executions: number;
  /** Inputs that are worth keeping, the seeds first. */
  readonly corpus: Uint8Array[];
}

/** An input with which a target throws, and what it throws. */
export interface Found {
  readonly input: Uint8Array;
  readonly error: unknown;
}

/** What the target throws at this input; undefined where it takes it. */
export async function tried(target: Target, input: Uint8Array): Promise<Found | undefined> {
  try {
    await target.run(input);
    return undefined;
  } catch (error) {
    return { input, error };
  }
}

/** Fuzzes until something is found, or goOn has enough. */
export async function fuzz(target: Target, options: Options): Promise<State & { readonly found?: Found }> {
  const { seeds, dice, novelty, goOn } = options;
  const { words = [], most = MOST_BYTES } = target;
  const state: State = { executions: 0, corpus: [] };
  for (let next = 0; ; next++) {
    const seed = seeds[next];
    const input = seed ?? mutate(parent(state.corpus, dice), parent(state.corpus, dice), words, most, dice);
    if (!goOn(state, input)) return state;
    // A copy: the target may keep what it is given, or write to it.
    const found = await tried(target, Uint8Array.from(input));
    state.executions++;
    if (found !== undefined) return { ...state, found: { ...found, input } };
    if ((novelty?.fresh() ?? 0) > 0 || seed !== undefined) state.corpus.push(input);
  }
}

/** One of the corpus; what came last, and so may lead on, more often than the rest. */
function parent(corpus: readonly Uint8Array[], dice: Dice): Uint8Array {
  if (corpus.length === 0) return new Uint8Array();
  const from = dice.pick([0, 0, Math.floor(corpus.length * 0.75)]);
  return corpus[dice.between(from, corpus.length - 1)] ?? new Uint8Array();
}

/** Pieces that shrinking tries to do without, as parts of the input. */
const PARTS = [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] as const;

/** Leaves out of a found input what is not needed for the same kind of error; tries at most some thousand times. */
export async function shrink(target: Target, found: Found, goOn: (input: Uint8Array) => boolean): Promise<Found> {
  let best = found;
  for (const parts of PARTS) {
    const size = Math.ceil(best.input.length / parts);
    for (let end = best.input.length; end > 0; end -= size) {
      const start = Math.max(0, end - size);
      const shorter = Buffer.concat([best.input.subarray(0, start), best.input.subarray(end)]);
      if (!goOn(shorter)) return best;
      const again = await tried(target, Uint8Array.from(shorter));
      if (again !== undefined && kind(again.error) === kind(found.error)) best = { ...again, input: shorter };
    }
  }
  return best;
}

/** Errors that most probably are the same one: by their name and where they come from, the checks themselves aside. */
function kind(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const calls = (error.stack ?? '').split('\n').filter((line) => /^ {4}at /.test(line) && !line.includes('contract.'));
  return `${error.name}${calls[0] ?? ''}`;
}
