/**
 * What `ksm scan` says of living processes, to whom it says it: processes of test/support/live/memory.c, whose memory is known, stand for
 * guests on shared memory, programs on huge pages, and programs that change while they are read.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScanReport } from '../../../src/report/index.ts';
import { MemoryProcesses } from '../../support/live/memory.ts';
import { ended, MAIN, start } from '../../support/program.ts';

const MIB = 2 ** 20;
let processes: MemoryProcesses;

beforeAll(() => {
  processes = new MemoryProcesses('ksm-live-test');
});
afterAll(() => processes[Symbol.asyncDispose]());

async function scan(...words: string[]): Promise<ScanReport> {
  const { code, stdout, stderr } = await ended(start(['scan', '--json', '--quiet', ...words]));
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

async function table(...words: string[]): Promise<string> {
  const { code, stdout } = await ended(start(['scan', ...words], { env: { COLUMNS: '120' } }));
  expect(code).toBe(0);
  return stdout;
}

const left = ({ ksm_stat }: ScanReport, reason: string): number =>
  ksm_stat[0]?.not_looked_at?.find((one) => one.reason === reason)?.bytes ?? 0;

describe('what is not scanned', () => {
  it('is said of shared memory, in the table and in JSON', async () => {
    const { pid } = await processes.start('shared=64', 'memfd=32');
    const report = await scan('--pid', String(pid));
    expect(left(report, 'shared')).toBe(64 * MIB);
    expect(left(report, 'memfd')).toBe(16 * MIB);
    expect(report.pages * 4096).toBeLessThan(4 * MIB);
    expect(await table('--pid', String(pid))).toMatch(
      /^Not looked at\n64\.0 MiB {2}shared memory.*\n16\.0 MiB {2}memfd/m,
    );
  });

  it('is the memory that was only read: it saves nothing', async () => {
    const report = await scan('--pid', String((await processes.start('read=64')).pid));
    expect(left(report, 'zero_page')).toBeGreaterThanOrEqual(64 * MIB);
    expect(report.saved_bytes).toBeLessThan(4 * MIB);
  });
});

describe('huge pages', () => {
  it('are split if a part of them merges, and not otherwise', async () => {
    const [huge] = (await scan('--pid', String((await processes.start('huge=32')).pid))).ksm_stat;
    // Where the system had no huge pages to give there are fewer; all that there are begin alike.
    expect(huge?.huge_pages?.split).toBe((huge?.huge_pages?.bytes ?? 0) / (2 * MIB));
    const [none] = (await scan('--pid', String((await processes.start('written=4')).pid))).ksm_stat;
    expect(none?.huge_pages).toEqual({ bytes: 0, split: 0 });
  });
});

describe("the kernel's account", () => {
  it("is beside the engine's, and says who has asked for merging", async () => {
    const [asked, other] = [await processes.start('mergeable', 'equal=4'), await processes.start('equal=4')];
    const { ksm_stat } = await scan('--pid', `${asked.pid},${other.pid}`);
    expect(ksm_stat.map(({ live }) => live?.opted_in)).toEqual([true, false]);
    expect(ksm_stat.map(({ live }) => live?.ksm_mergeable)).toEqual(['yes', 'no']);
    expect(ksm_stat.map(({ engine }) => engine?.ksm_mergeable)).toEqual(['yes', 'yes']);
    for (const source of ksm_stat) expect(source).toMatchObject(source.engine ?? { name: 'missing' });
  });
});

describe('processes that change meanwhile', () => {
  it('are forked, unmapped and replaced by others: what is there is scanned, and notes say what is not', async () => {
    const [still, forking, unmapping, replaced] = [
      await processes.start('written=64'),
      await processes.start('written=64'),
      await processes.start('written=64'),
      await processes.start('written=64'),
    ];
    const pids = [still, forking, unmapping, replaced].map(({ pid }) => pid).join(',');
    const program = start(['scan', '--json', '--quiet', '--pid', pids]);
    const done = ended(program);
    const hurry = Promise.all([forking.say('fork'), unmapping.say('unmap')]);
    replaced.exec();
    const { code, stdout } = await done;
    await hurry;
    expect(code).toBe(0);
    const report: ScanReport = JSON.parse(stdout);
    const of = (pid: number) => report.ksm_stat.find(({ name }) => name.startsWith(`pid ${pid} `));
    expect((of(still.pid)?.pages ?? 0) * 4096).toBeGreaterThan(64 * MIB);
    expect((of(forking.pid)?.pages ?? 0) * 4096).toBeGreaterThan(64 * MIB);
    const sum = report.ksm_stat.reduce((total, { pages }) => total + pages, 0);
    expect(sum).toBe(report.pages);
  });

  it('end: the others are scanned', async () => {
    const [a, b] = [await processes.start('written=16'), await processes.start('written=16')];
    await b.kill();
    const report = await scan('--pid', `${a.pid},${b.pid}`);
    expect(report.ksm_stat).toHaveLength(1);
    expect(report.notes.join()).toContain(`Not in this report: there is no process ${b.pid}`);
  });
});

describe('with few open files allowed', () => {
  it('a hundred processes are scanned all the same', async () => {
    const all = await Promise.all(Array.from({ length: 100 }, () => processes.start('written=1')));
    const pids = all.map(({ pid }) => pid).join(',');
    const child = spawn('sh', [
      '-c',
      `ulimit -n 64; exec "$0" "$@"`,
      process.execPath,
      MAIN,
      'scan',
      '--json',
      '--pid',
      pids,
    ]);
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (some: string) => {
      text += some;
    });
    const [code] = await once(child, 'close');
    expect(code).toBe(0);
    const report: ScanReport = JSON.parse(text);
    expect(report.ksm_stat).toHaveLength(100);
    for (const { pages } of report.ksm_stat) expect(pages).toBeGreaterThanOrEqual(256);
    expect(report.notes).toEqual([]);
  });
});
