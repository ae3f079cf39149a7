/**
 * Films beside the live ksmd: what reads of pages that are rewritten say it keeps, and what it keeps, by frames, in the same seconds.
 *
 * A frame counts as merged if it is one of KSM's and both processes of a group map it. KSM's counters do not tell: a page that was copied
 * stays in them until its next visit.
 */
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { KsmError } from '../../../src/errors.ts';
import { Film, type Seen } from '../../../src/film/film.ts';
import { copiesPerSecond, keptAt } from '../../../src/film/kept.ts';
import { puppetProgram } from '../../../src/kernel/compile.ts';
import { Guard } from '../../../src/kernel/guard.ts';
import type { RecordOptions } from '../../../src/kernel/index.ts';
import { THIS_MACHINE } from '../../../src/kernel/machine.ts';
import { ksmUsers } from '../../../src/kernel/procfs.ts';
import { restoreSettings, saveSettings, setForTrace } from '../../../src/kernel/settings.ts';
import { Sysfs } from '../../../src/kernel/sysfs.ts';
import { loadBinary } from '../../../src/load.ts';
import { Window } from '../../../src/names/index.ts';
import { PassClock } from '../../../src/scan/pass-clock.ts';
import { PAGE } from '../../support/page.ts';
import { GROUP_PAGES, GROUPS, type Group, KsmFrames, Rewriter, rewriterProgram } from './groups.ts';

/** Of the built file. */
const SOURCE = fileURLToPath(new URL('../../../../test/recordings/kernel/rewriter.c', import.meta.url));
const SLEEP_MS = 20;
/** Partners are in processes that ksmd visits one after the other. */
const PLACE = 1 / (2 * GROUPS.length);
const WARM_PASSES = 3;
const TURN_S = 0.25;

export interface FilmTest {
  /** pages_to_scan. */
  readonly pace: number;
  readonly smart: boolean;
  readonly seconds: number;
}

/** What was found of a group. */
interface Found {
  readonly group: Group;
  readonly seen: Seen;
  /** The share of pairs with one frame of KSM's, and the pages a second that were copied. */
  readonly merged: number;
  readonly copies: number;
}

const now = (): number => Number(process.hrtime.bigint()) / 1e9;

/** Two processes, the film of them, and how often their pages were looked at and found merged. */
class Stage {
  readonly group: Group;
  readonly film: Film = new Film([GROUP_PAGES, GROUP_PAGES]);
  readonly #pair: readonly [Rewriter, Rewriter];
  #faults = 0;
  #began = 0;
  #looks = 0;
  #merged = 0;

  constructor(group: Group, pair: readonly [Rewriter, Rewriter]) {
    this.group = group;
    this.#pair = pair;
  }

  begin(): void {
    this.#began = now();
    this.#faults = this.#allFaults();
  }

  look(frames: KsmFrames): void {
    const [one, other] = this.#pair.map((process) => process.frames()) as [BigUint64Array, BigUint64Array];
    for (const [page, frame] of one.entries()) {
      if (frame !== 0n && frame === other[page] && frames.has(frame)) this.#merged++;
    }
    this.#looks += GROUP_PAGES;
  }

  read(window: Window): { from: number; to: number }[] {
    return this.#pair.map((process, side) => {
      const from = now();
      for (let page = 0; page < GROUP_PAGES; page += window.pages.length / PAGE) {
        const pages = Math.min(window.pages.length / PAGE, GROUP_PAGES - page);
        process.read(page, window.pages.subarray(0, pages * PAGE));
        this.film.see(side, page, window.name(0, pages));
      }
      return { from, to: now() };
    });
  }

  found(spans: readonly { from: number; to: number }[]): Found {
    return {
      group: this.group,
      seen: this.film.endLast(spans),
      merged: this.#merged / this.#looks,
      copies: (this.#allFaults() - this.#faults) / (now() - this.#began),
    };
  }

  #allFaults(): number {
    return this.#pair.reduce((total, process) => total + process.faults(), 0);
  }
}

/** Runs the tests one after the other. How many did not hold. */
export async function runFilms(
  tests: readonly FilmTest[],
  { signal, onWait, force = false }: RecordOptions,
  print: (line: string) => void,
): Promise<number> {
  const sysfs = new Sysfs(THIS_MACHINE);
  const guard = await Guard.take(await puppetProgram(THIS_MACHINE.compiler), THIS_MACHINE, {
    ...(signal === undefined ? {} : { signal }),
    ...(onWait === undefined ? {} : { onWait }),
  });
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'ksm-rewriter-'));
  const saved = saveSettings(sysfs);
  try {
    if (!force && ksmUsers(THIS_MACHINE.proc).length > 0)
      throw new KsmError('EBUSY', 'others use KSM on this machine.');
    const program = rewriterProgram(folder, SOURCE);
    let failed = 0;
    for (const test of tests) failed += await runFilm(test, sysfs, program, signal, print);
    return failed;
  } finally {
    restoreSettings(sysfs, saved);
    fs.rmSync(folder, { recursive: true, force: true });
    await guard.release();
  }
}

async function runFilm(
  test: FilmTest,
  sysfs: Sysfs,
  program: string,
  signal: AbortSignal | undefined,
  print: (line: string) => void,
): Promise<number> {
  setForTrace(sysfs);
  const processes: Rewriter[] = [];
  try {
    const stages: Stage[] = [];
    for (const [at, group] of GROUPS.entries()) {
      const start = async (side: number): Promise<Rewriter> => {
        const process = await Rewriter.start(program, at, side, group);
        processes.push(process);
        return process;
      };
      stages.push(new Stage(group, [await start(0), await start(1)]));
    }
    sysfs.set('pages_to_scan', String(test.pace));
    sysfs.set('sleep_millisecs', String(SLEEP_MS));
    sysfs.set('smart_scan', test.smart ? '1' : '0');
    sysfs.set('run', '1');
    const second = now();
    for (const process of processes) process.go(second);
    const scans = (): number => Number(sysfs.read('full_scans'));
    const warm = scans() + 1 + WARM_PASSES;
    while (scans() < warm) {
      await sleep(50);
      signal?.throwIfAborted();
    }
    const { found, pass, took } = await watch(test, stages, sysfs, signal);
    return judge(test, found, pass, took, print);
  } finally {
    for (const process of processes) await process[Symbol.asyncDispose]();
  }
}

/** Reads as often as half a pass allows, and looks at the frames four times a second. */
async function watch(
  { seconds }: FilmTest,
  stages: readonly Stage[],
  sysfs: Sysfs,
  signal: AbortSignal | undefined,
): Promise<{ found: Found[]; pass: number; took: number }> {
  const window = new Window(await loadBinary('hash'), { seed: 1n });
  using frames = new KsmFrames();
  const pages = 2 * GROUP_PAGES * stages.length;
  const passes = new PassClock(() => ({
    full_scans: Number(sysfs.read('full_scans')),
    pages: Number(sysfs.read('pages_scanned')) + Number(sysfs.read('pages_skipped')),
  }));
  const from = now();
  for (const stage of stages) stage.begin();
  let [read, looked, spans, took] = [from, from, stages.map((stage) => stage.read(window)), 0];
  for (const [at, stage] of stages.entries()) stage.film.endFirst(spans[at] ?? []);
  took = now() - from;
  while (now() < from + seconds) {
    await sleep(5);
    signal?.throwIfAborted();
    passes.look();
    const every = Math.max(took, Math.min(1, (passes.seconds(pages) ?? 0.5) / 2));
    if (now() >= looked + TURN_S) {
      looked += TURN_S;
      for (const stage of stages) stage.look(frames);
    }
    if (now() < read + every || now() + every > from + seconds) continue;
    read = now();
    for (const stage of stages) stage.film.endRead(stage.read(window), false);
    took = Math.max(took, now() - read);
  }
  spans = stages.map((stage) => stage.read(window));
  const found = stages.map((stage, at) => stage.found(spans[at] ?? []));
  const pass = passes.seconds(pages);
  if (pass === undefined) throw new KsmError('EIO', `ksmd ended no two passes in ${seconds} s: give more --seconds.`);
  return { found, pass, took };
}

const share = (pages: number): number => pages / GROUP_PAGES;

function judge(
  { pace, smart }: FilmTest,
  all: readonly Found[],
  pass: number,
  took: number,
  print: (line: string) => void,
): number {
  const failures: string[] = [];
  const expect = (holds: boolean, what: string): void => {
    if (!holds) failures.push(what);
  };
  const reads = all[0]?.seen.times.length ?? 0;
  print(
    `pages_to_scan ${pace}, smart_scan ${smart ? 1 : 0}: pass ${pass.toFixed(3)} s, ${reads} reads, each ${took.toFixed(3)} s at most`,
  );
  print('group                          merged  expected   S(3P)    S(P)  copies/s  expected');
  const sums = { merged: 0, expected: 0, copies: 0, foreseen: 0 };
  for (const { group, seen, merged, copies } of all) {
    const [expected, low, high] = [
      keptAt(seen.saved, pass, PLACE),
      seen.saved.bounds(3 * pass)[0],
      seen.saved.at(pass),
    ].map(share) as [number, number, number];
    const foreseen = copiesPerSecond(seen.alike, pass, PLACE);
    const cells = [merged, expected, low, high].map((value) => value.toFixed(4).padStart(8));
    print(
      `${group.name.padEnd(28)} ${cells.join(' ')} ${copies.toFixed(1).padStart(9)} ${foreseen.toFixed(1).padStart(9)}`,
    );
    if (group.content !== 'equal') continue;
    expect(merged <= high + 0.01, `${group.name}: S(P) is exceeded`);
    if (group.arrival === 'never') expect(Math.abs(merged - expected) <= 0.01, `${group.name}: within 1 %`);
    if (smart) continue;
    const most = group.arrival === 'never' ? 0.01 : group.scope === 'page' ? 0.06 : 0.15;
    expect(Math.abs(merged - expected) <= most, `${group.name}: within ${most}`);
    expect(low <= merged + 0.01, `${group.name}: S(3P) is the least`);
    sums.merged += merged;
    sums.expected += expected;
    sums.copies += copies;
    sums.foreseen += foreseen;
  }
  if (!smart) {
    const shares = `merged ${sums.merged.toFixed(3)}, expected ${sums.expected.toFixed(3)}`;
    print(`equal content together: ${shares}; copies ${sums.copies.toFixed(0)}, expected ${sums.foreseen.toFixed(0)}`);
    expect(Math.abs(sums.expected / sums.merged - 1) <= 0.03, 'all groups together: within 3 %');
    expect(Math.abs(sums.foreseen / sums.copies - 1) <= 0.1, 'copies a second: within 10 %');
  }
  for (const failure of failures) print(`does not hold: ${failure}`);
  return failures.length;
}
