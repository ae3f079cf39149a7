/** Threads that load: the report is the same with any number of them, and so is what goes wrong. */
import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kill, pattern, patternCode, startNode } from '../../support/image.ts';
import { Folder, ksm, ksmInTurn } from '../../support/program.ts';

const MIB = 2 ** 20;
const folder = new Folder();
/** More than one part of an image, and an odd size. */
const large = folder.file('large.img', pattern(1, 33 * MIB).subarray(0, 33 * MIB - 77));
const similar = folder.file('similar.img', Buffer.concat([pattern(1, 34 * MIB), Buffer.alloc(5000, 3)]));
const small = folder.file('small.img', Buffer.alloc(3 * 4096 + 1, 3));

const processes: (ChildProcess & { pid: number })[] = [];
beforeAll(async () => {
  if (process.platform === 'linux')
    processes.push(await startNode(patternCode(1, MIB)), await startNode(patternCode(1, MIB)));
});
afterAll(async () => {
  await Promise.all(processes.map(kill));
  folder.remove();
});

/** A report without what it took. */
function facts(json: string): object {
  const { phases, loading, passes, machine, ...rest } = JSON.parse(json);
  const counters = passes.map(({ wall_s, cpu_s, pages_per_s, ...pass }: Record<string, number>) => pass);
  return { ...rest, passes: counters };
}

async function reports(sources: readonly string[]): Promise<object[]> {
  const words = ['scan', '--json', '--quiet', '--seed', '5', ...sources];
  const all = await ksmInTurn([1, 2, 3].map((loaders) => [...words, '--loaders', `${loaders}`]));
  return all.map(({ code, stdout, stderr }) => {
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return facts(stdout);
  });
}

describe('the same report with 1, 2 and 3', () => {
  it.each([
    ['an image in several parts', [large]],
    ['images, one of them twice', [small, large, similar, large, small]],
  ])('%s', async (_, sources) => {
    const [one, ...others] = await reports(sources);
    expect((one as { pages: number }).pages).toBeGreaterThan(8192);
    for (const other of others) expect(other).toEqual(one);
  });
});

if (process.platform === 'linux') {
  it('processes are read in threads, too', async () => {
    const words = [
      'scan',
      '--json',
      '--quiet',
      '--over',
      '0',
      '--pid',
      processes.map(({ pid }) => pid).join(','),
      large,
    ];
    for (const { stdout } of await ksmInTurn([1, 2, 3].map((n) => [...words, '--loaders', `${n}`]))) {
      const { ksm_stat, notes } = JSON.parse(stdout);
      expect(ksm_stat.map(({ kind }: { kind: string }) => kind)).toEqual(['image', 'process', 'process']);
      // Each process has the same MiB, of which the first and the last page have something else in them, too.
      for (const { shared, sharing } of ksm_stat.slice(1)) expect(shared + sharing).toBeGreaterThanOrEqual(254);
      expect(notes).toContain(
        `${large}: The file does not end on a page: the last page was filled up with 77 zero bytes.`,
      );
    }
  });
}

it('an image that goes away fails with the same message', async () => {
  const { openImage } = await import('../../../dist/src/image/index.js');
  const { Watch } = await import('../../../dist/src/scan/index.js');
  const { loadNames } = await import('../../../dist/src/scan/load.js');
  const { Window } = await import('../../../dist/src/names/index.js');
  const { loadBinary } = await import('../../../dist/src/load.js');
  const path = folder.file('gone.img', Buffer.alloc(33 * MIB, 1));
  const sources = await openImage(path);
  rmSync(path);
  const window = new Window(await loadBinary('hash'), { seed: 1n });
  for (const loaders of [1, 2, 3]) {
    const watch = new Watch({ show: () => {} }, new AbortController().signal);
    await expect(loadNames(sources, window, { add: () => {} }, loaders, watch)).rejects.toMatchObject({
      code: 'ENOENT',
      message: `${path}: no such file`,
    });
  }
});

it.each([
  ['0', /--loaders 0: expected a whole number from 1 to 64/],
  ['65', /from 1 to 64/],
  ['two', /--loaders two/],
])('--loaders %s is refused', async (loaders, message) => {
  const { code, stderr } = await ksm(['scan', '--loaders', loaders, small]);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) });
});

it('--loaders does not go with the engine over bytes', async () => {
  const { code, stderr } = await ksm(['scan', '--loaders', '2', '--engine', 'bytes', small]);
  expect(code).toBe(2);
  expect(stderr).toContain('--loaders: the engine over bytes is loaded by one thread');
});
