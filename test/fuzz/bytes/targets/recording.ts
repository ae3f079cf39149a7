/**
 * Recordings: a text is refused with file, line and field, or it can be compared with another recording, and with
 * itself.
 */
import { readFileSync } from 'node:fs';
import { KsmError } from '../../../../src/errors.ts';
import { firstDifference, parseRecording, parseTrace } from '../../../../src/trace/index.ts';
import { attempt, expectThat } from '../contract.ts';
import { textOf } from '../target.ts';

export const name = 'recording';
export const most = 32_768;

const TRACE = 'test/recordings/golden/basic-3.trace.jsonl';
const RECORDING = 'test/recordings/golden/basic-3.recording.jsonl';
export const seeds: readonly string[] = [RECORDING, 'test/unit/trace/edges.recording.jsonl'];

export const words: readonly string[] = [
  ...['result', 'sysfs', 'vmstat', 'ksm_stat', 'frames', 'op', 'trace', 'version', 'kernel', 'name'].map(
    (n) => `"${n}":`,
  ),
  ...['[["p",0],["p",1]]', '{}', '[]', '"0123456789abcdef"', '-12', '12345678901234567890'],
];

const trace = parseTrace(readFileSync(TRACE, 'utf8'), TRACE);
const recording = parseRecording(readFileSync(RECORDING, 'utf8'), RECORDING);

export function run(bytes: Uint8Array): void {
  const text = textOf(bytes);
  const read = () => attempt(() => parseRecording(text, 'x.recording.jsonl'), ['EFORMAT']);
  const [lines, same] = [read(), read()];
  if (lines instanceof KsmError || same instanceof KsmError) return;
  const itself = firstDifference(trace, lines, same);
  expectThat(itself === undefined, () => `differs from itself in line ${itself?.line}: ${itself?.path}`);
  for (const scope of ['everything', 'digests'] as const) {
    const [one, other] = [
      firstDifference(trace, lines, recording, scope),
      firstDifference(trace, recording, lines, scope),
    ];
    expectThat(one?.line === other?.line, () => `${one?.line} and ${other?.line} are the first lines that differ`);
  }
}
