/**
 * Where does one recording first differ from another of the same trace?
 *
 * The header is compared by what makes it the same trace, not by who played it. Groups of frames are sets: their order
 * does not count. Everything else counts.
 */
import { isObject } from './fields.ts';
import type { Group, Operation, RecordingLine, RecordingStep, Trace } from './format.ts';
import { sortGroups } from './frames.ts';

export interface Difference {
  /** Line of the recording, from 1, blank lines not counted. */
  readonly line: number;
  /** The line of the trace that was played, shortened. */
  readonly operation: string;
  /** The field, such as sysfs.pages_shared; empty if a whole line is missing or too much. */
  readonly path: string;
  /** Undefined if that recording has no such field or line; of frames, only the groups that the other lacks. */
  readonly expected: unknown;
  readonly actual: unknown;
}

/** What must agree: every line completely, or only what `digest` read, with the header and the number of lines. */
export type Scope = 'everything' | 'digests';

type FieldDifference = Pick<Difference, 'path' | 'expected' | 'actual'>;

const HEADER_FIELDS = ['op', 'version', 'name'];

/** The first field, depth first, in which two values differ. */
function compareValues(path: string, expected: unknown, actual: unknown): FieldDifference | undefined {
  if (!isObject(expected) || !isObject(actual)) {
    return expected === actual ? undefined : { path, expected, actual };
  }
  for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    const inner = path === '' ? key : `${path}.${key}`;
    const difference = compareValues(inner, expected[key], actual[key]);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function compareFrames(expected: readonly Group[], actual: readonly Group[]): FieldDifference | undefined {
  const keyed = (groups: readonly Group[]) =>
    new Map(sortGroups(groups).map((group) => [JSON.stringify(group), group]));
  const [ours, theirs] = [keyed(actual), keyed(expected)];
  const only = (groups: Map<string, Group>, others: Map<string, Group>): Group[] =>
    [...groups].filter(([key]) => !others.has(key)).map(([, group]) => group);
  const difference = { path: 'frames', expected: only(theirs, ours), actual: only(ours, theirs) };
  return difference.expected.length + difference.actual.length > 0 ? difference : undefined;
}

function compareSteps(expected: RecordingStep, actual: RecordingStep): FieldDifference | undefined {
  const { frames: expectedFrames, ...expectedRest } = expected;
  const { frames: actualFrames, ...actualRest } = actual;
  return compareValues('', expectedRest, actualRest) ?? compareFrames(expectedFrames, actualFrames);
}

function headerFields(line: RecordingLine): Record<string, unknown> {
  return Object.fromEntries(Object.entries(line).filter(([field]) => HEADER_FIELDS.includes(field)));
}

function compareLines(
  operation: Operation | undefined,
  expected: RecordingLine,
  actual: RecordingLine,
  scope: Scope,
): FieldDifference | undefined {
  if ('op' in expected || 'op' in actual) return compareValues('', headerFields(expected), headerFields(actual));
  if (scope === 'everything') return compareSteps(expected, actual);
  return operation?.op === 'digest' ? compareValues('result', expected.result, actual.result) : undefined;
}

function describe(trace: Trace, index: number): string {
  if (index === 0) return 'trace';
  const operation = trace.operations[index - 1];
  if (operation === undefined) return 'none';
  const text = JSON.stringify(operation, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}

/**
 * The difference in line `index` (the header is 0), if any. A line that is missing in one recording is a difference;
 * missing in both it is none.
 */
export function lineDifference(
  trace: Trace,
  index: number,
  expected: RecordingLine | undefined,
  actual: RecordingLine | undefined,
  scope: Scope = 'everything',
): Difference | undefined {
  const missing = expected === undefined || actual === undefined;
  const difference = missing
    ? compareValues('', expected, actual)
    : compareLines(trace.operations[index - 1], expected, actual, scope);
  return difference && { line: index + 1, operation: describe(trace, index), ...difference };
}

/** The first difference between two recordings of `trace`, undefined if they agree. */
export function firstDifference(
  trace: Trace,
  expected: readonly RecordingLine[],
  actual: readonly RecordingLine[],
  scope: Scope = 'everything',
): Difference | undefined {
  for (let index = 0; index < Math.max(expected.length, actual.length); index++) {
    const difference = lineDifference(trace, index, expected[index], actual[index], scope);
    if (difference !== undefined) return difference;
  }
  return undefined;
}
