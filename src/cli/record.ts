/**
 * `ksm record`: plays traces on the live kernel's own KSM and prints what it said, or writes it to files.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { KsmError } from '../errors.ts';
import { recordTrace } from '../kernel/index.ts';
import { formatLine, type RecordingLine, readTrace, recordingPath, type Trace } from '../trace/index.ts';
import { type Arguments, has, single } from './arguments.ts';
import { type Command, EXIT } from './command.ts';
import { print, say } from './output.ts';
import { Progress } from './progress.ts';
import { systemError } from './system-error.ts';

export const recordCommand: Command = {
  name: 'record',
  synopsis: 'record [OPTION…] TRACE…',
  summary: "play traces on this machine's Linux kernel and print what its KSM says after each step",
  details: [
    'The recordings are printed one after the other as JSON lines, in the form of "ksm replay". With --output they are written to ' +
      'DIR/NAME.recording.jsonl for each NAME.trace.jsonl; beside their traces, "ksm replay --check" compares them with the engine.',
    'This needs Linux 6.7 or newer with CONFIG_KSM, root, and a C compiler (cc, or the one that CC names) for the processes of the ' +
      'trace. KSM is one for the whole machine: while a trace is played, everything that was merged is unmerged, and the scanner ' +
      'works for the trace alone. So ksm refuses to start where anybody has mergeable memory, and waits while another player of ' +
      'traces holds /run/lock/ksm-recorder. All settings of KSM are put back at the end, also after an error or Ctrl-C; a second ' +
      'Ctrl-C ends ksm at once, without that.',
  ],
  operands: 'files',
  options: [
    {
      name: 'output',
      value: 'DIR',
      completes: 'folder',
      help: 'write NAME.recording.jsonl files there instead of printing',
    },
    { name: 'force', help: 'even where others use KSM: unmerge their memory too' },
    { name: 'quiet', short: 'q', help: 'nothing on stderr but errors' },
    { name: 'help', short: 'h', help: 'this text' },
  ],
  tidiesUp: () => true,
  run: record,
};

/** A trace, and where its recording goes; undefined for stdout. */
interface Job {
  readonly trace: Trace;
  readonly output: string | undefined;
}

async function record(given: Arguments, signal: AbortSignal): Promise<number> {
  if (given.positionals.length === 0) {
    throw new KsmError('EUSAGE', 'which trace? ksm record TRACE…, or ksm help record.');
  }
  const [folder, force, quiet] = [single(given, 'output'), has(given, 'force'), has(given, 'quiet')];
  const outputs = given.positionals.map((file) => outputPath(folder, file));
  const twice = outputs.find((path, at) => path !== undefined && outputs.indexOf(path) !== at);
  if (twice !== undefined) throw new KsmError('EUSAGE', `two of the traces would both be recorded to ${twice}.`);
  const jobs: Job[] = [];
  for (const [at, file] of given.positionals.entries()) {
    jobs.push({ trace: await readTrace(file), output: outputs[at] });
  }
  if (folder !== undefined) await saved(folder, mkdir(folder, { recursive: true }));
  const onWait = (): void => {
    if (!quiet) say('another player of traces is at work; waiting for it to end.');
  };
  const progress = new Progress(quiet);
  try {
    for (const [at, job] of jobs.entries()) {
      progress.show(`recording ${job.trace.name}`, at, jobs.length);
      await recordOne(job, recordTrace(job.trace, { force, onWait, signal }), signal);
    }
  } finally {
    progress.clear();
  }
  return EXIT.done;
}

/** Where the recording of a trace goes. Throws KsmError EUSAGE for a trace that has no name for it. */
function outputPath(folder: string | undefined, file: string): string | undefined {
  if (folder === undefined) return undefined;
  try {
    return join(folder, basename(recordingPath(file)));
  } catch (cause) {
    if (!(cause instanceof KsmError)) throw cause;
    throw new KsmError('EUSAGE', `--output: ${cause.message}`, { cause });
  }
}

/** A file is written only once its recording is whole. */
async function recordOne({ output }: Job, lines: AsyncIterable<RecordingLine>, signal: AbortSignal): Promise<void> {
  let text = '';
  for await (const line of lines) {
    if (output === undefined) await print(`${formatLine(line)}\n`, signal);
    else text += `${formatLine(line)}\n`;
  }
  if (output !== undefined) await saved(output, writeFile(output, text));
}

/** Waits for something to be put at `path`. Throws KsmError EIO if the system does not. */
async function saved(path: string, work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (cause) {
    throw new KsmError('EIO', `--output: ${path} cannot be written: ${systemError(cause).words}.`, { cause });
  }
}
