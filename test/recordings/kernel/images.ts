/**
 * Four memory images of at least 50,000 pages each, on the live kernel and on both engines, over bytes and over names: the
 * counters of a scan that has come to rest have to be the same in both orders.
 *
 * An image looks like a Linux process: zero pages, pages of libraries that other images have too, runs of one content,
 * a few copies of its own, pages that differ in their last word only, and for the most part pages that nobody else has.
 */
import { type RecordOptions, recordTrace } from '../../../src/kernel/index.ts';
import {
  firstDifference,
  type Operation,
  type RecordingLine,
  type RecordingStep,
  type Trace,
} from '../../../src/trace/index.ts';
import { collect } from '../../support/collect.ts';
import { Dice } from '../../support/dice.ts';
import { Contents, orders, playBoth } from '../../support/names-player.ts';
import { disagreementText, playOnEngine } from './compare.ts';
import type { Tally } from './random.ts';

const IMAGES = 4;
export const LEAST_PAGES = 50_000;
const PASSES = 5;
/** Larger than all images: one batch is one pass. */
const WHOLE_PASS = 1_000_000;

/** Content numbers: 0 is zeroes, then come few, then those of libraries, then those that only one page has. */
const RUNS = 8;
const LIBRARIES = 20_000;
const FIRST_UNIQUE = 1 + RUNS + LIBRARIES;
/** Pages at the start of each image that differ in nothing but the last word, or not at all. */
const SIMILAR = 32;
const HOLES = 12;
const LARGEST_HOLE = 300;

type RegionKind = 'zero' | 'run' | 'library' | 'copies' | 'unique';
/** As often as regions of that kind are: half of all pages are nobody else's. */
const KINDS: readonly RegionKind[] = [
  ...(['zero', 'zero', 'run', 'library', 'library', 'copies'] as const),
  ...(['unique', 'unique', 'unique', 'unique', 'unique'] as const),
];

/** The contents of one region. */
function regionContents(kind: RegionKind, pages: number, dice: Dice, unique: () => number): number[] {
  const run = 1 + dice.below(RUNS);
  const library = 1 + RUNS + dice.below(LIBRARIES - pages);
  const own = Array.from({ length: 16 }, unique);
  const content = {
    zero: () => 0,
    run: () => run,
    copies: () => dice.pick(own),
    unique,
    library: (k: number) => library + k,
  };
  return Array.from({ length: pages }, (_, k) => content[kind](k));
}

/** A small mapping of pages that are hardly different. */
function similarPages(proc: string, dice: Dice): Operation[] {
  return [
    { op: 'process', proc },
    { op: 'mmap', proc, page: 0, pages: SIMILAR, kind: 'private' },
    { op: 'fill', proc, page: 0, contents: Array<number>(SIMILAR).fill(1) },
    ...Array.from({ length: SIMILAR }, (_, page): Operation => {
      return { op: 'poke', proc, page, offset: 4088, value: BigInt(dice.below(SIMILAR)) };
    }),
    { op: 'madvise', proc, page: 0, pages: SIMILAR, advice: 'MERGEABLE' },
  ];
}

/** Everything else, at once; then some of it is unmapped again, so that there are holes. */
function bulk(proc: string, least: number, dice: Dice, unique: () => number): Operation[] {
  const contents: number[] = [];
  while (contents.length < least + HOLES * LARGEST_HOLE) {
    contents.push(...regionContents(dice.pick(KINDS), dice.between(500, 3000), dice, unique));
  }
  const [page, pages] = [1024, contents.length];
  return [
    { op: 'mmap', proc, page, pages, kind: 'private' },
    { op: 'fill', proc, page, contents },
    { op: 'madvise', proc, page, pages, advice: 'MERGEABLE' },
    ...Array.from({ length: HOLES }, (): Operation => {
      return { op: 'munmap', proc, page: page + dice.below(pages), pages: dice.between(1, LARGEST_HOLE) };
    }),
  ];
}

/** Loads images of at least so many pages each, and scans until nothing changes. */
export function imagesTrace(seed: number, leastPages: number, useZeroPages: '0' | '1'): Trace {
  const dice = new Dice(`images-${seed}`);
  let next = FIRST_UNIQUE;
  const sysfs = (file: string, value: string): Operation => ({ op: 'sysfs', file, value });
  const names = Array.from({ length: IMAGES }, (_, n) => `image${n}`);
  const operations = [
    sysfs('smart_scan', '0'),
    sysfs('use_zero_pages', useZeroPages),
    sysfs('stable_node_chains_prune_millisecs', '0'),
    // What takes many operations comes first: each of them ends with a look at all the memory there is.
    ...names.flatMap((proc) => similarPages(proc, dice)),
    ...names.flatMap((proc) => bulk(proc, leastPages, dice, () => next++)),
    sysfs('run', '1'),
    ...Array<Operation>(PASSES).fill({ op: 'scan', pages: WHOLE_PASS }),
  ];
  return { name: `images-${seed}-zero${useZeroPages}`, operations };
}

function lastSteps(lines: readonly RecordingLine[]): RecordingStep[] {
  return lines.filter((line) => 'result' in line).slice(-2);
}

/** The counters that have to agree at rest: all but how many pages were looked at to get there. */
function atRest({ sysfs, ksm_stat }: RecordingStep): string {
  return JSON.stringify({ sysfs, ksm_stat });
}

/** Everything but what a pass adds. */
function settled([before, last]: readonly RecordingStep[]): boolean {
  const rest = ({ sysfs: { full_scans: _, pages_scanned: __, ...sysfs } }: RecordingStep): string =>
    JSON.stringify(sysfs);
  return before !== undefined && last !== undefined && rest(before) === rest(last);
}

/** What is wrong, undefined where all agree. */
async function compareImages(
  trace: Trace,
  record: RecordOptions,
  print: (line: string) => void,
): Promise<string | undefined> {
  const kernel = await collect(recordTrace(trace, record));
  const steps = lastSteps(kernel);
  const last = steps.at(-1);
  if (last === undefined || !settled(steps)) return 'the kernel does not come to rest';
  print(`${trace.name}: the kernel says ${JSON.stringify(last.sysfs)}`);
  for (const index of ['content', 'hash'] as const) {
    const engine = await playOnEngine(trace, { index });
    if (engine instanceof Error) return disagreementText({ index, difference: engine });
    const difference = index === 'content' ? firstDifference(trace, kernel, engine) : undefined;
    if (difference !== undefined) return disagreementText({ index, difference });
    const end = lastSteps(engine).at(-1);
    if (end === undefined || atRest(end) !== atRest(last)) return `index ${index}: at rest: ${end && atRest(end)}`;
  }
  return compareNames(trace, kernel);
}

/** The same of the engine over names, which is told a name wherever the one over bytes is written to. */
async function compareNames(trace: Trace, kernel: readonly RecordingLine[]): Promise<string | undefined> {
  const steps = kernel.filter((line) => 'result' in line);
  const last = steps.at(-1);
  for (const [index, naming] of orders(new Contents())) {
    let [at, end]: [number, RecordingStep | undefined] = [0, undefined];
    for await (const { names } of playBoth(trace, { index }, trace.operations.length, naming())) {
      const theirs = steps[at];
      const isSame = theirs !== undefined && atRest(names) === atRest(theirs);
      if (index === 'content' && !isSame) return `names, index content: after operation ${at}: ${atRest(names)}`;
      end = names;
      at++;
    }
    if (end === undefined || last === undefined || atRest(end) !== atRest(last))
      return `names, index ${index}: at rest: ${end && atRest(end)}`;
  }
  return undefined;
}

/** Plays images of at least so many pages each, with and without use_zero_pages. */
export async function runImages(
  seed: number,
  leastPages: number,
  record: RecordOptions,
  print: (line: string) => void,
): Promise<Tally> {
  const tally: Tally = { passed: 0, failed: 0, operations: 0 };
  for (const useZeroPages of ['0', '1'] as const) {
    const trace = imagesTrace(seed, leastPages, useZeroPages);
    const wrong = await compareImages(trace, record, print);
    if (wrong === undefined) tally.passed++;
    else tally.failed++;
    if (wrong !== undefined) print(`${trace.name}: ${wrong}`);
    tally.operations += trace.operations.length;
  }
  return tally;
}
