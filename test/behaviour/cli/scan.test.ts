/**
 * `ksm scan` from end to end, on images whose numbers can be told in advance.
 *
 * Linux merges n equal pages into one: pages_shared 1, pages_sharing n - 1; a page alone is unshared (admin guide, ksm).
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import type { ScanReport } from '../../../src/report/index.ts';
import { kill } from '../../support/image.ts';
import { PAGE } from '../../support/page.ts';
import { type Ended, ended, Folder, ksm, start } from '../../support/program.ts';

/** A user without rights. */
const NOBODY = 65_534;
const folder = new Folder();
afterAll(() => folder.remove());

const pages = new Map<number, Buffer>([[0, Buffer.alloc(PAGE)]]);

/** A page that differs from that of any other number, without any pattern in it. */
function page(number: number): Buffer {
  const known = pages.get(number);
  if (known !== undefined) return known;
  const parts = Array.from({ length: PAGE / 32 }, (_, i) => createHash('sha256').update(`${number} ${i}`).digest());
  const made = Buffer.concat(parts);
  pages.set(number, made);
  return made;
}

function image(name: string, numbers: readonly number[]): string {
  return folder.file(name, Buffer.concat(numbers.map(page)));
}

async function scan(...words: string[]): Promise<ScanReport> {
  const { code, stdout, stderr } = await ksm(['scan', '--json', '--quiet', ...words]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

const first = image('first.raw', [0, 1, 2, 2]);
const second = image('second.raw', [1, 3, 0]);

describe('two images', () => {
  it.each(['hash', 'content'])('are merged as Linux would, in %s order', async (index) => {
    const report = await scan('--index', index, first, second);
    expect(report).toMatchObject({ version: 2, pages: 7, saved_bytes: 3 * PAGE, converged: true });
    expect(report.sysfs).toMatchObject({
      pages_shared: 3,
      pages_sharing: 3,
      pages_unshared: 1,
      pages_volatile: 0,
      ksm_zero_pages: 0,
      general_profit: 3 * PAGE - 7 * 64,
    });
    expect(report.ksm_stat).toMatchObject([
      {
        name: first,
        kind: 'image',
        pages: 4,
        zero: 0,
        shared: 3,
        sharing: 1,
        unshared: 0,
        volatile: 0,
        saved_bytes: PAGE,
      },
      {
        name: second,
        kind: 'image',
        pages: 3,
        zero: 0,
        shared: 0,
        sharing: 2,
        unshared: 1,
        volatile: 0,
        saved_bytes: 2 * PAGE,
      },
    ]);
    expect(report.ksm_stat.map((source) => source.ksm_process_profit)).toEqual([4 * PAGE - 4 * 64, 2 * PAGE - 3 * 64]);
    expect(report.options.index).toBe(index);
    expect(report).toMatchObject({ engine: 'names', notes: [] });
  });

  it('are found in the first two passes, and settled in the third', async () => {
    const report = await scan(first, second);
    // First a checksum of each page, then the merges, then nothing new.
    expect(report.passes.map(({ pass, pages_scanned }) => [pass, pages_scanned])).toEqual([
      [1, 7],
      [2, 7],
      [3, 7],
    ]);
    expect(report.passes.map((pass) => pass.pages_sharing)).toEqual([0, 3, 3]);
    expect(report.passes[0]).toMatchObject({ loading: false, pages_volatile: 7 });
  });

  it('are not settled after one pass', async () => {
    const report = await scan('--passes', '1', first, second);
    expect(report).toMatchObject({ converged: false, saved_bytes: 0 });
    expect(report.passes).toHaveLength(1);
    expect(report.ksm_stat.map(({ unshared, volatile }) => [unshared, volatile])).toEqual([
      [0, 4],
      [0, 3],
    ]);
  });

  it('use the zero page where that is set', async () => {
    const report = await scan('--set', 'use_zero_pages=1', first, second);
    expect(report.sysfs).toMatchObject({ ksm_zero_pages: 2, pages_shared: 2, pages_sharing: 2, pages_unshared: 1 });
    expect(report.ksm_stat.map(({ zero, shared, sharing }) => [zero, shared, sharing])).toEqual([
      [1, 2, 1],
      [1, 0, 1],
    ]);
    expect(report.saved_bytes).toBe(4 * PAGE);
    expect(report.contents[0]).toMatchObject({ kind: 'zero', pages: 2, saved_bytes: 2 * PAGE });
    expect(report.settings.use_zero_pages).toBe(1);
    expect(report.default_settings.use_zero_pages).toBe(0);
  });

  it('have their contents listed, each with its hash and a place where it is', async () => {
    const { contents } = await scan(first, second);
    const sha1 = (number: number): string => createHash('sha1').update(page(number)).digest('hex');
    expect(contents).toHaveLength(3);
    expect(contents.map((content) => content.sha1).sort()).toEqual([0, 1, 2].map(sha1).sort());
    expect(contents.every((content) => content.pages === 2 && content.saved_bytes === PAGE)).toBe(true);
    expect(contents.find((content) => content.sha1 === sha1(2))).toMatchObject({
      kind: 'data',
      example: { source: first, address: '0x2000' },
    });
    expect(contents.find((content) => content.kind === 'zero')?.sha1).toBe(sha1(0));
  });

  it('can be the same image twice', async () => {
    const report = await scan(first, first);
    expect(report.ksm_stat.map(({ name }) => name)).toEqual([first, `${first} #2`]);
    // Three contents in eight pages.
    expect(report.sysfs).toMatchObject({ pages_shared: 3, pages_sharing: 5, pages_unshared: 0 });
  });
});

/** Every column of the sources against the system's counter. */
function expectSums({ ksm_stat, sysfs, pages, saved_bytes }: ScanReport): void {
  const sum = (value: (source: ScanReport['ksm_stat'][number]) => number): number =>
    ksm_stat.reduce((total, source) => total + value(source), 0);
  expect({
    pages_shared: sum((source) => source.shared),
    pages_sharing: sum((source) => source.sharing),
    pages_unshared: sum((source) => source.unshared),
    pages_volatile: sum((source) => source.volatile),
    ksm_zero_pages: sum((source) => source.zero),
  }).toEqual({
    pages_shared: sysfs.pages_shared,
    pages_sharing: sysfs.pages_sharing,
    pages_unshared: sysfs.pages_unshared,
    pages_volatile: sysfs.pages_volatile,
    ksm_zero_pages: sysfs.ksm_zero_pages,
  });
  expect(sum((source) => source.pages)).toBe(pages);
  expect(sum((source) => source.saved_bytes)).toBe(saved_bytes);
}

describe('the columns', () => {
  it.each([[1], [2], [5]])('add up to the counters after %d passes with every setting on', async (passes) => {
    const settings = ['--set', 'smart_scan=1', '--set', 'use_zero_pages=1', '--set', 'max_page_sharing=2'];
    expectSums(await scan('--passes', `${passes}`, ...settings, first, second, first));
  });
});

describe('many equal pages', () => {
  const equal = image('equal.raw', new Array(100).fill(5));

  it('make several frames where max_page_sharing says so, but one content', async () => {
    const report = await scan('--set', 'max_page_sharing=10', equal);
    // 100 pages, ten to a frame (the kernel's own selftest: ksm_tests, max page sharing).
    expect(report.sysfs).toMatchObject({
      pages_shared: 10,
      pages_sharing: 90,
      stable_node_chains: 1,
      stable_node_dups: 10,
    });
    expect(report.contents).toMatchObject([{ pages: 100, frames: 10, saved_bytes: 90 * PAGE }]);
  });

  it('settle in spite of smart scan', async () => {
    const report = await scan('--set', 'smart_scan=1', '--passes', '12', equal, second);
    expect(report.sysfs.pages_skipped).toBeGreaterThan(0);
    expect(report.converged).toBe(true);
    expect(report.sysfs.pages_sharing).toBe(99);
  });
});

describe('an engine that is too small', () => {
  // 40 MiB of 64 contents over and over, and 40 MiB that are all different.
  const alike = image(
    'alike.raw',
    Array.from({ length: 10_240 }, (_, i) => 1000 + (i % 64)),
  );
  const unlike = folder.file(
    'unlike.raw',
    Buffer.concat(Array.from({ length: 10_240 }, (_, i) => Buffer.from(page(7)).fill(`${i}`, 8, 24))),
  );

  it('merges while it loads, and ends with the same numbers', async () => {
    const roomy = await scan('--engine', 'bytes', '--memory', '128M', alike);
    const tight = await scan('--engine', 'bytes', '--memory', '16M', alike);
    // 160 pages of each content fit under one frame (max_page_sharing is 256).
    expect(roomy.sysfs).toMatchObject({ pages_shared: 64, pages_sharing: 10_176, pages_unshared: 0 });
    expect(tight.sysfs).toMatchObject({ pages_shared: 64, pages_sharing: 10_176, pages_unshared: 0 });
    expect(roomy.passes.some(({ loading }) => loading)).toBe(false);
    expect(tight.passes.some(({ loading }) => loading)).toBe(true);
    expect(tight.loading.bytes).toBe(10_240 * PAGE);
  });

  it('says how far it came and what would help', async () => {
    const { code, stdout, stderr } = await ksm(['scan', '--engine', 'bytes', '--memory', '16M', unlike]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^ksm: the engine's memory is full: [0-9,]+ of 10,240 pages are in .*--memory SIZE.*\n$/);
  });

  it('scans a sample over names, and says so, and within which bounds the truth is', async () => {
    const report = await scan('--memory', '1M', '--seed', '1', unlike);
    // What fill() makes of a number: 1, 11 and 111 are the same.
    const filled = Array.from({ length: 10_240 }, (_, i) => `${i}`.repeat(16).slice(0, 16));
    const times = new Map<string, number>();
    for (const text of filled) times.set(text, (times.get(text) ?? 0) + 1);
    const unshared = [...times.values()].filter((some) => some === 1).length;
    const [low = 0, high = 0] = report.sample?.intervals.pages_unshared ?? [];
    expect(report).toMatchObject({ pages: 10_240, converged: true });
    expect(report.sample?.pages).toBeLessThanOrEqual(4096);
    expect(low).toBeLessThanOrEqual(unshared);
    expect(high).toBeGreaterThanOrEqual(unshared);
    expect(report.notes.join(' ')).toMatch(/estimated from 1 in (4|8|16) contents/);
    const { stdout } = await ksm(['scan', '--memory', '1M', '--seed', '1', unlike]);
    expect(stdout).toMatch(/^KSM would save about .*\nA SAMPLE: estimated from 1 in /);
  });
});

describe('the output', () => {
  it('is a table without colours where it is not a terminal', async () => {
    const { code, stdout, stderr } = await ksm(['scan', first, second]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^KSM would save 12\.0 KiB of 28\.0 KiB \(43 %\)\.\n/);
    expect(stdout).toContain('Contents that save most');
    expect(stdout).not.toContain('\u001b');
  });

  it('has colours where they are forced, unless they are unwanted', async () => {
    expect((await ksm(['scan', first], { env: { FORCE_COLOR: '1' } })).stdout).toContain('\u001b[');
    expect((await ksm(['scan', first], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })).stdout).not.toContain('\u001b[');
  });

  it('is the same again with the same seed, but for the time it took', async () => {
    const timeless = (report: ScanReport): unknown => ({
      ...report,
      loading: null,
      phases: null,
      passes: report.passes.map(({ wall_s, cpu_s, pages_per_s, ...rest }) => rest),
    });
    const [one, two] = [await scan('--seed', '7', first, second), await scan('--seed', '7', first, second)];
    expect(timeless(one)).toEqual(timeless(two));
    expect(one.options.seed).toBe('7');
  });

  it('is not whole where its reader leaves, and says so by the code of SIGPIPE', async () => {
    const child = start(['scan', '--json', first]);
    child.stdout?.destroy();
    const { code, stderr } = await ended(child);
    expect({ code, stderr }).toEqual({ code: 141, stderr: '' });
  });

  it('finds the same with any number of scanners', async () => {
    const found: unknown[] = [];
    for (const scanners of ['1', '2']) {
      const { code, stdout, stderr } = await ksm(['scan', '--json', '--scanners', scanners, first]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const report = JSON.parse(stdout) as ScanReport;
      expect(report.options.scanners).toBe(Number(scanners));
      found.push([report.sysfs, report.ksm_stat]);
    }
    expect(found[1]).toEqual(found[0]);
  });
});

/** The processes that a process has started and that are there. */
function childrenOf(pid: number): number[] {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    const lists = tasks.map((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8'));
    return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
  } catch {
    return []; // it has ended meanwhile
  }
}

/** What came of a scan of the demo that was interrupted with its four servers there; undefined where it was through before. */
async function interrupted(): Promise<(Ended & { servers: number[] }) | undefined> {
  const child = start(['scan']);
  const end = ended(child);
  let servers: number[] = [];
  while (servers.length < 4 && child.exitCode === null && child.signalCode === null) {
    await sleep(1);
    servers = childrenOf(child.pid ?? 0);
  }
  child.kill('SIGINT');
  const { code, ...said } = await end;
  return code === 0 ? undefined : { code, ...said, servers };
}

const ATTEMPTS = 20;

if (process.platform === 'linux') {
  describe('live processes', () => {
    it('are the demo where nothing else is named, and the demo ends', async () => {
      const { code, stdout, stderr } = await ksm(['scan', '--json']);
      expect(code).toBe(0);
      expect(stderr).toContain('No source was given');
      const report: ScanReport = JSON.parse(stdout);
      expect(report.ksm_stat).toHaveLength(4);
      expect(report.notes.join(' ')).toContain('No source was given');
      expect(report.sysfs.pages_sharing).toBeGreaterThan(0);
      expectSums(report);
      const pids = report.ksm_stat.map(({ name }) => /^pid (\d+) /.exec(name)?.[1] ?? 'none');
      expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
    });

    it('can be named', async () => {
      const report = await scan('--over', '0', '--pid', `${process.pid}`, '--pid', `${process.pid}`);
      expect(report.ksm_stat).toMatchObject([
        { kind: 'process', name: expect.stringContaining(`pid ${process.pid} `) },
      ]);
      expect(report.pages).toBeGreaterThan(1000);
    });

    it('leave nothing behind when interrupted', async () => {
      let end: Awaited<ReturnType<typeof interrupted>>;
      for (let attempt = 1; end === undefined && attempt <= ATTEMPTS; attempt++) end = await interrupted();
      expect(end).toMatchObject({ code: 130, stdout: '' });
      expect(end?.servers.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
    });

    it('are all that the user may read, but not ksm itself', async () => {
      const isRoot = process.getuid?.() === 0;
      // Where that can be, a user who has no other processes: all of somebody's at a desk may be too much for any engine.
      const mine = spawn('cat', [], {
        stdio: ['pipe', 'ignore', 'ignore'],
        ...(isRoot && { uid: NOBODY, gid: NOBODY }),
      });
      try {
        const words = ['scan', '--all', '--json', '--quiet', '--memory', '4G', '--passes', '1'];
        const { code, stdout, stderr } = await ksm(words, { unprivileged: true });
        if (!isRoot && code !== 0) {
          expect(stderr).toMatch(/^ksm: (the engine's memory is full|.*may not be read)/);
          return;
        }
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        const report: ScanReport = JSON.parse(stdout);
        const names = report.ksm_stat.map(({ name }) => name);
        expect(names.some((name) => name.startsWith(`pid ${mine.pid} `))).toBe(true);
        expect(new Set(names).size).toBe(names.length);
        expect(report.notes.join(' ')).toContain('every process that this user may read');
      } finally {
        await kill(mine);
      }
    });
  });
}
