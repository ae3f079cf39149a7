/**
 * Many traces, each on the live kernel and on the engine. What differs is kept as files, whole and shrunk.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordOptions } from '../../../src/kernel/index.ts';
import { formatLine, type RecordingLine, type Trace } from '../../../src/trace/index.ts';
import { compare, disagreementText, isSameKind } from './compare.ts';
import { shrink, traceText } from './shrink.ts';

const ENOUGH_FAILURES = 10;

export interface Run {
  readonly traces: Iterable<Trace>;
  /** Milliseconds of the monotonic clock after which no trace is begun. */
  readonly deadline: number;
  /** Where differing traces are kept. */
  readonly keep: string;
  readonly record: RecordOptions;
  readonly print: (line: string) => void;
}

export interface Tally {
  passed: number;
  failed: number;
  operations: number;
}

async function write(folder: string, trace: Trace, recording: readonly RecordingLine[]): Promise<string> {
  const path = join(folder, trace.name);
  await mkdir(folder, { recursive: true });
  await writeFile(`${path}.trace.jsonl`, traceText(trace));
  await writeFile(`${path}.recording.jsonl`, recording.map((line) => `${formatLine(line)}\n`).join(''));
  return `${path}.trace.jsonl`;
}

/**
 * Whether a trace plays alike, twice if need be: the kernel is shared with the rest of the machine, so a difference
 * that does not come again was none of the engine's, but is mentioned.
 */
async function agrees(trace: Trace, { record, keep, print }: Run): Promise<boolean> {
  const first = await compare(trace, record);
  if (first.disagreement === undefined) return true;
  const again = await compare(trace, record);
  const found = again.disagreement;
  if (found === undefined) {
    const path = await write(keep, { ...trace, name: `${trace.name}-once` }, first.kernel);
    print(`${trace.name}: differed only once (${path}): ${disagreementText(first.disagreement)}`);
    return true;
  }
  print(`${trace.name}: ${disagreementText(found)}`);
  print(`  kept as ${await write(keep, trace, again.kernel)}; shrinking`);
  const small = await shrink({ ...trace, name: `${trace.name}-small` }, async (shorter) =>
    isSameKind(found, (await compare(shorter, record)).disagreement),
  );
  const { kernel, disagreement } = await compare(small, record);
  const path = await write(keep, small, kernel);
  const text = disagreement === undefined ? 'no difference any more' : disagreementText(disagreement);
  print(`  ${small.operations.length} operations in ${path}: ${text}`);
  return false;
}

/** Plays the traces until they, or the time, are over, or more has failed than anybody wants to read. */
export async function runTraces(run: Run): Promise<Tally> {
  const tally: Tally = { passed: 0, failed: 0, operations: 0 };
  for (const trace of run.traces) {
    if (performance.now() >= run.deadline || tally.failed >= ENOUGH_FAILURES) break;
    if (await agrees(trace, run)) tally.passed++;
    else tally.failed++;
    tally.operations += trace.operations.length;
  }
  return tally;
}
