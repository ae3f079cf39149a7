/**
 * One trace on the live kernel and on the engine: do they say the same?
 *
 * The engine in content order has to agree in everything, in hash order in what the processes read; its invariants are
 * checked after each step in both.
 */
import type { HostOptions } from '../../../src/index.ts';
import { type RecordOptions, recordTrace } from '../../../src/kernel/index.ts';
import {
  type Difference,
  firstDifference,
  playTrace,
  type RecordingLine,
  type Trace,
} from '../../../src/trace/index.ts';
import { collect } from '../../support/collect.ts';

export interface Disagreement {
  readonly index: 'content' | 'hash';
  /** What differs, or how the engine failed. */
  readonly difference: Difference | Error;
}

export interface Comparison {
  readonly kernel: readonly RecordingLine[];
  readonly disagreement?: Disagreement;
}

/** What the engine says, or how it fails, traps included. A random key would make runs that cannot be repeated. */
export async function playOnEngine(trace: Trace, options: HostOptions): Promise<RecordingLine[] | Error> {
  try {
    return await collect(playTrace(trace, { host: { seed: 1, ...options }, invariants: true }));
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

async function disagreement(trace: Trace, kernel: readonly RecordingLine[]): Promise<Disagreement | undefined> {
  for (const index of ['content', 'hash'] as const) {
    const engine = await playOnEngine(trace, { index });
    if (engine instanceof Error) return { index, difference: engine };
    const difference = firstDifference(trace, kernel, engine, index === 'content' ? 'everything' : 'digests');
    if (difference !== undefined) return { index, difference };
  }
  return undefined;
}

/** Plays a trace on the live kernel and on the engine. Throws as recordTrace does. */
export async function compare(trace: Trace, options: RecordOptions): Promise<Comparison> {
  const kernel = await collect(recordTrace(trace, options));
  const found = await disagreement(trace, kernel);
  return found === undefined ? { kernel } : { kernel, disagreement: found };
}

/** Whether two disagreements are about the same thing, as far as that can be said. */
export function isSameKind(one: Disagreement, other: Disagreement | undefined): boolean {
  const field = ({ difference }: Disagreement): string =>
    difference instanceof Error ? difference.name : `field ${difference.path}`;
  return other !== undefined && one.index === other.index && field(one) === field(other);
}

/** A disagreement in one line. */
export function disagreementText({ index, difference }: Disagreement): string {
  if (difference instanceof Error) return `index ${index}: the engine fails: ${difference.message}`;
  const { line, operation, path, expected, actual } = difference;
  const [kernel, engine] = [expected, actual].map((value) => JSON.stringify(value) ?? 'nothing');
  return `index ${index}: line ${line}, after ${operation}: ${path}: the kernel says ${kernel}, the engine ${engine}`;
}
