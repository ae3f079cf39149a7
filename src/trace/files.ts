/**
 * Traces and recordings as files: NAME.trace.jsonl, and NAME.recording.jsonl beside it.
 */
import { readFile } from 'node:fs/promises';
import { KsmError } from '../errors.ts';
import { parseRecording, parseTrace, type RecordingLine, type Trace } from './format.ts';

const TRACE_SUFFIX = '.trace.jsonl';
const RECORDING_SUFFIX = '.recording.jsonl';

async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = missing ? 'there is no such file' : (cause as Error).message;
    throw new KsmError(missing ? 'ENOENT' : 'EIO', `cannot read the ${what} ${path}: ${reason}`, { cause });
  }
}

/** The path of the recording that belongs to a trace's path. Throws KsmError EINVAL for another kind of name. */
export function recordingPath(tracePath: string): string {
  if (!tracePath.endsWith(TRACE_SUFFIX)) {
    throw new KsmError('EINVAL', `${tracePath}: a trace that has a recording is named NAME${TRACE_SUFFIX}`);
  }
  return tracePath.slice(0, -TRACE_SUFFIX.length) + RECORDING_SUFFIX;
}

/** Reads a trace. Throws KsmError ENOENT or EIO where the file cannot be read, EFORMAT where it is not a trace. */
export async function readTrace(path: string): Promise<Trace> {
  return parseTrace(await readText(path, 'trace'), path);
}

/** Reads a recording; errors as readTrace. */
export async function readRecording(path: string): Promise<RecordingLine[]> {
  return parseRecording(await readText(path, 'recording'), path);
}
