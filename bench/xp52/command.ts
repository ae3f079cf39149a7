/**
 * npm run bench -- xp52: how many guests of 1 GiB run in a host with 16 GiB, with ksmd's settings from careless to careful?
 *
 * "52 Windows XP guests of 1 GB in 16 GB" is what Red Hat showed of KSM in 2009 (release notes of Linux 2.6.32).
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseBytes } from '../../src/size.ts';
import { wholeNumber } from '../arguments.ts';
import { collectGarbage } from '../gc.ts';
import { describeMachine, machineLine } from '../machine.ts';
import { PAGE } from '../workloads.ts';
import { type Census, censusOf } from './census.ts';
import { xp52Chart } from './chart.ts';
import { leastFrames, MIX } from './mix.ts';
import { plansOf } from './plan.ts';
import { SCENARIOS } from './scenarios.ts';
import { expectRoom, simulate, type World } from './simulate.ts';
import { formatRuns, type Run, type Xp52Report } from './table.ts';

export const XP52_USAGE = `usage: npm run bench -- xp52 [--quick] [--scale N] [--guests N] [--host SIZE] [--hours N] [--seed N]
                             [--image FILE [--image LATER]] [--json FILE]

  Guests of 1 GiB in a host with 16 GiB, in virtual time, with several settings of ksmd.

  --scale N   each page stands for N, 1 to 4096: N times as fast, and coarser; default 1
  --quick     as --scale 64: to see that it works
  --guests N  how many guests there are, 1 to 1000; default 52
  --host SIZE memory of the host; default 16G
  --hours N   virtual time, 1 to 24; default 4
  --seed N    of what the guests have, and of the names of contents; default 1
  --image F   raw memory of a booted guest: its pages are what all guests have in common. A second file, of the same guest
              later or of another with the same system, says which of them: those whose contents it has too
  --json F    write the outcome there. Without any option it goes to bench/results/xp52.json, and docs/xp52.svg is drawn`;

export const XP52_RESULTS = 'bench/results/xp52.json';
const CHART = 'docs/xp52.svg';
const GUEST_BYTES = 2 ** 30;
const QUICK_SCALE = 64;

/** What the arguments ask for. */
export interface Simulation {
  readonly world: World;
  readonly census: Census | undefined;
  readonly json: string | undefined;
  /** Keep the results, and draw them. */
  readonly keep: boolean;
}

/** Simulates and prints. */
export async function runXp52({ world, census, json, keep }: Simulation): Promise<void> {
  console.log(machineLine(describeMachine()));
  if (census !== undefined) console.log(census.line);
  const runs: Run[] = [];
  for (const scenario of SCENARIOS) {
    console.log(`${scenario.name} …`);
    runs.push(await measure(() => simulate(world, scenario)));
  }
  const report = reportOf(world, runs);
  console.log(`\n${formatRuns(report)}`);
  if (keep || json !== undefined) save(json ?? XP52_RESULTS, report);
  if (keep) drawXp52();
}

/** Draws what is kept. Throws where nothing is. */
export function drawXp52(): void {
  writeFileSync(CHART, xp52Chart(JSON.parse(readFileSync(XP52_RESULTS, 'utf8')) as Xp52Report));
  console.log(`\n${CHART} is drawn`);
}

/** Rejects with an Error that says what is wrong with the arguments. */
export async function parseXp52(args: readonly string[]): Promise<Simulation> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      scale: { type: 'string' },
      guests: { type: 'string', default: '52' },
      host: { type: 'string', default: '16G' },
      hours: { type: 'string', default: '4' },
      seed: { type: 'string', default: '1' },
      image: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
    },
  });
  const scale = wholeNumber('--scale', values.scale ?? (values.quick ? String(QUICK_SCALE) : '1'), 1, 4096);
  const seed = wholeNumber('--seed', values.seed, 1, 2 ** 30);
  const pages = Math.floor(GUEST_BYTES / PAGE / scale);
  if (values.image.length > 2) throw new Error(`--image is given ${values.image.length} times; expected at most two`);
  const census = values.image.length === 0 ? undefined : await censusOf(values.image, pages, scale, seed);
  const world = {
    guests: wholeNumber('--guests', values.guests, 1, 1000),
    pages,
    frames: Math.floor(parseBytes(values.host) / PAGE / scale),
    scale,
    seconds: 3600 * wholeNumber('--hours', values.hours, 1, 24),
    seed,
    mix: census?.mix ?? MIX,
    common: census?.common,
  };
  expectRoom(world);
  return { world, census, json: values.json, keep: args.length === 0 };
}

/** What is simulated, with what it cost this process. */
async function measure(work: () => ReturnType<typeof simulate>): Promise<Run> {
  collectGarbage();
  const [start, before] = [performance.now(), process.cpuUsage()];
  const outcome = await work();
  const { user, system } = process.cpuUsage(before);
  const [wallSeconds, cpuSeconds] = [(performance.now() - start) / 1000, (user + system) / 1e6];
  return { ...outcome, wallSeconds, cpuSeconds, memory: process.memoryUsage().rss };
}

function reportOf(world: World, runs: readonly Run[]): Xp52Report {
  const { guests, pages, frames, scale, seconds, seed } = world;
  const plans = plansOf(world);
  const common = world.common === undefined ? undefined : new Set(world.common).size;
  const [guestBytes, hostBytes, leastBytes] = [pages, frames, leastFrames(plans, common)].map(
    (of) => of * PAGE * scale,
  ) as [number, number, number];
  const date = new Date().toISOString();
  return {
    version: 1,
    date,
    machine: describeMachine(),
    guests,
    guestBytes,
    hostBytes,
    scale,
    seconds,
    seed,
    leastBytes,
    runs,
  };
}

function save(file: string, report: Xp52Report): void {
  if (file === XP52_RESULTS) mkdirSync('bench/results', { recursive: true });
  writeFileSync(file, `${JSON.stringify(report)}\n`);
}
