/**
 * This engine and the kernel's ksmd over the same bytes, round by round in the same run.
 *
 * bench/kernel/ksmd.c does the kernel's part; it needs root, CONFIG_KSM and a C compiler called cc.
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { machineOf } from '../src/host/index.ts';
import { compileC } from './compile.ts';
import { collectGarbage } from './gc.ts';
import { byCpuTime, CASES, KSMD, kernelTitle } from './names.ts';
import { CONTENT_PAGES_MAX, type ScanOptions, SIZES } from './scan.ts';
import { type Stage, setStage } from './stage.ts';
import { type BenchTable, tableOf } from './table.ts';
import { contentsOf, type Workload } from './workloads.ts';

/** What one pass took, and where it left the counters. */
export interface Pass {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly shared: number;
  readonly sharing: number;
}

const NOTE =
  'ksmd also walks page tables, takes locks and flushes TLBs, which this engine has no need for. Its passes last ' +
  'from one rise of full_scans to the next, its CPU time is from its schedstat; CPU time does not count waiting.';

/** What all contestants scan, and in which passes. */
interface Case {
  readonly workload: Workload;
  readonly passes: readonly string[];
  readonly contents: Uint32Array;
  readonly seed: number;
}

/** One table for each size, workload and pass. */
export async function* kernelBench(options: ScanOptions = {}): AsyncGenerator<BenchTable, void, void> {
  const { seed = 1, rounds = 5, pages: sizes = SIZES } = options;
  const folder = mkdtempSync(join(tmpdir(), 'ksmd-'));
  try {
    const runner = compileRunner(folder);
    for (const pages of sizes) {
      for (const { workload, passes } of CASES) {
        yield* kernelCase(runner, { workload, passes, contents: contentsOf(workload, pages, seed), seed }, rounds);
        collectGarbage();
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const SOURCE = 'bench/kernel/ksmd.c';

/** Compiles the C runner into `folder`; returns the program's path. Works from the repository's root, as npm does. */
export function compileRunner(folder: string): string {
  return compileC(SOURCE, join(folder, 'ksmd'));
}

async function* kernelCase(runner: string, given: Case, rounds: number): AsyncGenerator<BenchTable, void, void> {
  const { workload, passes, contents, seed } = given;
  const engines = await enginesOf(given);
  const rates = passes.map(() => new Map<string, number[]>());
  for (let round = -1; round < rounds; round++) {
    const own = engines.map(([name, run]): [string, Pass[]] => [name, run()]);
    const words = ['run', contents.length, seed, passes.length].map(String);
    const ksmd = await ksmdPasses(runner, words, new Uint8Array(contents.buffer));
    for (const [, measured] of own) checkSame(measured.at(-1), ksmd.at(-1));
    if (round >= 0) addRound(rates, [...own, [KSMD, ksmd]], contents.length);
  }
  for (const [index, pass] of passes.entries()) {
    const title = kernelTitle(workload, contents.length, pass);
    const reference = byCpuTime(KSMD);
    yield tableOf(rates[index] ?? new Map(), { title, unit: 'pages', reference, seed, note: NOTE });
  }
}

/** The engine in each order, by name: a call runs all passes from the start. */
async function enginesOf({ contents, passes, seed }: Case): Promise<[name: string, run: () => Pass[]][]> {
  const orders = contents.length <= CONTENT_PAGES_MAX ? (['hash', 'content'] as const) : (['hash'] as const);
  const engines: Awaited<ReturnType<typeof enginesOf>> = [];
  for (const index of orders) {
    const stage = await setStage(contents, seed, { index });
    const fresh = stage.save();
    const run = (): Pass[] => {
      stage.restore(fresh);
      machineOf(stage.host).engine.call.readPages(stage.start, stage.pages);
      return ownPasses(stage, passes.length);
    };
    engines.push([`ksm-wasm, ${index} order`, run]);
  }
  return engines;
}

/** Adds one round to the rates of each pass. */
function addRound(rates: readonly Map<string, number[]>[], round: readonly [string, Pass[]][], pages: number): void {
  rates.forEach((rows, index) => {
    for (const [name, passes] of round) {
      const pass = passes[index];
      if (pass === undefined) throw new Error(`pass ${index + 1} of ${name} is missing`);
      rows.set(name, [...(rows.get(name) ?? []), pages / pass.seconds]);
      rows.set(byCpuTime(name), [...(rows.get(byCpuTime(name)) ?? []), pages / pass.cpuSeconds]);
    }
  });
}

function ownPasses(stage: Stage, passes: number): Pass[] {
  return Array.from({ length: passes }, () => {
    const [cpu, wall] = [process.cpuUsage(), performance.now()];
    stage.pass();
    const seconds = (performance.now() - wall) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const { pages_shared, pages_sharing } = stage.host.ksm.counters();
    return { seconds, cpuSeconds: (user + system) / 1e6, shared: pages_shared, sharing: pages_sharing };
  });
}

/**
 * Lets ksmd scan: `words` are the runner's arguments, `input` what it reads from stdin. It holds the lock of KSM's users as long as it
 * runs, and puts all settings back. Throws an Error if it fails; it has said why.
 */
export async function ksmdPasses(
  runner: string,
  words: readonly string[],
  input: Uint8Array = new Uint8Array(),
): Promise<Pass[]> {
  const child = spawn(runner, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject));
  child.stdin.on('error', () => {}); // it may refuse before it has read all; its exit code says so
  child.stdin.end(input);
  const output = await text(child.stdout);
  const status = await ended;
  if (status !== 0) throw new Error(`ksmd's runner failed with exit code ${status}`);
  return output
    .trim()
    .split('\n')
    .map((line) => {
      const [wall = 0, cpu = 0, shared = 0, sharing = 0] = line.split(' ').map(Number);
      return { seconds: wall / 1e9, cpuSeconds: cpu / 1e9, shared, sharing };
    });
}

/**
 * Speeds compare only where both have done the same. Only the last pass can tell: ksmd does not stop between passes, so
 * while others are read the next one has begun.
 */
function checkSame(ours: Pass | undefined, ksmd: Pass | undefined): void {
  if (ours === undefined || ksmd === undefined) throw new Error('the last pass is missing');
  if (ours.shared === ksmd.shared && ours.sharing === ksmd.sharing) return;
  const [here, there] = [ours, ksmd].map(({ shared, sharing }) => `pages_shared ${shared}, pages_sharing ${sharing}`);
  throw new Error(`the results differ: here ${here}; in the kernel ${there}. Does something else use KSM?`);
}
