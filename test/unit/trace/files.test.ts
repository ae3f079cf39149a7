/** Traces as files: what is text, how much of it is read, and what is not a file at all. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readRecording, readTrace } from '../../../src/trace/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'ksm-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

const HEADER = '{"op":"trace","version":1,"name":"t"}\n';
const START = '{"op":"process","proc":"p"}\n';

function file(...parts: (string | number[])[]): string {
  const path = join(folder, 'x.trace.jsonl');
  writeFileSync(path, Buffer.concat(parts.map((part) => Buffer.from(part as string))));
  return path;
}

describe('text', () => {
  test('may have a byte order mark', async () => {
    const { operations } = await readTrace(file([0xef, 0xbb, 0xbf], HEADER, START));
    expect(operations).toEqual([{ op: 'process', proc: 'p' }]);
  });

  test('has a byte order mark at the start only', async () => {
    await expect(readTrace(file(HEADER, [0xef, 0xbb, 0xbf], START))).rejects.toMatchObject({ code: 'EFORMAT' });
  });

  // Not UTF-8 by RFC 3629: a byte that begins nothing, a sequence that is too long or cut off, half of a surrogate pair, UTF-16.
  test.each<[string, number[]]>([
    ['a lone byte', [0xff]],
    ['Latin-1', [0xfc]],
    ['an overlong form', [0xc0, 0xaf]],
    ['a sequence that is cut off', [0xe2, 0x80]],
    ['half of a surrogate pair', [0xed, 0xa0, 0x80]],
    ['beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ])('is UTF-8, and not %s', async (_what, bytes) => {
    const path = file(HEADER, '\n', '{"op":"process","proc":"', bytes, '"}\n', START);
    const refusal = { code: 'EFORMAT', message: `${path}:3: this line is not UTF-8 text` };
    await expect(readTrace(path)).rejects.toMatchObject(refusal);
    await expect(readRecording(path)).rejects.toMatchObject(refusal);
  });

  test('is UTF-8 to the end', async () => {
    const path = file(HEADER, [0xff]);
    await expect(readTrace(path)).rejects.toMatchObject({ message: `${path}:2: this line is not UTF-8 text` });
  });
});

describe('size', () => {
  test('a trace has 64 MiB at most', async () => {
    const path = file(HEADER);
    truncateSync(path, 64 * 2 ** 20 + 1);
    await expect(readTrace(path)).rejects.toMatchObject({ code: 'EFBIG', message: expect.stringContaining('64 MiB') });
  });

  if (process.platform !== 'win32') {
    test('what never ends is not read for ever', async () => {
      await expect(readTrace('/dev/zero')).rejects.toMatchObject({ code: 'EFBIG' });
    });
  }
});
