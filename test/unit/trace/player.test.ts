/**
 * The player on small traces written by hand. What each step must say follows from the trace format, and from what the
 * system calls do on Linux. Agreement with whole recordings is golden.test.ts.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import {
  checkTrace,
  formatLine,
  parseTrace,
  playTrace,
  type RecordingLine,
  type RecordingStep,
} from '../../../src/trace/index.ts';
import { hostSize } from '../../../src/trace/size.ts';
import { collect } from '../../support/collect.ts';

const HEADER = '{"op":"trace","version":1,"name":"t"}';

async function play(...operations: object[]): Promise<RecordingLine[]> {
  const text = [HEADER, ...operations.map((operation) => JSON.stringify(operation))].join('\n');
  return collect(playTrace(parseTrace(text, 't'), { host: { index: 'content' }, invariants: true }));
}

function steps(lines: RecordingLine[]): RecordingStep[] {
  return lines.filter((line) => 'result' in line);
}

async function results(...operations: object[]): Promise<(number | string)[]> {
  return steps(await play({ op: 'process', proc: 'p' }, ...operations))
    .map(({ result }) => result)
    .slice(1);
}

const map = (page: number, pages: number): object => ({ op: 'mmap', proc: 'p', page, pages });

describe('results', () => {
  test('system calls give 0 or the errno of Linux', async () => {
    expect(
      await results(
        map(2, 4),
        map(5, 2),
        { op: 'madvise', proc: 'p', page: 2, pages: 4, advice: 'MERGEABLE' },
        { op: 'madvise', proc: 'p', page: 5, pages: 4, advice: 'MERGEABLE' },
        { op: 'munmap', proc: 'p', page: 2, pages: 0 },
        { op: 'munmap', proc: 'p', page: 2, pages: 1 },
      ),
    ).toEqual([0, -17, 0, -12, -22, 0]);
  });

  test('sysfs gives 0 or the errno, scan EAGAIN unless run is 1', async () => {
    expect(
      await results(
        { op: 'scan', pages: 1 },
        { op: 'sysfs', file: 'run', value: '3' },
        { op: 'sysfs', file: 'merge_across_nodes', value: '18446744073709551616' },
        { op: 'sysfs', file: 'run', value: '1' },
        { op: 'scan', pages: 1 },
        { op: 'sysfs', file: 'no_such_file', value: '1' },
      ),
    ).toEqual([-11, -22, -34, 0, 0, -2]);
  });

  test('memory that is not there, or not writable, is EFAULT', async () => {
    expect(
      await results(
        { op: 'fill', proc: 'p', contents: [1] },
        { op: 'digest', proc: 'p' },
        map(0, 1),
        { op: 'mprotect', proc: 'p', prot: 'r' },
        { op: 'poke', proc: 'p', offset: 0, value: 1 },
        { op: 'mprotect', proc: 'p', prot: 'rw' },
        { op: 'poke', proc: 'p', offset: 0, value: 1 },
      ),
    ).toEqual([-14, -14, 0, 0, -14, 0, 0]);
  });

  test('poke writes one word of a fill: the digests of both ways agree', async () => {
    const word = 0x123456789abcdefn.toString();
    const poke = JSON.stringify({ op: 'poke', proc: 'p', page: 1, offset: 4088 }).replace('}', `,"value":${word}}`);
    const text = [
      HEADER,
      '{"op":"process","proc":"p"}',
      JSON.stringify(map(0, 2)),
      poke,
      poke.replace('"page":1', '"page":0'),
    ];
    const digests = [0, 1].map((page) => JSON.stringify({ op: 'digest', proc: 'p', page }));
    const played = await collect(playTrace(parseTrace([...text, ...digests].join('\n'), 't')));
    const [zero, one] = steps(played).slice(-2);
    expect(zero?.result).toMatch(/^[0-9a-f]{16}$/);
    expect(zero?.result).toBe(one?.result);
  });
});

test('odd arguments, as a kernel played them: overlaps, gaps, large integers, a word across pages', async () => {
  const path = fileURLToPath(new URL('edges.trace.jsonl', import.meta.url));
  const { difference, lines } = await checkTrace(path, { host: { index: 'content' }, invariants: true });
  expect(difference).toBeUndefined();
  expect(lines).toBe(27);
});

describe('lines', () => {
  test('the header, then one line a step with the recording’s fields in its order', async () => {
    const lines = await play({ op: 'process', proc: 'p' });
    const counters =
      '"full_scans":0,"pages_shared":0,"pages_sharing":0,"pages_unshared":0,"pages_volatile":0,"pages_scanned":0,' +
      '"pages_skipped":0,"ksm_zero_pages":0,"stable_node_chains":0,"stable_node_dups":0,"general_profit":0';
    const stat =
      '"ksm_rmap_items":0,"ksm_zero_pages":0,"ksm_merging_pages":0,"ksm_process_profit":0,' +
      '"ksm_merge_any":"no","ksm_mergeable":"no"';
    const vmstat = '"ksm_swpin_copy":0,"cow_ksm":0';
    expect(lines.map(formatLine)).toEqual([
      `{"op":"trace","version":1,"name":"t","kernel":"ksm-wasm ${manifest.version}"}`,
      `{"result":0,"sysfs":{${counters}},"vmstat":{${vmstat}},"ksm_stat":{"p":{${stat}}},"frames":[]}`,
    ]);
  });

  test('a fork shares its frames, an exit ends that and the process’s ksm_stat', async () => {
    const lines = await play(
      { op: 'process', proc: 'p' },
      map(3, 2),
      { op: 'fill', proc: 'p', page: 3, contents: [1, 2] },
      { op: 'fork', proc: 'p', child: 'c' },
      { op: 'fill', proc: 'c', page: 4, contents: [2] },
      { op: 'exit', proc: 'p' },
    );
    expect(steps(lines).map(({ frames }) => frames)).toEqual([
      [],
      [],
      [],
      [
        [
          ['p', 3],
          ['c', 3],
        ],
        [
          ['p', 4],
          ['c', 4],
        ],
      ],
      [
        [
          ['p', 3],
          ['c', 3],
        ],
      ],
      [],
    ]);
    expect(steps(lines).map(({ ksm_stat }) => Object.keys(ksm_stat))).toEqual([
      ['p'],
      ['p'],
      ['p'],
      ['p', 'c'],
      ['p', 'c'],
      ['c'],
    ]);
  });
});

describe('the size of the host', () => {
  test('grows with what the trace maps, forks counted again', () => {
    const lines = [
      '{"op":"process","proc":"p"}',
      JSON.stringify(map(0, 300_000)),
      '{"op":"fork","proc":"p","child":"c"}',
    ];
    const small = hostSize(parseTrace([HEADER, ...lines.slice(0, 1)].join('\n'), 't'));
    const large = hostSize(parseTrace([HEADER, ...lines].join('\n'), 't'));
    expect(small.memory).toBe(256 * 2 ** 20);
    expect(large.memory).toBeGreaterThan(600_000 * 4096);
    expect(large.pages).toBeGreaterThanOrEqual(600_000);
  });
});

describe('checkTrace', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ksm-trace-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const trace = `${HEADER}\n{"op":"sysfs","file":"run","value":"x"}\n`;

  async function check(name: string, recording?: string): ReturnType<typeof checkTrace> {
    const path = join(folder, `${name}.trace.jsonl`);
    await writeFile(path, trace);
    if (recording !== undefined) await writeFile(join(folder, `${name}.recording.jsonl`), recording);
    return checkTrace(path, { host: { index: 'content' } });
  }

  async function recording(): Promise<string[]> {
    return (await collect(playTrace(parseTrace(trace, 't')))).map(formatLine);
  }

  test('agrees with a recording of the same, and says how many lines it compared', async () => {
    const lines = await recording();
    expect(await check('same', lines.join('\n'))).toEqual({ name: 't', lines: 2 });
  });

  test('finds the first difference, also a missing and an extra line', async () => {
    const [header = '', step = ''] = await recording();
    const other = await check('other', `${header}\n${step.replace('-22', '0')}\n`);
    expect(other).toMatchObject({ lines: 2, difference: { line: 2, path: 'result', expected: 0, actual: -22 } });
    expect(await check('short', `${header}\n`)).toMatchObject({ lines: 2, difference: { line: 2, path: '' } });
    const long = `${header}\n${step}\n${step}\n`;
    expect(await check('long', long)).toMatchObject({ lines: 3, difference: { line: 3, operation: 'none' } });
  });

  test('says which file is missing or wrongly named', async () => {
    await expect(check('alone')).rejects.toMatchObject({
      code: 'ENOENT',
      message: expect.stringContaining('alone.recording.jsonl'),
    });
    await expect(checkTrace(join(folder, 'none.trace.jsonl'))).rejects.toMatchObject({ code: 'ENOENT' });
    await writeFile(join(folder, 'odd.jsonl'), trace);
    await expect(checkTrace(join(folder, 'odd.jsonl'))).rejects.toMatchObject({ code: 'EINVAL' });
  });
});
