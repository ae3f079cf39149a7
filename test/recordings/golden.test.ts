/**
 * Every trace under test/recordings/golden was played on a real kernel's KSM, and what that said is the recording beside it. The
 * content order must agree with all of it. The hash order must let every process read the same bytes, with the
 * engine's invariants intact after every step; where nothing changes during a pass (the quiet family), it must merge
 * the same too.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  checkTrace,
  firstDifference,
  formatLine,
  parseTrace,
  playTrace,
  type RecordingLine,
  readRecording,
  readTrace,
  recordingPath,
} from '../../src/trace/index.ts';

const folder = fileURLToPath(new URL('./golden/', import.meta.url));
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.trace.jsonl'))
  .map((file) => file.replace('.trace.jsonl', ''));

const path = (name: string): string => `${folder}${name}.trace.jsonl`;

/** A line without the two counters that hash order may lower later: its searches meet stale dups at other times. */
function withoutChains(line: RecordingLine): RecordingLine {
  if ('op' in line) return line;
  return { ...line, sysfs: { ...line.sysfs, stable_node_chains: 0, stable_node_dups: 0 } };
}

/** How many lines the recording of a trace has. */
function recorded(name: string): number {
  return readFileSync(recordingPath(path(name)), 'utf8')
    .trim()
    .split('\n').length;
}

test('all eleven families are here, six traces each', () => {
  const families = names.map((name) => name.replace(/-\d+$/, ''));
  expect(names).toHaveLength(66);
  expect([...new Set(families)].sort()).toEqual(
    ['admin', 'basic', 'chains', 'life', 'memory', 'multi', 'quiet', 'smart', 'unmerge', 'volatile', 'zero'].sort(),
  );
});

describe.each(names)('%s', (name) => {
  test('content order agrees with the kernel in everything', async () => {
    const { difference, lines } = await checkTrace(path(name), { host: { index: 'content' } });
    expect(difference).toBeUndefined();
    expect(lines).toBe(recorded(name));
  });

  test('hash order agrees in what processes read, and keeps the invariants', async () => {
    const { difference, lines } = await checkTrace(path(name), { host: { index: 'hash', seed: 1 }, invariants: true });
    expect(difference).toBeUndefined();
    expect(lines).toBe(recorded(name));
  });
});

describe.each(names.filter((name) => name.startsWith('quiet-')))('%s, where nothing changes during a pass', (name) => {
  test('hash order agrees with the kernel in everything but when a chain shrinks', async () => {
    const trace = await readTrace(path(name));
    const kernel = await readRecording(recordingPath(path(name)));
    const ours: RecordingLine[] = [];
    for await (const line of playTrace(trace, { host: { index: 'hash', seed: 1 } })) ours.push(line);
    expect(firstDifference(trace, kernel.map(withoutChains), ours.map(withoutChains))).toBeUndefined();
  });
});

test('the lines are the bytes that the recorder wrote', async () => {
  const text = readFileSync(path('life-1'), 'utf8');
  const lines: string[] = [];
  for await (const line of playTrace(parseTrace(text, 'life-1'), { host: { index: 'content' } })) {
    lines.push(formatLine(line));
  }
  const kernel = readFileSync(recordingPath(path('life-1')), 'utf8')
    .trimEnd()
    .split('\n');
  expect(lines.slice(1)).toEqual(kernel.slice(1));
  expect(lines[0]).toMatch(/^\{"op":"trace","version":1,"name":"life-pub1","kernel":"ksm-wasm \d+\.\d+\.\d+"\}$/);
});

test('what is written as a recording is read back as the same recording', async () => {
  const recording = await readRecording(recordingPath(path('zero-1')));
  const text = readFileSync(recordingPath(path('zero-1')), 'utf8')
    .trimEnd()
    .split('\n');
  expect(recording.slice(1).map(formatLine)).toEqual(text.slice(1));
});
