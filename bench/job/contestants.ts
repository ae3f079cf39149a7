/**
 * Who does the job: is given files of memory, and says how many of their pages are copies of others.
 *
 * Each is a program that is started anew for every run. What this machine lacks leaves contestants out; `skipped` says which, and why.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileC, hasCompiler } from '../compile.ts';
import { compileRunner, ksmdPasses } from '../kernel.ts';
import { type Line, measure } from './measure.ts';
import type { Figures } from './table.ts';

/** What a contestant answers: pages beyond the first of each content, or KSM's pages_sharing. Some only read. */
export type Counted = 'copies' | 'sharing' | 'nothing';

/** A part of a run of `ksm scan`, as its report has it. */
export interface Phase {
  readonly name: string;
  readonly wall_s: number;
  readonly cpu_s: number;
}

export interface Run extends Figures {
  readonly count: number;
  readonly phases?: readonly Phase[];
}

export interface Contestant {
  readonly name: string;
  readonly counted: Counted;
  readonly run: (files: readonly string[]) => Promise<Run>;
}

export interface Contestants {
  readonly list: readonly Contestant[];
  readonly skipped: readonly string[];
}

/** The one whose wall time is 1.00. */
export const KSM = 'ksm scan';
const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
/** Options that are raced beside none, as far as the program has them. */
const VARIANTS: readonly (readonly string[])[] = [['--engine', 'bytes'], ['--trust-hash'], ['--scanners', '2']];
const KSM_FOLDER = '/sys/kernel/mm/ksm';
const KSMD_PASSES = 3;

/** All that this machine can run. Programs in C are built into `folder`. */
export function contestantsIn(folder: string): Contestants {
  const compiles = hasCompiler();
  const helper = compiles ? compileC('bench/job/usage.c', join(folder, 'usage')) : undefined;
  const program = (name: string, counted: Counted, line: Line): Contestant => ({
    name,
    counted,
    run: async (files) => {
      const { output, ...figures } = await measure([...line, ...files], helper);
      return { ...figures, ...answerOf(output, counted) };
    },
  });
  const node = (name: string): Line => [process.execPath, fileURLToPath(new URL(`./${name}.js`, import.meta.url))];
  const list = [
    ...variants().map((words) =>
      program([KSM, ...words].join(' '), 'sharing', [process.execPath, MAIN, 'scan', '--json', '--quiet', ...words]),
    ),
    program('hash-wasm XXH3 + Map', 'copies', node('hash-wasm')),
    program('xxhash-wasm + Map, verified', 'copies', node('xxhash-wasm')),
    program('cat', 'nothing', ['sh', '-c', 'exec cat "$@" > /dev/null', 'sh']),
  ];
  const skipped: string[] = [];
  if (compiles) {
    const scan = compileC('bench/job/scan.c', join(folder, 'scan'), ['-O3', '-march=native']);
    list.push(program('C, only reading', 'nothing', [scan, '-r']), program('C, NH + memcmp', 'copies', [scan]));
  } else skipped.push('C: there is no compiler called cc, and so CPU times are in steps of 10 ms');
  const reason = compiles ? whyNoKsmd() : 'there is no compiler called cc';
  if (reason === undefined) list.push(ksmd(compileRunner(folder)));
  else skipped.push(`ksmd: ${reason}`);
  return { list, skipped };
}

/** `ksm scan` as it is, and with each option that its help knows. */
function variants(): (readonly string[])[] {
  const { stdout } = spawnSync(process.execPath, [MAIN, 'scan', '--help'], { encoding: 'utf8' });
  return [[], ...VARIANTS.filter(([option = '']) => new RegExp(`^ +${option}\\b`, 'm').test(stdout))];
}

function answerOf(output: string, counted: Counted): Pick<Run, 'count' | 'phases'> {
  if (counted === 'nothing') return { count: 0 };
  if (counted === 'copies') return { count: Number(output) };
  const { sysfs, phases } = JSON.parse(output) as { sysfs: { pages_sharing: number }; phases?: readonly Phase[] };
  return { count: sysfs.pages_sharing, ...(phases === undefined ? {} : { phases }) };
}

/** Why the kernel's own scanner cannot take part; undefined if it can. */
function whyNoKsmd(): string | undefined {
  if (process.getuid?.() !== 0) return 'it needs root';
  if (!existsSync(KSM_FOLDER)) return `the kernel has no ${KSM_FOLDER}`;
  const counters = ['pages_shared', 'pages_unshared', 'pages_volatile'];
  const isInUse = counters.some((name) => Number(readFileSync(join(KSM_FOLDER, name), 'utf8')) > 0);
  return isInUse ? 'KSM holds pages of other processes' : undefined;
}

/** ksmd's passes over the same pages in one process. Reading them into it is not counted, and its memory is the kernel's. */
function ksmd(runner: string): Contestant {
  const run = async (files: readonly string[]): Promise<Run> => {
    const passes = await ksmdPasses(runner, ['files', String(KSMD_PASSES), ...files]);
    const total = (each: 'seconds' | 'cpuSeconds'): number => passes.reduce((sum, pass) => sum + pass[each], 0);
    return { wallSeconds: total('seconds'), cpuSeconds: total('cpuSeconds'), count: passes.at(-1)?.sharing ?? 0 };
  };
  return { name: `ksmd, its ${KSMD_PASSES} passes`, counted: 'sharing', run };
}
