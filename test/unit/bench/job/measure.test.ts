/** What a process has used, as the kernel's counts are written and as they are read; and the tables that come of them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileC } from '../../../../bench/compile.ts';
import { phasesTable } from '../../../../bench/job/bench.ts';
import { expectedFrom } from '../../../../bench/job/expected.ts';
import { childrenSeconds, measure, parseUsage, peakMibIn } from '../../../../bench/job/measure.ts';
import { jobRows, spreadOf } from '../../../../bench/job/table.ts';
import { PAGE } from '../../../support/page.ts';

const folder = mkdtempSync(join(tmpdir(), 'job-measure-'));
let helper = '';
beforeAll(() => {
  helper = compileC('bench/job/usage.c', join(folder, 'usage'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('what was used', () => {
  test('is read from the line of usage.c', () => {
    const read = { wallSeconds: 1.5, cpuSeconds: 0.75, peakMib: 2, status: 3 };
    expect(parseUsage('1500000000 500000 250000 2048 3\n')).toEqual(read);
    expect(() => parseUsage('')).toThrow('no line of five numbers');
  });

  test('is read from /proc: fields 16 and 17 of stat as proc(5) has them, whatever the name is', () => {
    const fields = Array.from({ length: 49 }, (_, index) => (index + 4) * 100);
    expect(childrenSeconds(`7 (a) b (c) S ${fields.join(' ')}`)).toBe(16 + 17);
    expect(peakMibIn('Name:\tx\nVmPeak:\t 9000 kB\nVmHWM:\t    3072 kB\nVmRSS:\t 1 kB\n')).toBe(3);
    expect(peakMibIn('Name:\tx\nState:\tZ (zombie)\n')).toBe(0);
  });

  test.each([true, false])('a program that fails is named; else its output comes (with usage.c: %s)', async (exact) => {
    const way = exact ? helper : undefined;
    expect((await measure(['echo', 'two words'], way)).output).toBe('two words\n');
    await expect(measure(['sh', '-c', 'exit 7'], way)).rejects.toThrow('sh -c failed with exit code 7');
  });

  test('memory that a program has touched is in its peak, and not in the next one’s', async () => {
    const touch = 'Buffer.alloc(64 * 2 ** 20, 1)';
    const large = await measure([process.execPath, '-e', touch], helper);
    const small = await measure(['true'], helper);
    expect(large.peakMib).toBeGreaterThan(64);
    expect(small.peakMib).toBeLessThan(32);
  });
});

test('the program in C finds as many copies as there are', () => {
  const scan = compileC('bench/job/scan.c', join(folder, 'scan'));
  const pages = Buffer.concat([1, 2, 1, 0, 0, 3, 1].map((byte) => Buffer.alloc(PAGE, byte)));
  pages[5 * PAGE - 1] = 9; // the second page of zeros is none, in its last byte
  const files = ['a.img', 'b.img'].map((name) => join(folder, name));
  for (const file of files) writeFileSync(file, pages);
  const { stdout } = spawnSync(scan, files, { encoding: 'utf8' });
  expect(Number(stdout)).toBe(expectedFrom([6, 2, 2, 2, 2]).copies);
});

describe('tables', () => {
  test('median, least and most', () => {
    expect(spreadOf([3, 1, 2])).toEqual({ each: [3, 1, 2], median: 2, min: 1, max: 3 });
    expect(spreadOf([4, 1, 3, 2])).toMatchObject({ median: 2.5 });
  });

  test('ratios are of the same round', () => {
    const round = (wallSeconds: number, cpuSeconds: number) => ({ wallSeconds, cpuSeconds, peakMib: 8 });
    const rounds = new Map([
      ['base', [round(1, 1), round(10, 2), round(4, 4)]],
      ['other', [round(2, 3), round(20, 2), round(20, 8)]],
    ]);
    const [base, other] = jobRows(rounds, 'base');
    expect(base).toMatchObject({ name: 'base', wallRatio: 1, cpuRatio: 1 });
    expect(other).toMatchObject({ wallRatio: 2, cpuRatio: 2, peakMib: { median: 8 } });
    expect(() => jobRows(rounds, 'nobody')).toThrow('"nobody" is not among the contestants');
  });

  test('phases stand beside the whole process, those of one name as one', () => {
    const phase = (name: string, wall_s: number, cpu_s: number) => ({ name, wall_s, cpu_s });
    const phases = [phase('load', 1, 2), phase('pass', 0.5, 0.5), phase('pass', 0.5, 1.5)];
    const { rows, reference } = phasesTable('t', [{ wallSeconds: 4, cpuSeconds: 8, count: 0, phases }], 1);
    expect(rows.map(({ name }) => name)).toEqual(['load', 'pass', reference]);
    expect(rows.map(({ wallRatio }) => wallRatio)).toEqual([0.25, 0.25, 1]);
    expect(rows.map(({ cpuRatio }) => cpuRatio)).toEqual([0.25, 0.25, 1]);
  });

  test('memory is left out where nobody has measured it', () => {
    const rows = jobRows(new Map([['a', [{ wallSeconds: 1, cpuSeconds: 1 }]]]), 'a');
    expect(rows[0]).not.toHaveProperty('peakMib');
  });
});
