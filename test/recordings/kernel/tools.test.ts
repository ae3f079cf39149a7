/** What of npm run test:kernel needs no kernel: random traces can be repeated, and shrinking keeps the point. */
import { describe, expect, test } from 'vitest';
import { type Operation, parseTrace } from '../../../src/trace/index.ts';
import { FAMILY_NAMES, randomTrace } from './families.ts';
import { imagesTrace, LEAST_PAGES } from './images.ts';
import { shrink, traceText } from './shrink.ts';

describe('random traces', () => {
  test.each(FAMILY_NAMES)('of family %s depend on the seed alone, and are traces', (family) => {
    const text = traceText(randomTrace(family, 7));
    expect(traceText(randomTrace(family, 7))).toBe(text);
    expect(traceText(randomTrace(family, 8))).not.toBe(text);
    expect(traceText(parseTrace(text, family))).toBe(text);
  });
});

test('traces are written with all digits of their integers', () => {
  const poke: Operation = { op: 'poke', proc: 'p', page: 0, offset: 0, value: 2n ** 64n - 1n };
  const text = traceText({ name: 't', operations: [{ op: 'process', proc: 'p' }, poke] });
  expect(text).toContain('"value":18446744073709551615}');
  expect(parseTrace(text, 't').operations[1]).toEqual(poke);
});

test('the images have 50,000 pages each, of which some are alike', () => {
  const { operations } = imagesTrace(1, LEAST_PAGES, '0');
  const unmapped = (proc: string): number =>
    operations.reduce((sum, op) => (op.op === 'munmap' && op.proc === proc ? sum + op.pages : sum), 0);
  const fills = operations.filter((op) => op.op === 'fill' && op.contents.length > 1000);
  expect(fills).toHaveLength(4);
  for (const op of fills) {
    if (op.op !== 'fill') continue;
    expect(op.contents.length - unmapped(op.proc)).toBeGreaterThanOrEqual(50_000);
    expect(new Set(op.contents).size).toBeLessThan(op.contents.length);
  }
});

describe('shrinking', () => {
  test('keeps what the difference needs, and only that', async () => {
    const scans = Array.from({ length: 40 }, (_, pages): Operation => ({ op: 'scan', pages }));
    const needed = [7, 8, 31];
    const small = await shrink({ name: 't', operations: scans }, async ({ operations }) =>
      needed.every((pages) => operations.some((op) => op.op === 'scan' && op.pages === pages)),
    );
    expect(small.operations).toEqual(needed.map((pages) => ({ op: 'scan', pages })));
  });

  test('never tries what is no trace', async () => {
    const operations: Operation[] = [
      { op: 'process', proc: 'p' },
      { op: 'scan', pages: 1 },
      { op: 'exit', proc: 'p' },
    ];
    const small = await shrink({ name: 't', operations }, async (shorter) => {
      parseTrace(traceText(shorter), 't');
      return shorter.operations.some(({ op }) => op === 'exit');
    });
    expect(small.operations.map(({ op }) => op)).toEqual(['process', 'exit']);
  });
});
