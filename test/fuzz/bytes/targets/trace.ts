/**
 * Traces: a text is refused with file, line and field, or it can be played.
 *
 * What can be played is played in both orders on hosts that are small enough to reach their limits, with the invariants
 * checked after every operation. The recording is one that parseRecording takes, and what processes read is the same
 * in both orders.
 */
import { errnoName, KsmError } from '../../../../src/errors.ts';
import { createHost } from '../../../../src/index.ts';
import { SETTINGS } from '../../../../src/ksm/index.ts';
import {
  firstDifference,
  formatLine,
  hostSize,
  lineDifference,
  Player,
  parseRecording,
  parseTrace,
  type RecordingLine,
  type RecordingStep,
  recordingHeader,
  type Trace,
} from '../../../../src/trace/index.ts';
import { checkHost } from '../../../support/inside.ts';
import { attempt, expectThat, refusal } from '../contract.ts';
import { textOf } from '../target.ts';

export const name = 'trace';
export const most = 16_384;
export const seeds: readonly string[] = [
  ...['basic-1', 'basic-3', 'quiet-5', 'chains-5', 'multi-4', 'zero-3', 'smart-1', 'life-2', 'memory-3'].map(
    (golden) => `test/recordings/golden/${golden}.trace.jsonl`,
  ),
  'test/unit/trace/edges.trace.jsonl',
];

const OPERATIONS = [
  ...['"proc":"p"}', '"proc":"p","page":0,"pages":4}', '"op":"process",', '"op":"exit",', '"op":"mmap",'],
  ...[
    '"op":"fork","child":"q",',
    '"op":"munmap",',
    '"op":"mprotect","prot":"r",',
    '"op":"madvise","advice":"MERGEABLE",',
  ],
  ...[
    '"op":"madvise","advice":"UNMERGEABLE",',
    '"op":"madvise","advice":"DONTNEED",',
    '"op":"touch",',
    '"op":"digest",',
  ],
  ...['"op":"fill","contents":[1,1,0],', '"op":"poke","offset":8,"value":1,', '{"op":"scan","pages":100}\n'],
  ...SETTINGS.map((file) => `{"op":"sysfs","file":"${file}","value":2}\n`),
];
export const words: readonly string[] = [
  ...OPERATIONS.map((operation) => (operation.endsWith(',') ? `{${operation}"proc":"p"}\n` : operation)),
  ...['shared', 'private', 'MERGEABLE', 'mmap', 'munmap', 'digest', 'fork', 'exit', 'touch', 'p', 'q'],
];

/** The largest limits that a host takes. */
const MOST = { memory: 2 ** 32, pages: 2 ** 27, processes: 2 ** 16, vmas: 2 ** 22 };
const LIMITS = { memory: '2M', pages: 4096, processes: 12, vmas: 48, seed: 1 };

async function play(trace: Trace, index: 'content' | 'hash'): Promise<RecordingLine[]> {
  using host = await createHost({ ...LIMITS, index });
  const player = new Player(host);
  const lines: RecordingLine[] = [recordingHeader(trace)];
  for (const operation of trace.operations) {
    try {
      const step = player.play(operation);
      expectThat(isResult(step.result, operation.op), () => `${operation.op} gives ${step.result}`);
      lines.push(step);
    } catch (error) {
      refusal(error, operation.op === 'process' || operation.op === 'fork' ? ['ENOMEM'] : []);
      break;
    }
    checkHost(host);
  }
  return lines;
}

function isResult(result: RecordingStep['result'], operation: string): boolean {
  if (typeof result === 'string') return operation === 'digest' && /^[0-9a-f]{16}$/.test(result);
  return result === 0 ? operation !== 'digest' : result < 0 && errnoName(result) !== undefined;
}

/** The orders may use different numbers of frames and nodes: who runs out of them first is not the same. */
function ranOut(line: RecordingLine | undefined): boolean {
  return line === undefined || ('result' in line && line.result === -12);
}

export async function run(bytes: Uint8Array): Promise<void> {
  const trace = attempt(() => parseTrace(textOf(bytes), 'x.trace.jsonl'), ['EFORMAT']);
  if (trace instanceof KsmError) return;
  for (const [limit, value] of Object.entries<number | string>(hostSize(trace))) {
    expectThat(Number(value) <= MOST[limit as keyof typeof MOST], () => `no host has ${limit} ${value}`);
  }
  const content = await play(trace, 'content');
  const again = parseRecording(content.map(formatLine).join('\n'), 'x.recording.jsonl');
  const difference = firstDifference(trace, again, content);
  expectThat(difference === undefined, () => `read again: ${JSON.stringify(difference)}`);
  const hash = await play(trace, 'hash');
  for (let at = 0; !ranOut(content[at]) && !ranOut(hash[at]); at++) {
    const differs = lineDifference(trace, at, content[at], hash[at], 'digests');
    expectThat(differs === undefined, () => `hash order: ${JSON.stringify(differs)}`);
  }
}
