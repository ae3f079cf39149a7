/*
 * The model of Linux against the kernel: every line of every golden recording, byte for byte. So whatever the model
 * says about a trace without a recording rests on this.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { comparable, readExtended, type Step } from '../../recordings/golden2/player.ts';
import { LinuxModel, record } from './linux.ts';
import { parseTrace, type TraceOp } from './trace.ts';

const golden = new URL('../../recordings/golden/', import.meta.url);
const TRACE = '.trace.jsonl';
const names = readdirSync(golden)
  .filter((file) => file.endsWith(TRACE))
  .map((file) => file.slice(0, -TRACE.length));

describe('the model of Linux agrees with the kernel', () => {
  test('there are recordings to compare with', () => {
    expect(names.length).toBeGreaterThan(0);
  });

  test.each(names)('%s', (name) => {
    const ops = parseTrace(readFileSync(new URL(name + TRACE, golden), 'utf8'));
    const recording = readFileSync(new URL(`${name}.recording.jsonl`, golden), 'utf8')
      .trimEnd()
      .split('\n')
      .slice(1);
    const lines = record(ops);
    expect(lines.length).toBe(recording.length);
    for (const [at, line] of lines.entries()) {
      expect(line, `operation ${at + 1}: ${JSON.stringify(ops[at])}`).toBe(recording[at]);
    }
  });
});

/** Minimal traces with pins and locks, by another recorder: its groups of frames are in no order. */
const FOUND = ['lock-3031', 'lock-3050', 'lock-3069', 'pins-1002', 'pins-2009', 'zero-1004', 'zero-2030', 'zero-7181'];

describe('it agrees where pages are pinned and locked, too', () => {
  test.each([...FOUND.map((name) => `found/${name}-small`), 'found/mlock-mprotect-min'])('%s', (name) => {
    const { operations, recording } = readExtended(name);
    const model = new LinuxModel();
    for (const [at, op] of operations.entries()) {
      const line = { result: model.apply(op as TraceOp), ...model.snapshot() };
      const seen = comparable({ ...line, frames: line.frames.map((group) => [...group]) } as unknown as Step, op);
      expect(seen, `operation ${at + 1}: ${JSON.stringify(op)}`).toEqual(comparable(recording[at] as Step, op));
    }
  });
});
