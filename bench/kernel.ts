/**
 * This engine and the kernel's ksmd over the same bytes, round by round in the same run.
 *
 * bench/kernel/ksmd.c does the kernel's part; it needs root, CONFIG_KSM and a C compiler called cc.
 */

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { collectGarbage } from './gc.ts';
import { benchKernels } from './kernels.ts';
import type { ScanOptions } from './scan.ts';
import { type Stage, setStage } from './stage.ts';
import { type BenchTable, tableOf } from './table.ts';
import { contentsOf, type Workload } from './workloads.ts';

/** What one pass took, and where it left the counters. */
interface Pass {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly shared: number;
  readonly sharing: number;
}

const CASES: readonly { workload: Workload; passes: readonly string[] }[] = [
  { workload: 'unique', passes: ['first pass', 'second pass', 'third pass'] },
  { workload: '16:1', passes: ['first pass', 'merging pass', 'settled pass'] },
];

const NOTE =
  'ksmd also walks page tables, takes locks and flushes TLBs, which this engine has no need for. Its passes last ' +
  'from one rise of full_scans to the next, its CPU time is from its schedstat; CPU time does not count waiting.';

const OURS = 'ksm-wasm, hash order';
const OURS_CPU = 'ksm-wasm, by its CPU time';
const KSMD = 'ksmd';
const KSMD_CPU = 'ksmd, by its CPU time';
const ROWS = [OURS, KSMD, OURS_CPU, KSMD_CPU];

/** One table for each size, workload and pass. */
export async function* kernelBench(options: ScanOptions = {}): AsyncGenerator<BenchTable, void, void> {
  const { seed = 1, rounds = 5, pages: sizes = [2 ** 16, 2 ** 18] } = options;
  const folder = mkdtempSync(join(tmpdir(), 'ksmd-'));
  try {
    const runner = compileRunner(folder);
    for (const pages of sizes) {
      for (const { workload, passes } of CASES) {
        yield* kernelCase(runner, workload, passes, pages, seed, rounds);
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
  const program = join(folder, 'ksmd');
  const { status, stderr, error } = spawnSync('cc', ['-O2', '-o', program, SOURCE], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`cc does not compile ${SOURCE}: ${stderr ?? error?.message}`, { cause: error });
  return program;
}

async function* kernelCase(
  runner: string,
  workload: Workload,
  names: readonly string[],
  pages: number,
  seed: number,
  rounds: number,
): AsyncGenerator<BenchTable, void, void> {
  const contents = contentsOf(workload, pages, seed);
  const stage = await setStage(contents, seed, { index: 'hash' });
  const kernels = await benchKernels(stage.memory);
  const fresh = stage.save();
  const rates = names.map(() => new Map<string, number[]>(ROWS.map((name) => [name, []])));
  for (let round = -1; round < rounds; round++) {
    stage.restore(fresh);
    kernels.readLoop(stage.start, pages);
    const own = ownPasses(stage, names.length);
    const theirs = await ksmdPasses(runner, contents, seed, names.length);
    rates.forEach((rows, pass) => {
      const [ours, ksmd] = [own[pass], theirs[pass]];
      if (ours === undefined || ksmd === undefined) throw new Error(`pass ${pass + 1} is missing`);
      if (pass === names.length - 1) checkSame(ours, ksmd);
      if (round < 0) return;
      rows.get(OURS)?.push(pages / ours.seconds);
      rows.get(KSMD)?.push(pages / ksmd.seconds);
      rows.get(OURS_CPU)?.push(pages / ours.cpuSeconds);
      rows.get(KSMD_CPU)?.push(pages / ksmd.cpuSeconds);
    });
  }
  for (const [pass, name] of names.entries()) {
    const title = `${pages} pages (${pages / 256} MiB), workload "${workload}", ${name}, beside the kernel`;
    yield tableOf(rates[pass] ?? new Map(), { title, unit: 'pages', reference: KSMD_CPU, seed, note: NOTE });
  }
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

/** Lets ksmd scan the contents. It holds the lock of KSM's users as long as it runs, and puts all settings back. */
async function ksmdPasses(runner: string, contents: Uint32Array, seed: number, passes: number): Promise<Pass[]> {
  const args = ['run', contents.length, seed, passes].map(String);
  const child = spawn(runner, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject));
  child.stdin.on('error', () => {}); // it may refuse before it has read all; its exit code says so
  child.stdin.end(new Uint8Array(contents.buffer));
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
function checkSame(ours: Pass, ksmd: Pass): void {
  if (ours.shared === ksmd.shared && ours.sharing === ksmd.sharing) return;
  const [here, there] = [ours, ksmd].map(({ shared, sharing }) => `pages_shared ${shared}, pages_sharing ${sharing}`);
  throw new Error(`the results differ: here ${here}; in the kernel ${there}. Does something else use KSM?`);
}
