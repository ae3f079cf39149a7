/**
 * The steps that random traces are made of; each is one operation, or a few that belong together.
 */

import type { Dice } from '../../support/dice.ts';
import type { TraceBuilder } from '../../support/model/builder.ts';

type Step = (trace: TraceBuilder, dice: Dice) => void;

export type StepName =
  | 'batch'
  | 'pass'
  | 'fill'
  | 'poke'
  | 'touch'
  | 'region'
  | 'wide'
  | 'shared'
  | 'newcomer'
  | 'fork'
  | 'exit'
  | 'munmap'
  | 'remap'
  | 'mprotect'
  | 'madvise'
  | 'astray'
  | 'run'
  | 'restart'
  | 'sharing'
  | 'smartScan'
  | 'zeroPages'
  | 'odd';

/** Any process or place: the builder takes it modulo what there is. */
const ANY = 2 ** 31;
const WIDEST = 24;

function contents(dice: Dice, most: number): number[] {
  const length = dice.between(1, most);
  const same = dice.below(4) === 0 ? dice.below(ANY) : undefined;
  return Array.from({ length }, () => same ?? dice.below(ANY));
}

function region(trace: TraceBuilder, dice: Dice, who: number, pages: number, shared: boolean = false): void {
  const options = { shared, contents: contents(dice, pages * 2), offered: dice.below(10) > 0 };
  trace.region(who, dice.below(60) + (dice.below(8) === 0 ? 500 : 0), pages, options);
}

/** Writes that are refused, or accepted in spite of how they look. */
const ODD: readonly (readonly [file: string, values: readonly string[]])[] = [
  ['run', ['3', '-1', 'x', '', '+1', '01', '2 ', '4294967296', '0x1', '18446744073709551616']],
  ['max_page_sharing', ['0', '1', '2', '256', '-3', '4294967296', '2147483648', '8', '', '+4', 'x']],
  ['merge_across_nodes', ['0', '1', '2', 'yes', '', '-1', '18446744073709551616']],
  ['use_zero_pages', ['0', '1', '2', 'y', 'on', 'of', 'o', '', 'True', 'nope']],
  ['smart_scan', ['0', '1', '2', 'n', 'off', 'on', '-1', '']],
  ['stable_node_chains_prune_millisecs', ['0', '-1', '4294967295', '4294967296', 'abc', '']],
  ['advisor_mode', ['none', 'fast', '0', '', ' none', 'scan']],
  ['advisor_max_cpu', ['x', '', '-1']],
  ['advisor_target_scan_time', ['0', 'x', '-1']],
  ['pages_sharing', ['0', '1']],
  ['full_scans', ['0']],
];

export const steps: Readonly<Record<StepName, Step>> = {
  batch: (trace, dice) => trace.scan(dice.pick([1, 1, 2, 3, 5, 7, 11, 20, 50])),
  pass: (trace) => trace.scan(1000),
  fill: (trace, dice) => trace.fill(dice.below(ANY), contents(dice, 12)),
  poke: (trace, dice) =>
    trace.poke(dice.below(ANY), dice.pick([0, 8, 2048, 4088]), dice.pick([0, 1, 2 ** 40, dice.below(ANY)])),
  touch: (trace, dice) => trace.read('touch', dice.below(ANY), dice.between(1, 8)),
  region: (trace, dice) => region(trace, dice, dice.below(ANY), dice.between(2, WIDEST)),
  wide: (trace, dice) => region(trace, dice, dice.below(ANY), dice.between(100, 300)),
  shared: (trace, dice) => region(trace, dice, dice.below(ANY), dice.between(2, 8), true),
  newcomer: (trace, dice) => {
    trace.process();
    region(trace, dice, trace.newest(), dice.between(2, WIDEST));
  },
  fork: (trace, dice) => trace.fork(dice.below(ANY)),
  exit: (trace, dice) => trace.exit(dice.below(ANY)),
  munmap: (trace, dice) => trace.near(dice.below(ANY), (who, page) => trace.munmap(who, page, dice.between(1, WIDEST))),
  remap: (trace, dice) =>
    trace.near(dice.below(ANY), (who, page) => {
      const pages = dice.between(1, WIDEST);
      trace.munmap(who, page, pages);
      trace.region(who, page, pages, { shared: false, contents: contents(dice, pages), offered: true });
    }),
  mprotect: (trace, dice) =>
    trace.near(dice.below(ANY), (who, page) =>
      trace.mprotect(who, page, dice.between(1, WIDEST), dice.pick(['r', 'rw'])),
    ),
  madvise: (trace, dice) =>
    trace.near(dice.below(ANY), (who, page) =>
      trace.madvise(who, page, dice.between(1, WIDEST), dice.pick(['MERGEABLE', 'UNMERGEABLE', 'DONTNEED'])),
    ),
  /** Anywhere at all: gaps, nothing, the middle of something. */
  astray: (trace, dice) => {
    const [who, page, pages] = [dice.below(ANY), dice.below(80), dice.below(WIDEST)];
    dice.pick([
      () => trace.munmap(who, page, pages),
      () => trace.mprotect(who, page, pages, 'rw'),
      () => trace.madvise(who, page, pages, 'MERGEABLE'),
      () => trace.madvise(who, page, pages, 'UNMERGEABLE'),
      () => trace.mmap(who, page, pages, false),
    ])();
  },
  run: (trace, dice) => trace.sysfs('run', dice.pick(['0', '1', '2'])),
  /** Stops or unmerges, perhaps changes what can only be changed then, and goes on. */
  restart: (trace, dice) => {
    trace.sysfs('run', dice.pick(['0', '2', '2']));
    if (dice.below(2) === 0) trace.sysfs('max_page_sharing', dice.pick(['2', '3', '5', '256']));
    trace.sysfs('run', '1');
  },
  sharing: (trace, dice) => trace.sysfs('max_page_sharing', dice.pick(['1', '2', '3', '9', '256'])),
  smartScan: (trace, dice) => trace.sysfs('smart_scan', dice.pick(['0', '1'])),
  zeroPages: (trace, dice) => trace.sysfs('use_zero_pages', dice.pick(['0', '1', '1'])),
  odd: (trace, dice) => {
    const [file, values] = dice.pick(ODD);
    trace.sysfs(file, dice.pick(values));
  },
};
