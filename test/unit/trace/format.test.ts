/** The trace format as docs/trace-format.md describes it: what is read, what is refused and how that is said. */
import { describe, expect, test } from 'vitest';
import { KsmError } from '../../../src/errors.ts';
import { formatLine, type Operation, parseRecording, parseTrace } from '../../../src/trace/format.ts';

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

  test('blank lines and a byte order mark do not count; a name is free again after exit', () => {
    const [start, exit] = ['{"op":"process","proc":"p"}', '{"op":"exit","proc":"p"}'];
    const text = `\ufeff\n${HEADER}\r\n\n${start}\n${exit}\n${start}\n\n`;
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
    ['{"op":"touch","proc":"p","pages":262145}', '"pages"', 'from 0 to 262144'],
    ['{"op":"digest","proc":"p","pages":134217728}', '"pages"', 'got 134217728'],
    [`{"op":"process","proc":"${'q'.repeat(65)}"}`, '"proc"', 'a name of 1 to 64 characters'],
    ['{"op":"process","proc":"q","proc":"r"}', '"proc"', 'twice'],
    ['{"op":"process","proc":"q","\\u0070roc":"r"}', '"proc"', 'twice'],
    ['{"op":"exit","proc":"q\u202e"}', '"proc"', 'got "q\\u202e"'],
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

describe('a field that an operation does not have is refused', () => {
  // The fields of the table in docs/trace-format.md.
  const whole = {
    process: { proc: 'q' },
    fork: { proc: 'p', child: 'c' },
    exit: { proc: 'p' },
    mmap: { proc: 'p', page: 1, pages: 1, kind: 'shared' },
    munmap: { proc: 'p', page: 1, pages: 1 },
    mprotect: { proc: 'p', page: 1, pages: 1, prot: 'r' },
    madvise: { proc: 'p', page: 1, pages: 1, advice: 'DONTNEED' },
    fill: { proc: 'p', page: 1, contents: [1] },
    poke: { proc: 'p', page: 1, offset: 8, value: 1 },
    touch: { proc: 'p', page: 1, pages: 1 },
    digest: { proc: 'p', page: 1, pages: 1 },
    sysfs: { file: 'run', value: '1' },
    scan: { pages: 1 },
  };
  const foreign = [...new Set(Object.values(whole).flatMap((fields) => Object.keys(fields))), 'note', '__proto__'];

  test.each(Object.entries(whole))('%s', (op, fields) => {
    const line = JSON.stringify({ op, ...fields });
    expect(operations(line)).toHaveLength(1);
    for (const field of foreign.filter((name) => !Object.keys(fields).includes(name))) {
      const { code, message } = refusal(() => operations(line.replace(/\}$/, `,"${field}":1}`)));
      expect(code).toBe('EFORMAT');
      expect(message).toBe(
        `x:3: field "${field}": "${op}" has no such field; it has op, ${Object.keys(fields).join(', ')}`,
      );
    }
  });

  test('the header', () => {
    const { message } = refusal(() => parseTrace(HEADER.replace('}', ',"pages":1}'), 'x'));
    expect(message).toBe('x:1: field "pages": the header has no such field; it has op, version, name');
  });

  test('not so in a recording, where another kernel may say more', () => {
    const header = '{"op":"trace","version":1,"name":"t","kernel":"7.0","by":"me"}';
    const step = '{"result":0,"sysfs":{},"vmstat":{},"ksm_stat":{},"frames":[],"time":1}';
    expect(parseRecording(`${header}\n${step}`, 'x')).toHaveLength(2);
    const twice = step.replace('"time"', '"result"');
    expect(refusal(() => parseRecording(`${header}\n${twice}`, 'x')).message).toBe(
      'x:2: field "result" is there twice',
    );
    const within = step.replace('"sysfs":{}', '"sysfs":{"a":1,"a":2}');
    expect(refusal(() => parseRecording(`${header}\n${within}`, 'x')).message).toBe('x:2: field "a" is there twice');
  });
});

describe('lines whose cost is out of proportion', () => {
  test('a text that is longer than anybody takes', () => {
    const write = (length: number): string => JSON.stringify({ op: 'sysfs', file: 'run', value: '1'.repeat(length) });
    // A file of sysfs takes a page at a time; a newline comes behind the value.
    expect(operations(write(4095))).toHaveLength(1);
    expect(refusal(() => operations(write(4096))).message).toContain(
      'x:3: field "value": expected at most 4095 characters',
    );
    const named = (length: number): string => HEADER.replace('"t"', `"${'n'.repeat(length)}"`);
    expect(parseTrace(named(255), 'x').name).toHaveLength(255);
    expect(refusal(() => parseTrace(named(256), 'x')).message).toContain(
      'x:1: field "name": expected at most 255 characters',
    );
  });

  test('nested deeper than any line needs', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const { code, message } = refusal(() => operations(`{"op":"fill","proc":"p","contents":${deep}}`));
    expect({ code, message }).toEqual({ code: 'EFORMAT', message: 'x:3: something is nested more than 16 deep' });
  });

  test('a number of a thousand digits is exact, one of more is refused', () => {
    const poke = (digits: number): string => `{"op":"poke","proc":"p","offset":0,"value":1${'0'.repeat(digits - 1)}}`;
    // 10^999 is 2^999 times a whole number.
    expect(operations(poke(1000))).toEqual([{ op: 'poke', proc: 'p', page: 0, offset: 0, value: 0n }]);
    expect(refusal(() => operations(poke(1001))).message).toBe('x:3: a number of more than 1000 digits');
  });

  test('more processes at a time than a recording can tell of', () => {
    const start = (name: string): string => `{"op":"process","proc":"${name}"}`;
    const many = Array.from({ length: 4095 }, (_, i) => start(`q${i}`));
    expect(operations(...many)).toHaveLength(4095);
    const { message } = refusal(() => operations(...many, start('last')));
    expect(message).toContain('field "proc": expected at most 4096 processes at a time, got "last"');
    expect(operations(...many, '{"op":"exit","proc":"q7"}', start('last'))).toHaveLength(4097);
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
