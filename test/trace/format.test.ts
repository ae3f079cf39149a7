/** The trace format as docs/trace-format.md describes it: what is read, what is refused and how that is said. */
import { describe, expect, test } from 'vitest';
import { KsmError } from '../../src/errors.ts';
import { formatLine, type Operation, parseRecording, parseTrace } from '../../src/trace/format.ts';

const HEADER = '{"op":"trace","version":1,"name":"t"}';

/** The operations of a trace in which process p is alive. */
function operations(...lines: string[]): Operation[] {
  const text = [HEADER, '{"op":"process","proc":"p"}', ...lines].join('\n');
  return parseTrace(text, 'x').operations.slice(1);
}

function refusal(act: () => unknown): { code: string; message: string } {
  try {
    act();
  } catch (error) {
    if (error instanceof KsmError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('what a trace may say', () => {
  test.each<[string, Operation]>([
    ['{"op":"process","proc":"q"}', { op: 'process', proc: 'q' }],
    ['{"op":"fork","proc":"p","child":"c"}', { op: 'fork', proc: 'p', child: 'c' }],
    ['{"op":"exit","proc":"p"}', { op: 'exit', proc: 'p' }],
    ['{"op":"mmap","proc":"p","page":3,"pages":2}', { op: 'mmap', proc: 'p', page: 3, pages: 2, kind: 'private' }],
    ['{"op":"mmap","proc":"p","kind":"shared"}', { op: 'mmap', proc: 'p', page: 0, pages: 1, kind: 'shared' }],
    ['{"op":"munmap","proc":"p","pages":0}', { op: 'munmap', proc: 'p', page: 0, pages: 0 }],
    ['{"op":"mprotect","proc":"p","prot":"rw"}', { op: 'mprotect', proc: 'p', page: 0, pages: 1, prot: 'rw' }],
    [
      '{"op":"madvise","proc":"p","advice":"DONTNEED"}',
      { op: 'madvise', proc: 'p', page: 0, pages: 1, advice: 'DONTNEED' },
    ],
    ['{"op":"fill","proc":"p","contents":[0,7]}', { op: 'fill', proc: 'p', page: 0, contents: [0, 7] }],
    ['{"op":"poke","proc":"p","offset":8,"value":5}', { op: 'poke', proc: 'p', page: 0, offset: 8, value: 5n }],
    ['{"op":"touch","proc":"p","page":1}', { op: 'touch', proc: 'p', page: 1, pages: 1 }],
    ['{"op":"digest","proc":"p","pages":9}', { op: 'digest', proc: 'p', page: 0, pages: 9 }],
    ['{"op":"sysfs","file":"run","value":""}', { op: 'sysfs', file: 'run', value: '' }],
    ['{"op":"sysfs","file":"run","value":1}', { op: 'sysfs', file: 'run', value: '1' }],
    ['{"op":"scan","pages":100}', { op: 'scan', pages: 100 }],
  ])('%s', (line, operation) => {
    expect(operations(line)).toEqual([operation]);
  });

  test('integers beyond 2^53 are exact', () => {
    const poke = (value: string): Operation[] => operations(`{"op":"poke","proc":"p","offset":0,"value":${value}}`);
    const word = (value: bigint): Operation[] => [{ op: 'poke', proc: 'p', page: 0, offset: 0, value }];
    expect(poke('9007199254740993')).toEqual(word(9007199254740993n));
    expect(poke('18446744073709551615')).toEqual(word(2n ** 64n - 1n));
    expect(poke('18446744073709551618')).toEqual(word(2n));
    expect(poke('-1')).toEqual(word(2n ** 64n - 1n));
    expect(poke('-9223372036854775807')).toEqual(word(2n ** 63n + 1n));
    expect(operations('{"op":"fill","proc":"p","contents":[1,36893488147419103235]}')).toEqual([
      { op: 'fill', proc: 'p', page: 0, contents: [1, 2n ** 65n + 3n] },
    ]);
  });

  test('digits inside a string are left alone', () => {
    const value = 'a \\" 9007199254740993, "';
    const line = JSON.stringify({ op: 'sysfs', file: '18446744073709551615', value });
    expect(operations(line)).toEqual([{ op: 'sysfs', file: '18446744073709551615', value }]);
  });

  test('blank lines and unknown fields do not count; a name is free again after exit', () => {
    const [start, exit] = ['{"op":"process","proc":"p","note":1}', '{"op":"exit","proc":"p"}'];
    const text = `\n${HEADER}\r\n\n${start}\n${exit}\n${start}\n\n`;
    const ops = parseTrace(text, 'x').operations.map(({ op }) => op);
    expect(ops).toEqual(['process', 'exit', 'process']);
  });
});

describe('what is refused names file, line, field and what was expected', () => {
  test.each([
    ['{"op":"mmap","proc":"p","page":-1}', '"page"', 'integer from 0'],
    ['{"op":"mmap","proc":"p","page":1.5}', '"page"', 'integer from 0'],
    ['{"op":"mmap","proc":"p","pages":"2"}', '"pages"', 'got "2"'],
    ['{"op":"mmap","proc":"p","pages":99999999999999999999}', '"pages"', 'got 99999999999999999999'],
    ['{"op":"mmap","proc":"p","kind":"huge"}', '"kind"', 'one of private, shared'],
    ['{"op":"mprotect","proc":"p"}', '"prot"', 'got nothing'],
    ['{"op":"madvise","proc":"p","advice":"mergeable"}', '"advice"', 'MERGEABLE, UNMERGEABLE, DONTNEED'],
    ['{"op":"fill","proc":"p"}', '"contents"', 'array of integers'],
    ['{"op":"fill","proc":"p","contents":[1,-2]}', '"contents"', 'got -2'],
    ['{"op":"fill","proc":"p","contents":[1.5]}', '"contents"', 'got 1.5'],
    ['{"op":"poke","proc":"p","offset":4096,"value":1}', '"offset"', 'from 0 to 4095'],
    ['{"op":"poke","proc":"p","offset":0,"value":1e300}', '"value"', 'an integer'],
    ['{"op":"poke","proc":"p","offset":0}', '"value"', 'got nothing'],
    ['{"op":"digest","proc":"q"}', '"proc"', 'a living process'],
    ['{"op":"process","proc":"p"}', '"proc"', 'no living process'],
    ['{"op":"process","proc":""}', '"proc"', 'a name'],
    ['{"op":"fork","proc":"p","child":"p"}', '"child"', 'no living process'],
    ['{"op":"sysfs","file":"pages_to_scan","value":"1"}', '"file"', 'use scan'],
    ['{"op":"sysfs","file":"sleep_millisecs","value":"1"}', '"file"', 'use scan'],
    ['{"op":"sysfs","file":"run","value":true}', '"value"', 'got true'],
    ['{"op":"scan","pages":4294967296}', '"pages"', 'from 0 to 4294967295'],
    ['{"op":"sleep"}', '"op"', 'got "sleep"'],
    ['{"op":"__proto__"}', '"op"', 'got "__proto__"'],
    ['{"op":"trace","version":1,"name":"again"}', '"op"', 'got "trace"'],
  ])('%s', (line, field, expected) => {
    const { code, message } = refusal(() => operations('', line));
    expect(code).toBe('EFORMAT');
    expect(message).toContain('x:4: field ');
    expect(message).toContain(field);
    expect(message).toContain(expected);
  });

  test.each([
    ['', 'x: the file is empty'],
    ['\n \n', 'x: the file is empty'],
    ['[1]', 'x:1: expected a JSON object'],
    ['\n{"op":', 'x:2: expected one JSON object'],
    [`${HEADER}\n{"a":0123456789012345678}`, 'x:2: expected one JSON object'],
    ['{"op":"process","proc":"p"}', 'x:1: field "op": expected one of trace'],
    ['{"op":"trace","version":2,"name":"t"}', 'x:1: field "version": expected 1'],
    ['{"op":"trace","version":1}', 'x:1: field "name": expected a string, got nothing'],
  ])('the file %j', (text, expected) => {
    const { code, message } = refusal(() => parseTrace(text, 'x'));
    expect(code).toBe('EFORMAT');
    expect(message).toContain(expected);
  });
});

describe('recordings', () => {
  const header = '{"op":"trace","version":1,"name":"t","kernel":"6.18"}';
  const step = '{"result":-22,"sysfs":{},"vmstat":{},"ksm_stat":{},"frames":[[["p",1],["q",2]]]}';

  test('are read and written as they are', () => {
    expect(parseRecording(`${header}\n${step}\n`, 'x').map(formatLine)).toEqual([header, step]);
  });

  test.each([
    [step.replace('-22', 'null'), '"result"'],
    [step.replace('"sysfs":{}', '"sysfs":[]'), '"sysfs"'],
    [step.replace('"vmstat":{},', ''), '"vmstat"'],
    [step.replace('"ksm_stat":{}', '"ksm_stat":"no"'), '"ksm_stat"'],
    [step.replace('["p",1]', '["p"]'), '"frames"'],
    [step.replace('[[["p",1],["q",2]]]', '{}'), '"frames"'],
  ])('%s', (line, field) => {
    const { code, message } = refusal(() => parseRecording(`${header}\n${line}`, 'x'));
    expect(code).toBe('EFORMAT');
    expect(message).toContain(`x:2: field ${field}`);
  });
});
