/** Differences between recordings: each one is made by changing one thing in a line written by hand. */
import { describe, expect, test } from 'vitest';
import { firstDifference } from '../../../src/trace/compare.ts';
import { parseRecording, parseTrace, type RecordingLine } from '../../../src/trace/format.ts';

const trace = parseTrace(
  [
    '{"op":"trace","version":1,"name":"t"}',
    '{"op":"process","proc":"p"}',
    '{"op":"scan","pages":7}',
    '{"op":"digest","proc":"p"}',
  ].join('\n'),
  'trace',
);

const HEADER = '{"op":"trace","version":1,"name":"t","kernel":"6.18"}';
const STEP =
  '{"result":0,"sysfs":{"pages_shared":1,"pages_sharing":2},"vmstat":{"cow_ksm":0},' +
  '"ksm_stat":{"p":{"ksm_rmap_items":3,"ksm_mergeable":"yes"}},"frames":[[["p",0],["p",3]],[["p",5],["p",9]]]}';
const DIGEST = STEP.replace('"result":0', '"result":"00ff00ff00ff00ff"');
const LINES = [HEADER, STEP, STEP, DIGEST];

function recording(lines: readonly string[]): RecordingLine[] {
  return parseRecording(lines.join('\n'), 'recording');
}

/** The lines with one of them replaced. */
function changed(index: number, from: string, to: string): RecordingLine[] {
  const line = LINES[index] ?? '';
  expect(line).toContain(from);
  return recording(LINES.with(index, line.replace(from, to)));
}

const expected = recording(LINES);
const SCAN = '{"op":"scan","pages":7}';

describe('everything', () => {
  test('equal recordings', () => {
    expect(firstDifference(trace, expected, recording(LINES))).toBeUndefined();
  });

  test('a counter', () => {
    expect(firstDifference(trace, expected, changed(2, '"pages_sharing":2', '"pages_sharing":4'))).toEqual({
      line: 3,
      operation: SCAN,
      path: 'sysfs.pages_sharing',
      expected: 2,
      actual: 4,
    });
  });

  test.each([
    ['"result":0', '"result":-11', 'result', 0, -11],
    ['"ksm_rmap_items":3,', '', 'ksm_stat.p.ksm_rmap_items', 3, undefined],
    ['"cow_ksm":0', '"cow_ksm":0,"x":1', 'vmstat.x', undefined, 1],
    ['"p":{"ksm', '"q":{},"p":{"ksm', 'ksm_stat.q', undefined, {}],
    ['"yes"', '"no"', 'ksm_stat.p.ksm_mergeable', 'yes', 'no'],
  ])('%s as %s', (from, to, path, was, is) => {
    const difference = { line: 3, operation: SCAN, path, expected: was, actual: is };
    expect(firstDifference(trace, expected, changed(2, from, to))).toEqual(difference);
  });

  test('groups of frames: only those that the other lacks', () => {
    const difference = firstDifference(trace, expected, changed(2, '["p",9]', '["p",10]'));
    expect(difference).toEqual({
      line: 3,
      operation: SCAN,
      path: 'frames',
      expected: [
        [
          ['p', 5],
          ['p', 9],
        ],
      ],
      actual: [
        [
          ['p', 5],
          ['p', 10],
        ],
      ],
    });
  });

  test('groups of frames are sets', () => {
    const turned = changed(2, '[[["p",0],["p",3]],[["p",5],["p",9]]]', '[[["p",9],["p",5]],[["p",3],["p",0]]]');
    expect(firstDifference(trace, expected, turned)).toBeUndefined();
  });

  test('the header: the name counts, the kernel does not', () => {
    expect(firstDifference(trace, expected, changed(0, '6.18', 'ksm-wasm'))).toBeUndefined();
    expect(firstDifference(trace, expected, changed(0, '"t"', '"u"'))).toEqual({
      line: 1,
      operation: 'trace',
      path: 'name',
      expected: 't',
      actual: 'u',
    });
  });

  test('a missing line, and one too many', () => {
    const short = recording(LINES.slice(0, 3));
    const operation = '{"op":"digest","proc":"p","page":0,"pages":1}';
    const missing = { line: 4, operation, path: '', expected: expected[3], actual: undefined };
    expect(firstDifference(trace, expected, short)).toEqual(missing);
    expect(firstDifference(trace, short, expected)).toEqual({ ...missing, expected: undefined, actual: expected[3] });
    const long = recording([...LINES, STEP]);
    expect(firstDifference(trace, expected, long)).toMatchObject({ line: 5, operation: 'none', actual: long[4] });
  });
});

describe('digests', () => {
  test('nothing but the result of digest operations counts', () => {
    for (const index of [2, 3]) {
      const other = changed(index, '"pages_sharing":2', '"pages_sharing":4');
      expect(firstDifference(trace, expected, other, 'digests')).toBeUndefined();
    }
    expect(firstDifference(trace, expected, changed(3, '00ff00ff', '10ff00ff'), 'digests')).toMatchObject({
      line: 4,
      path: 'result',
      expected: '00ff00ff00ff00ff',
      actual: '10ff00ff00ff00ff',
    });
  });

  test('a missing line is a difference', () => {
    expect(firstDifference(trace, expected, recording(LINES.slice(0, 2)), 'digests')).toMatchObject({
      line: 3,
      path: '',
    });
  });
});
