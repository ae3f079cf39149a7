/**
 * `ksm bench`: how fast the engine scans on this machine, in under a minute. The full benchmarks are in the repository.
 *
 * What is compared is measured in turns within the same rounds, so that a machine that slows down slows all of it, and is given
 * as a ratio to reading the same memory once. A pass cannot be repeated in place; but the scanner changes no byte of a
 * frame, so putting back the memory before the frames takes the engine back to where it was.
 */
import * as layout from '../../assembly/layout/index.ts';
import { machineOf } from '../host/index.ts';
import { createHost, type Host, KsmError } from '../index.ts';
import { MEMORY_BYTES_MAX } from '../memory/index.ts';
import { json as encode } from '../printable.ts';
import { grid, machine } from '../report/index.ts';
import { type Arguments, has, wholeNumber } from './arguments.ts';
import { type Command, EXIT } from './command.ts';
import { COMMON_OPTIONS, commonOptions, optional, warningsOf } from './common.ts';
import { print } from './output.ts';
import { Progress } from './progress.ts';

const DEFAULT_MIB = 256;
const MOST_MIB = 3072;
const ROUNDS = 5;
const WORDS = layout.PAGE_SIZE / 4;
/** The common options that mean something here. */
const COMMON = ['index', 'scanners', 'seed', 'json', 'quiet', 'help'];

export const benchCommand: Command = {
  name: 'bench',
  synopsis: 'bench [OPTION…]',
  summary: 'measure how fast this machine scans, beside how fast it reads memory',
  details: [
    'Fills memory with pages, all different or sixteen of a kind, and scans them: the first pass, which only computes checksums; ' +
      'the second, which finds what is equal; and the third, which finds nothing new. Each figure is the median of ' +
      `${ROUNDS} rounds, in millions of pages (4 KiB) a second, and as a share of the speed at which the same memory can be read ` +
      'in the same round.',
  ],
  options: [
    { name: 'size', value: 'MIB', help: `memory to scan, MiB (${DEFAULT_MIB}; at most ${MOST_MIB})` },
    ...COMMON_OPTIONS.filter(({ name }) => COMMON.includes(name)),
  ],
  run: bench,
};

/** One line of the result. */
interface Row {
  readonly workload: string;
  readonly what: string;
  readonly pages_per_s: number;
  /** Of reading the same memory; 1 is as fast. */
  readonly ratio_to_reading: number;
}

async function bench(given: Arguments, signal: AbortSignal): Promise<number> {
  const [extra] = given.positionals;
  if (extra !== undefined) {
    throw new KsmError(
      'EUSAGE',
      `"${extra}": ksm bench takes options only; it makes the pages that it scans by itself.`,
    );
  }
  const common = commonOptions(given);
  const { index = 'hash', scanners, seed, json, quiet } = common;
  const mebibytes = optional(given, 'size', (text) => wholeNumber('size', text, 1, MOST_MIB)) ?? DEFAULT_MIB;
  const pages = mebibytes * 256;
  const progress = new Progress(quiet);
  const rows: Row[] = [];
  try {
    for (const copies of [1, 16]) {
      using host = await createHost({
        ...sizeOf(pages),
        index,
        scanners,
        ...warningsOf(common),
        ...(seed === undefined ? {} : { seed }),
      });
      fill(host, pages, copies);
      const workload = copies === 1 ? 'all different' : `${copies} of a kind`;
      const show = (round: number): void => progress.show(`scanning, ${workload}`, round, ROUNDS);
      rows.push(...(await measure(host, pages, workload, show, signal)));
    }
  } finally {
    progress.clear();
  }
  const facts = { version: 1, pages, rounds: ROUNDS, index, scanners, machine: machine() };
  await print(json || has(given, 'json') ? `${encode({ ...facts, rows })}\n` : table(rows, facts), signal);
  return EXIT.done;
}

function sizeOf(pages: number): { memory: number; pages: number } {
  const bytes = Math.ceil(pages * layout.PAGE_SIZE * 1.04) + 64 * 2 ** 20;
  return { memory: Math.min(bytes, MEMORY_BYTES_MAX), pages: pages + layout.TABLE_ENTRIES };
}

/** Pages of pseudo-random words in one process; each content comes `copies` times, spread out. */
function fill(host: Host, pages: number, copies: number): void {
  const guest = host.spawn();
  guest.mmap(0, pages * layout.PAGE_SIZE);
  guest.madvise(0, pages * layout.PAGE_SIZE, 'MERGEABLE');
  const contents = Math.ceil(pages / copies);
  const words = new Uint32Array(WORDS);
  for (let page = 0; page < pages; page++) {
    let x = (page % contents) + 1;
    for (let word = 0; word < WORDS; word++) {
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
      words[word] = x;
    }
    guest.write(page * layout.PAGE_SIZE, new Uint8Array(words.buffer));
  }
  host.ksm.settings.run = 1;
  host.ksm.settings.smart_scan = false;
}

const STEPS = ['reading', 'first pass', 'second pass', 'third pass'] as const;

async function measure(
  host: Host,
  pages: number,
  workload: string,
  show: (round: number) => void,
  signal: AbortSignal,
): Promise<Row[]> {
  const { engine } = machineOf(host);
  const first = host.addressOf(host.frame(1));
  const before = engine.bytes.slice(0, host.addressOf(host.frame(0)));
  const times: number[][] = STEPS.map(() => []);
  for (let round = 0; round <= ROUNDS; round++) {
    show(round);
    engine.bytes.set(before);
    const took = [timed(() => engine.call.readPages(first, pages))];
    for (let pass = 1; pass < STEPS.length; pass++) took.push(timed(() => scanPass(host)));
    if (round > 0) for (const [step, time] of took.entries()) times[step]?.push(time); // the first round warms up
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
  }
  const [reading = []] = times;
  return STEPS.map((what, step) => {
    const own = times[step] ?? [];
    const ratios = own.map((time, round) => (reading[round] ?? Number.NaN) / time);
    return { workload, what, pages_per_s: pages / median(own), ratio_to_reading: median(ratios) };
  });
}

function scanPass(host: Host): void {
  while (!host.ksm.scan(100_000, { now: 0 }).passEnded) {}
}

/** Seconds that `action` takes. */
function timed(action: () => unknown): number {
  const start = performance.now();
  action();
  return (performance.now() - start) / 1000;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function table(rows: readonly Row[], facts: { pages: number; index: string; scanners: number }): string {
  const threads = facts.scanners === 1 ? 'one thread' : `${facts.scanners} threads`;
  const lines = rows.map(({ workload, what, pages_per_s, ratio_to_reading }) => [
    workload,
    what,
    (pages_per_s / 1e6).toFixed(2),
    ratio_to_reading.toFixed(2),
  ]);
  const head = `${facts.pages / 256} MiB, ${facts.index} order, ${threads}; medians of ${ROUNDS} rounds`;
  return `${[head, '', ...grid([['pages', 'what', 'million/s', 'of reading'], ...lines], [0, 1])].join('\n')}\n`;
}
