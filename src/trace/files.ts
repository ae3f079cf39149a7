/**
 * Traces and recordings as files: NAME.trace.jsonl, and NAME.recording.jsonl beside it.
 */
import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { KsmError } from '../errors.ts';
import { parseRecording, parseTrace, type RecordingLine, type Trace } from './format.ts';

const TRACE_SUFFIX = '.trace.jsonl';
const RECORDING_SUFFIX = '.recording.jsonl';

const MIB = 2 ** 20;
/** Bytes of a file: what is made of it takes several times as much memory. */
const MOST_BYTES = { trace: 64 * MIB, recording: 256 * MIB };
const NEWLINE = 0x0a;

async function readText(path: string, what: keyof typeof MOST_BYTES): Promise<string> {
  const bytes = await readBytes(path, what);
  if (!isUtf8(bytes)) throw new KsmError('EFORMAT', `${path}:${wrongLine(bytes)}: this line is not UTF-8 text`);
  return bytes.toString();
}

/** All bytes of a file, a pipe, or whatever else ends. */
async function readBytes(path: string, what: keyof typeof MOST_BYTES): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of createReadStream(path, { highWaterMark: MIB })) {
      length += piece.length;
      if (length > MOST_BYTES[what]) throw tooLarge(path, what);
      pieces.push(piece);
    }
    return Buffer.concat(pieces, length);
  } catch (cause) {
    if (cause instanceof KsmError) throw cause;
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = missing ? 'there is no such file' : (cause as Error).message;
    throw new KsmError(missing ? 'ENOENT' : 'EIO', `cannot read the ${what} ${path}: ${reason}`, { cause });
  }
}

function tooLarge(path: string, what: keyof typeof MOST_BYTES): KsmError {
  const most = MOST_BYTES[what] / MIB;
  return new KsmError('EFBIG', `the ${what} ${path} has more than ${most} MiB, which is the most that is read`);
}

/** Number of the first line that is not UTF-8. */
function wrongLine(bytes: Buffer): number {
  for (let line = 1, from = 0; ; line++) {
    const end = bytes.indexOf(NEWLINE, from);
    if (end < 0 || !isUtf8(bytes.subarray(from, end))) return line;
    from = end + 1;
  }
}

/** The path of the recording that belongs to a trace's path. Throws KsmError EINVAL for another kind of name. */
export function recordingPath(tracePath: string): string {
  if (!tracePath.endsWith(TRACE_SUFFIX)) {
    throw new KsmError('EINVAL', `${tracePath}: a trace that has a recording is named NAME${TRACE_SUFFIX}`);
  }
  return tracePath.slice(0, -TRACE_SUFFIX.length) + RECORDING_SUFFIX;
}

/**
 * Reads a trace. Throws KsmError ENOENT or EIO if the file cannot be read, EFBIG if it is too large, EFORMAT if it is not
 * a trace.
 */
export async function readTrace(path: string): Promise<Trace> {
  return parseTrace(await readText(path, 'trace'), path);
}

/** Reads a recording; errors as readTrace. */
export async function readRecording(path: string): Promise<RecordingLine[]> {
  return parseRecording(await readText(path, 'recording'), path);
}
