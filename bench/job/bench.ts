/**
 * The whole job, from the start of a process to its exit: what would be saved on these files of memory?
 *
 * `ksm scan` beside what one would write without it, in JavaScript and in C, beside the kernel's own scanner, and beside programs that only
 * read, which nobody can beat. Contestants take turns; whoever counts pages has to come to the same number as everybody.
 */

import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { BenchOptions } from '../table.ts';
import { PAGE } from '../workloads.ts';
import { type Contestant, type Contestants, contestantsIn, KSM, type Phase, type Run } from './contestants.ts';
import { type Expected, expectedOf } from './expected.ts';
import { writeMixed, writeUnique } from './images.ts';
import { type Figures, type JobTable, jobRows } from './table.ts';

export interface JobOptions extends BenchOptions {
  /** Pages of an image that is made, the first of them. Default 192 MiB, and 2 GiB of the one whose pages all differ. */
  readonly pages?: readonly number[];
  /** Images that there are, in place of mixed ones: files, or folders of files called *.img. */
  readonly images?: readonly string[];
  /** Also one image whose pages all differ. */
  readonly unique?: boolean;
}

const MIXED = { count: 4, pages: 49_152 };
const UNIQUE_PAGES = 2 ** 19;
const WHOLE = 'the whole process';

/** One table for the images, one for the phases of each `ksm scan` that tells them, and the same for the unique image. */
export async function* jobBench(options: JobOptions = {}): AsyncGenerator<JobTable, void, void> {
  const { seed = 1, rounds = 5, images = [], unique = false, pages: [size] = [] } = options;
  const folder = mkdtempSync(join(tmpdir(), 'job-'));
  try {
    const contestants = contestantsIn(folder);
    const given = imagesOf(images);
    const files = given.length > 0 ? given : writeMixed(folder, MIXED.count, size ?? MIXED.pages, seed);
    yield* jobCase(contestants, files, rounds, seed);
    if (unique) yield* jobCase(contestants, [writeUnique(folder, size ?? UNIQUE_PAGES, seed)], rounds, seed);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The files that are meant; throws an Error that names what is not there. */
export function imagesOf(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (!existsSync(path)) throw new Error(`there is no image "${path}"; npm run guests makes some`);
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path).filter((name) => name.endsWith('.img'));
    if (names.length === 0) throw new Error(`no file in "${path}" is called *.img; npm run guests makes some`);
    return names.sort().map((name) => join(path, name));
  });
}

async function* jobCase(
  { list, skipped }: Contestants,
  files: readonly string[],
  rounds: number,
  seed: number,
): AsyncGenerator<JobTable, void, void> {
  const expected = expectedOf(files);
  const runs = await runsOf(list, files, expected, rounds);
  const title = `The whole job on ${files.map((file) => basename(file)).join(', ')} (${(expected.pages * PAGE) / 2 ** 20} MiB)`;
  const { pages, copies, sharing } = expected;
  const found = `Found by all: ${copies} of ${pages} pages are copies; pages_sharing is ${sharing}, since a frame serves at most 256.`;
  const note = [found, ...skipped.map((reason) => `Left out: ${reason}.`)].join(' ');
  yield { title, reference: KSM, seed, note, rows: jobRows(runs, KSM) };
  for (const [name, own] of runs) {
    if (own.every(({ phases }) => phases !== undefined)) yield phasesTable(`${title}: phases of ${name}`, own, seed);
  }
}

/** All contestants in turns, once more than counted, so that all have found the files in the page cache. */
async function runsOf(
  contestants: readonly Contestant[],
  files: readonly string[],
  expected: Expected,
  rounds: number,
): Promise<Map<string, Run[]>> {
  const runs = new Map<string, Run[]>(contestants.map(({ name }) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const { name, counted, run } of contestants) {
      const figures = await run(files);
      const right = counted === 'nothing' ? 0 : expected[counted];
      if (figures.count !== right)
        throw new Error(`${name} found ${figures.count} pages, and ${right} is right (${counted})`);
      if (round >= 0) runs.get(name)?.push(figures);
    }
  }
  return runs;
}

/** Where a process's time went; what no phase has is its start and its end. */
export function phasesTable(title: string, runs: readonly Run[], seed: number): JobTable {
  const rows = new Map<string, Figures[]>();
  for (const { wallSeconds, cpuSeconds, phases = [] } of runs) {
    for (const [name, figures] of [...sums(phases), [WHOLE, { wallSeconds, cpuSeconds }] as const])
      rows.set(name, [...(rows.get(name) ?? []), figures]);
  }
  const note = 'As its report tells them; what is missing to the whole is the start and the end of the process.';
  return { title, reference: WHOLE, seed, note, rows: jobRows(rows, WHOLE) };
}

/** A phase that comes several times counts as one. */
function sums(phases: readonly Phase[]): Map<string, Figures> {
  const totals = new Map<string, Figures>();
  for (const { name, wall_s, cpu_s } of phases) {
    const { wallSeconds, cpuSeconds } = totals.get(name) ?? { wallSeconds: 0, cpuSeconds: 0 };
    totals.set(name, { wallSeconds: wallSeconds + wall_s, cpuSeconds: cpuSeconds + cpu_s });
  }
  return totals;
}
