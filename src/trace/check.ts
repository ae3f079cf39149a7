/**
 * Checks a trace on disk against the recording beside it: NAME.trace.jsonl and NAME.recording.jsonl.
 */
import { type Difference, lineDifference, type Scope } from './compare.ts';
import { readRecording, readTrace, recordingPath } from './files.ts';
import { type PlayOptions, playTrace } from './player.ts';

export interface CheckOptions extends PlayOptions {
  /** What must agree with the recording; unless given, everything for content order, digests for hash order. */
  readonly scope?: Scope;
}

export interface CheckResult {
  /** The trace's name, from its header. */
  readonly name: string;
  /** How many lines were compared, the header and a differing one included. */
  readonly lines: number;
  /** The first difference; absent if there is none. */
  readonly difference?: Difference;
}

/**
 * Plays the trace at `tracePath` and compares, line by line, with the recording beside it, until the first difference.
 * Throws KsmError ENOENT, EIO, EFORMAT or EINVAL if a file is missing or not what it should be.
 */
export async function checkTrace(tracePath: string, options: CheckOptions = {}): Promise<CheckResult> {
  const trace = await readTrace(tracePath);
  const expected = await readRecording(recordingPath(tracePath));
  const scope = options.scope ?? (options.host?.index === 'content' ? 'everything' : 'digests');
  let lines = 0;
  for await (const actual of playTrace(trace, options)) {
    const difference = lineDifference(trace, lines, expected[lines], actual, scope);
    lines++;
    if (difference !== undefined) return { name: trace.name, lines, difference };
  }
  const difference = lineDifference(trace, lines, expected[lines], undefined, scope);
  return difference === undefined ? { name: trace.name, lines } : { name: trace.name, lines: lines + 1, difference };
}
