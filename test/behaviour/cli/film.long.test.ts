/** `ksm scan` of memory that changes: what it calls saved, how it ends, and what it refuses. */
import { readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import type { ScanReport } from '../../../src/report/index.ts';
import { parseTrace } from '../../../src/trace/index.ts';
import { kill, patternCode, startNode } from '../../support/image.ts';
import { type Ended, ended, Folder, ksm, start } from '../../support/program.ts';

const folder = new Folder();
afterAll(() => folder.remove());

const MIB = 2 ** 20;
const CHANGING_PAGES = 2560;

/** Ten MiB that are the same in all such processes at any time, and new ten times a second. */
const CHURN = `
  const bytes = Buffer.allocUnsafeSlow(${CHANGING_PAGES} * 4096).fill(1);
  setInterval(() => {
    const time = Math.floor(Date.now() / 100);
    for (let page = 0; page < ${CHANGING_PAGES}; page++) {
      bytes.writeUInt32LE(page, page * 4096);
      bytes.writeUInt32LE(time >>> 0, page * 4096 + 8);
    }
  }, 50);
  process.on('disconnect', () => process.exit());
  process.on('message', () => {});
  process.send('ready');
`;

/** Dumps of four pages each, a minute apart. */
const dump = (name: string, pages: readonly number[], minute: number): string => {
  const path = folder.file(name, Buffer.concat(pages.map((page) => Buffer.alloc(4096, page))));
  utimesSync(path, minute * 60, minute * 60);
  return path;
};

if (process.platform === 'linux') {
  it('counts nothing as saved that changes ten times a second', async () => {
    const processes = [await startNode(CHURN), await startNode(CHURN)];
    try {
      const pids = processes.map(({ pid }) => pid).join(',');
      const table = await ksm(['scan', '--quiet', '--pid', pids, '--over', '3s']);
      expect(table.stdout).toMatch(/^[\d.]+ [KM]iB at rest for \d.* \(\d+ reads\), of /);
      const { stdout } = await ksm(['scan', '--quiet', '--json', '--pid', pids, '--over', '3s', '--every', '500ms']);
      const report: ScanReport = JSON.parse(stdout);
      // The two are the same program, so something is at rest; not what changes, which is volatile.
      expect(report.sysfs.pages_volatile).toBeGreaterThanOrEqual(2 * CHANGING_PAGES);
      const once: ScanReport = JSON.parse((await ksm(['scan', '--json', '--pid', pids, '--over', '0'])).stdout);
      expect(once.film).toBe(null);
      expect(report.film?.reads).toBeGreaterThanOrEqual(3);
      expect(report.saved_bytes).toBe((report.sysfs.pages_sharing + report.sysfs.ksm_zero_pages) * 4096);
    } finally {
      await Promise.all(processes.map(kill));
    }
  });

  it('ends by Ctrl-C while it waits', async () => {
    const process = await startNode(patternCode(1, MIB));
    try {
      const scan = start(['scan', '--pid', `${process.pid}`, '--over', '1h']);
      const end = ended(scan);
      await sleep(3000); // long before an hour is over
      scan.kill('SIGINT');
      expect(await end).toMatchObject({ code: 130, stdout: '' });
    } finally {
      await kill(process);
    }
  });

  it('reports the others, and says so, where a process ends meanwhile', async () => {
    const stays = await startNode(patternCode(1, MIB));
    try {
      let found: Ended | undefined;
      for (let attempt = 1; found === undefined && attempt <= 20; attempt++) {
        const goes = await startNode(patternCode(1, MIB));
        const scan = ksm([
          'scan',
          '--json',
          '--quiet',
          '--pid',
          `${goes.pid},${stays.pid}`,
          '--over',
          `${2 * attempt}s`,
        ]);
        await sleep(1000 * attempt);
        await kill(goes);
        const result = await scan;
        // It may have ended before it was opened, or after it was read.
        if (/the process ended before it was read/.test(result.stdout)) found = result;
      }
      expect(found?.code).toBe(0);
      const { ksm_stat, film }: ScanReport = JSON.parse(found?.stdout ?? '');
      expect(ksm_stat[0]?.pages).toBe(0);
      expect(ksm_stat[1]?.pages).toBeGreaterThan(256);
      expect(film?.parted_pages).toBeGreaterThan(0);
    } finally {
      await kill(stays);
    }
  });

  it('writes a trace of what it read', async () => {
    const process = await startNode(patternCode(1, MIB));
    try {
      const path = join(folder.path, 'film.trace.jsonl');
      const words = ['scan', '--quiet', '--pid', `${process.pid}`, '--over', '2s', '--trace', path];
      expect(await ksm(words)).toMatchObject({ code: 0, stderr: '' });
      const { operations } = parseTrace(readFileSync(path, 'utf8'), path);
      expect(operations.filter(({ op }) => op === 'process')).toHaveLength(1);
      expect(operations.some(({ op }) => op === 'scan')).toBe(true);
    } finally {
      await kill(process);
    }
  });
}

describe('a series of dumps', () => {
  const first = dump('one.img', [1, 1, 2, 2], 10);
  const second = dump('two.img', [3, 3, 2, 2], 11);

  it.each([
    ['their own times', `web=${first},${second}`, 60],
    ['times that are given', `web=${first}@5,${second}@35.5`, 30.5],
  ])('is a film, with %s', async (_, series, gap) => {
    const { code, stdout } = await ksm(['scan', '--json', '--quiet', '--series', series]);
    expect(code).toBe(0);
    const { film, saved_bytes, ksm_stat }: ScanReport = JSON.parse(stdout);
    expect(ksm_stat).toMatchObject([{ name: 'web', pages: 4, sharing: 1, volatile: 2 }]);
    expect(saved_bytes).toBe(4096);
    expect(film).toMatchObject({ reads: 2, times_s: [0, gap], alike_pages: 2, together_pages: 1 });
    expect(film?.rest).toEqual([
      { w_s: 0, pages: 2, lo: 2, hi: 2 },
      { w_s: gap, pages: 1, lo: null, hi: null },
    ]);
  });

  it.each([
    ['one dump', [`web=${first}`], 2, 'two dumps or more'],
    ['no name', [`${first},${second}`], 2, 'expected NAME=A,B'],
    ['some times', [`web=${first}@1,${second}`], 2, 'behind all dumps, or behind none'],
    ['the wrong order', [`web=${second},${first}`], 1, 'is not later than the dump before it'],
    ['more dumps of one guest', [`a=${first},${second}`, `b=${first}@1,${second}@2,${first}@3`], 2, 'as many as of a'],
    ['another layout', [`web=${first}@1,${dump('large.img', [1, 2, 3, 4, 5], 1)}@2`], 1, 'not the same pages'],
  ])('is refused with %s', async (_, series, code, message) => {
    const result = await ksm(['scan', ...series.flatMap((one) => ['--series', one])]);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toContain(message);
  });
});

it('a series goes with nothing else that is chosen', async () => {
  const words = ['--series', `web=${dump('a.img', [1], 1)},${dump('b.img', [1], 2)}`, '--name', 'node'];
  expect(await ksm(['scan', ...words])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--series: dumps have'),
  });
});

it('a trace that cannot be written is said before anything is read', async () => {
  const words = ['scan', '--pid', `${process.pid}`, '--over', '10m', '--trace', '/proc/none/film.jsonl'];
  expect(await ksm(words)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('cannot be written') });
});

describe('images', () => {
  const image = dump('still.img', [1, 1, 2, 2], 1);

  it('are read once', async () => {
    const { stdout } = await ksm(['scan', '--quiet', image]);
    expect(stdout).toMatch(/^KSM would save 8\.0 KiB of 16\.0 KiB \(50 %\)\.\n/);
  });

  it('are filmed if that is asked for', async () => {
    const { stdout } = await ksm(['scan', '--quiet', image, '--over', '300ms', '--set', 'pages_to_scan=1000']);
    expect(stdout).toMatch(/^8\.0 KiB at rest for \d+ ms \(\d+ reads\), of 16\.0 KiB \(50 %\)\.\n/);
  });
});

it.each([
  [['--over', 'soon'], '--over soon: expected a time such as 60s, 500ms or 2m.'],
  [['--over', '2s', '--every', '3s'], '--every: expected no more time than --over'],
  [['--over', '0', '--every', '1s'], '--every: with --over 0 there is one read'],
  [['--over', '0', '--trace', 'x'], '--trace: with --over 0 there is one read'],
  [['--over', '1h', '--every', '1s'], '--every: expected at most 1000 reads'],
  [['--every', '0s'], '--every 0: expected more than nothing'],
  [['--engine', 'bytes', '--over', '5s'], '--over: only pages that are named are read again'],
  [['--index', 'content', '--every', '5s'], '--every: only pages that are named are read again'],
])('refuses %j', async (words, message) => {
  const result = await ksm(['scan', '--pid', '1', ...words]);
  expect(result).toMatchObject({ code: 2, stdout: '' });
  expect(result.stderr).toContain(message);
});
