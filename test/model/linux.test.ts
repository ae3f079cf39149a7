/*
 * The model of Linux against the kernel: every line of every golden recording, byte for byte. So whatever the model
 * says about a trace without a recording rests on this.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { record } from './linux.ts';
import { parseTrace } from './trace.ts';

const golden = new URL('../golden/', import.meta.url);
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
