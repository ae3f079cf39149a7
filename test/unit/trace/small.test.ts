/**
 * Small traces that ask for much: each is played to its end, or refused in one sentence, and costs what is there and not what is
 * asked for. What the calls must answer follows from what they do on Linux.
 */
import { describe, expect, test } from 'vitest';
import { type Operation, parseTrace, playTrace, type RecordingStep } from '../../../src/trace/index.ts';

const HEADER = '{"op":"trace","version":1,"name":"x"}\n{"op":"process","proc":"p0"}\n';
/** All of an address space: 2^27 pages. */
const ALL = 2 ** 27;

const line = (op: Operation['op'], fields: object = {}): string => `${JSON.stringify({ op, proc: 'p0', ...fields })}\n`;

async function results(...lines: string[]): Promise<RecordingStep['result'][]> {
  const trace = parseTrace(HEADER + lines.join(''), 'x');
  const found: RecordingStep['result'][] = [];
  const options = { host: { index: 'content' }, invariants: true } as const;
  for await (const step of playTrace(trace, options)) if ('result' in step) found.push(step.result);
  return found.slice(1);
}

describe('reading what is as large as an address space', () => {
  test.each(['digest', 'touch'] as const)('%s is refused when the trace is read', (op) => {
    const text = HEADER + line('mmap', { pages: ALL }) + line(op, { pages: ALL });
    expect(() => parseTrace(text, 'x')).toThrow(
      'x:4: field "pages": expected an integer from 0 to 262144, got 134217728',
    );
  });
});

describe('calls on a whole address space', () => {
  const whole = line('mmap', { pages: ALL });
  const all = { pages: ALL };

  test.each<[string, string[], RecordingStep['result'][]]>([
    ['mmap, again', [whole, whole], [0, -17]],
    ['munmap', [whole, line('munmap', all), whole], [0, 0, 0]],
    ['mprotect', [whole, line('mprotect', { ...all, prot: 'r' })], [0, 0]],
    [
      'madvise',
      [whole, line('madvise', { ...all, advice: 'MERGEABLE' }), line('madvise', { ...all, advice: 'UNMERGEABLE' })],
      [0, 0, 0],
    ],
    ['DONTNEED', [whole, line('madvise', { ...all, advice: 'DONTNEED' })], [0, 0]],
    ['fork', [whole, line('fork', { child: 'c' }), line('fork', { child: 'd' })], [0, 0, 0]],
    [
      'a scan of it all',
      [
        whole,
        line('madvise', { ...all, advice: 'MERGEABLE' }),
        '{"op":"sysfs","file":"run","value":1}\n',
        '{"op":"scan","pages":4294967295}\n',
      ],
      [0, 0, 0, 0],
    ],
    ['munmap of what no address space has', [line('munmap', { page: 2 ** 40 })], [-22]],
  ])('%s', async (_what, lines, expected) => {
    expect(await results(...lines)).toEqual(expected);
  });
});

test('pages that a recording would have to list are bounded by the frames that there can be', async () => {
  const quarter = 2 ** 18;
  const touches = [0, 1, 2, 3, 4].map((part) => line('touch', { page: part * quarter, pages: quarter }));
  const text = HEADER + line('mmap', { pages: 5 * quarter }) + touches.join('');
  const played = async (): Promise<void> => {
    for await (const _ of playTrace(parseTrace(text, 'x'))) {
    }
  };
  await expect(played()).rejects.toMatchObject({ code: 'EFBIG', message: expect.stringContaining('1048576 pages') });
});
