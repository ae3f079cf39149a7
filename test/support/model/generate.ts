/*
 * Random traces for property tests, as fast-check arbitraries that shrink. A trace is drawn as a list of steps that
 * hold nothing but small numbers, and the builder makes legal operations of them; so a shrunk list is a legal trace
 * as well. Pages and contents are few, so that all of them meet.
 */
import fc from 'fast-check';
import { type Advice, type RegionOptions, TraceBuilder } from './builder.ts';
import type { Prot, TraceOp } from './trace.ts';

/** How long the random part is, in steps; a step is one operation or a few that belong together. */
export interface TraceOptions {
  readonly minSteps?: number;
  readonly maxSteps?: number;
  /** Whether there is shared memory, which KSM never touches. What is resident of it depends on Linux's page cache. */
  readonly shared?: boolean;
  /**
   * Steps beyond the trace format: 'locks' are mlock, munlock and memory that may not be accessed; 'pins' are pins for DMA and plain
   * references.
   */
  readonly more?: 'locks' | 'pins';
  /** Few contents and a small max_page_sharing from the start, so that chains are long and change much. */
  readonly chains?: boolean;
}

type Step = (trace: TraceBuilder) => void;

const LARGEST_ALPHABET = 60;
/** A page table ends at page 512: some regions lie across it. */
const TABLE_END = 512;

// ---- small numbers --------------------------------------------------------------------------------------------------

const pick = fc.nat(4095);
const page = fc.oneof(
  { weight: 4, arbitrary: fc.nat(40) },
  { weight: 1, arbitrary: fc.integer({ min: TABLE_END - 12, max: TABLE_END + 4 }) },
);
const pages = fc.integer({ min: 1, max: 12 });
const contents = fc.oneof(
  fc.array(fc.nat(LARGEST_ALPHABET - 1), { minLength: 1, maxLength: 12, size: 'max' }),
  fc.tuple(fc.nat(LARGEST_ALPHABET - 1), pages).map(([content, length]) => Array<number>(length).fill(content)),
);
const regionOptions: fc.Arbitrary<RegionOptions> = fc.record({
  shared: fc.nat(7).map((n) => n === 7),
  contents,
  offered: fc.nat(7).map((n) => n < 7),
});

// ---- steps ----------------------------------------------------------------------------------------------------------

const scan: fc.Arbitrary<Step> = fc
  .oneof(fc.integer({ min: 1, max: 7 }), fc.constantFrom(17, 40, 1000))
  .map((count) => (trace) => trace.scan(count));

const region: fc.Arbitrary<Step> = fc.tuple(pick, page, pages, regionOptions).map(
  ([who, at, count, options]) =>
    (trace) =>
      trace.region(who, at, count, options),
);

/** Unmaps a range and maps the same place again: old items meet new memory. */
const remap: fc.Arbitrary<Step> = fc.tuple(pick, pages, regionOptions).map(
  ([where, count, options]) =>
    (trace) =>
      trace.near(where, (who, at) => {
        trace.munmap(who, at, count);
        trace.region(who, at, count, options);
      }),
);

const fill: fc.Arbitrary<Step> = fc.tuple(pick, contents).map(
  ([where, what]) =>
    (trace) =>
      trace.fill(where, what),
);

const poke: fc.Arbitrary<Step> = fc.tuple(pick, fc.constantFrom(0, 8, 4088), fc.constantFrom(0, 1, 2 ** 48 - 1)).map(
  ([where, offset, value]) =>
    (trace) =>
      trace.poke(where, offset, value),
);

const read: fc.Arbitrary<Step> = fc
  .tuple(fc.constantFrom('touch' as const, 'touch' as const, 'digest' as const), pick, pages)
  .map(
    ([op, where, count]) =>
      (trace) =>
        trace.read(op, where, count),
  );

const munmap: fc.Arbitrary<Step> = fc.tuple(pick, pages).map(
  ([where, count]) =>
    (trace) =>
      trace.near(where, (who, at) => trace.munmap(who, at, count)),
);

const mprotect: fc.Arbitrary<Step> = fc.tuple(pick, pages, fc.constantFrom<Prot>('r', 'rw')).map(
  ([where, count, prot]) =>
    (trace) =>
      trace.near(where, (who, at) => trace.mprotect(who, at, count, prot)),
);

const madvise: fc.Arbitrary<Step> = fc
  .tuple(pick, pages, fc.constantFrom<Advice>('MERGEABLE', 'UNMERGEABLE', 'DONTNEED'))
  .map(
    ([where, count, advice]) =>
      (trace) =>
        trace.near(where, (who, at) => trace.madvise(who, at, count, advice)),
  );

/** Anywhere at all: gaps, nothing, the middle of something. */
const astray: fc.Arbitrary<Step> = fc.tuple(fc.nat(3), pick, page, pages).map(([call, who, at, count]) => (trace) => {
  if (call === 0) trace.munmap(who, at, count);
  else if (call === 1) trace.mprotect(who, at, count, 'rw');
  else if (call === 2) trace.madvise(who, at, count, 'MERGEABLE');
  else trace.mmap(who, at, count, false);
});

const fork: fc.Arbitrary<Step> = pick.map((who) => (trace) => trace.fork(who));
const exit: fc.Arbitrary<Step> = pick.map((who) => (trace) => trace.exit(who));

/** A process of its own with memory, as a late comer. */
const newcomer: fc.Arbitrary<Step> = fc.tuple(page, pages, regionOptions).map(([at, count, options]) => (trace) => {
  trace.process();
  trace.region(trace.newest(), at, count, options);
});

const goodSetting = fc.oneof(
  fc.tuple(fc.constantFrom('use_zero_pages', 'smart_scan', 'merge_across_nodes'), fc.constantFrom('0', '1')),
  fc.tuple(fc.constant('max_page_sharing'), fc.constantFrom('2', '3', '4', '5')),
  fc.tuple(fc.constant('run'), fc.constantFrom('0', '1', '2')),
  fc.tuple(fc.constant('stable_node_chains_prune_millisecs'), fc.constantFrom('0', '4294967295')),
  fc.tuple(fc.constantFrom('use_zero_pages', 'smart_scan'), fc.constantFrom('yes', 'n', 'on', 'OFF', 'True', 'false')),
);
const oddNumber = fc.constantFrom(
  '',
  '-',
  '+',
  '-1',
  '+1',
  '01',
  ' 1',
  '1 ',
  '1\n',
  '0x1',
  '1.5',
  'x',
  '3',
  '256',
  '2147483648',
  '4294967296',
  '18446744073709551616',
  '-2147483649',
);
const numberFile = fc.constantFrom('run', 'max_page_sharing', 'merge_across_nodes');
const oddSetting = fc.oneof(
  fc.tuple(numberFile, oddNumber),
  fc.tuple(fc.constantFrom('use_zero_pages', 'smart_scan'), fc.constantFrom('', '2', 'o', 'oz', '-1', ' 1', '+1')),
  fc.tuple(fc.constant('stable_node_chains_prune_millisecs'), fc.constantFrom('', '-1', '4294967296', 'x', '1 ')),
  fc.tuple(fc.constant('advisor_mode'), fc.constantFrom('none', '', 'fast', 'None', 'scan', '0')),
  fc.tuple(fc.constant('advisor_target_scan_time'), fc.constantFrom('0', 'x', '')),
);
const setting: fc.Arbitrary<Step> = fc
  .oneof({ weight: 3, arbitrary: goodSetting }, { weight: 1, arbitrary: oddSetting })
  .map(
    ([file, value]) =>
      (trace) =>
        trace.sysfs(file, value),
  );

/** Stops or unmerges, perhaps changes what can only be changed then, and goes on. */
const restart: fc.Arbitrary<Step> = fc
  .tuple(fc.constantFrom('0', '2'), fc.constantFrom('', '2', '3', '4', '5', '256'))
  .map(([run, sharing]) => (trace) => {
    trace.sysfs('run', run);
    if (sharing) trace.sysfs('max_page_sharing', sharing);
    trace.sysfs('run', '1');
  });

const lock: fc.Arbitrary<Step> = fc
  .tuple(fc.constantFrom('mlock' as const, 'mlock' as const, 'munlock' as const), pick, pages)
  .map(
    ([op, where, count]) =>
      (trace) =>
        trace.near(where, (who, at) => trace.lock(op, who, at, count)),
  );

const deny: fc.Arbitrary<Step> = fc.tuple(pick, pages, fc.constantFrom<Prot>('none', 'none', 'r', 'rw')).map(
  ([where, count, prot]) =>
    (trace) =>
      trace.near(where, (who, at) => trace.mprotect(who, at, count, prot)),
);

const pin: fc.Arbitrary<Step> = fc.tuple(pick, fc.constantFrom('get' as const, 'write' as const)).map(
  ([where, how]) =>
    (trace) =>
      trace.pin(where, how),
);

const unpin: fc.Arbitrary<Step> = pick.map((which) => (trace) => trace.unpin(which));

type Weighted = { weight: number; arbitrary: fc.Arbitrary<Step> };

const MORE: Record<'locks' | 'pins', Weighted[]> = {
  locks: [
    { weight: 12, arbitrary: lock },
    { weight: 8, arbitrary: deny },
  ],
  pins: [
    { weight: 12, arbitrary: pin },
    { weight: 6, arbitrary: unpin },
    { weight: 6, arbitrary: fork },
  ],
};

const STEPS: Weighted[] = [
  { weight: 30, arbitrary: scan },
  { weight: 12, arbitrary: fill },
  { weight: 8, arbitrary: madvise },
  { weight: 5, arbitrary: poke },
  { weight: 5, arbitrary: region },
  { weight: 5, arbitrary: remap },
  { weight: 5, arbitrary: fork },
  { weight: 5, arbitrary: mprotect },
  { weight: 5, arbitrary: setting },
  { weight: 4, arbitrary: read },
  { weight: 4, arbitrary: munmap },
  { weight: 3, arbitrary: exit },
  { weight: 3, arbitrary: newcomer },
  { weight: 2, arbitrary: restart },
  { weight: 2, arbitrary: astray },
];

/** With pins no rights are taken and given back: what a write does then is not known (TraceBuilder.runLength). */
function stepOf(more: TraceOptions['more']): fc.Arbitrary<Step> {
  const usual = more === 'pins' ? STEPS.filter(({ arbitrary }) => arbitrary !== mprotect) : STEPS;
  return fc.oneof(...usual, ...(more === undefined ? [] : MORE[more]));
}

interface Setup {
  readonly alphabet: number;
  readonly smartScan: string;
  readonly useZeroPages: string;
  readonly maxPageSharing: string;
  readonly prune: string;
  readonly newcomers: readonly Step[];
}

const setup: fc.Arbitrary<Setup> = fc.record({
  alphabet: fc.constantFrom(2, 4, 6, LARGEST_ALPHABET),
  smartScan: fc.constantFrom('0', '1'),
  useZeroPages: fc.constantFrom('0', '0', '1'),
  maxPageSharing: fc.constantFrom('256', '2', '3', '4', '5'),
  prune: fc.constantFrom('0', '4294967295'),
  newcomers: fc.array(newcomer, { minLength: 1, maxLength: 3, size: 'max' }),
});

const crowded: fc.Arbitrary<Setup> = fc.record({
  alphabet: fc.constantFrom(1, 2, 3),
  smartScan: fc.constant('0'),
  useZeroPages: fc.constant('0'),
  maxPageSharing: fc.constantFrom('2', '2', '3', '4'),
  prune: fc.constantFrom('0', '20', '200', '4294967295'),
  newcomers: fc.array(newcomer, { minLength: 3, maxLength: 5, size: 'max' }),
});

/** Traces of the format's operations, without the header line. They end with two passes and a look at everything. */
export function traceArbitrary(options: TraceOptions = {}): fc.Arbitrary<TraceOp[]> {
  const { minSteps = 0, maxSteps = 80, shared = true, more, chains = false } = options;
  const steps = fc.array(stepOf(more), { minLength: minSteps, maxLength: maxSteps, size: 'max' });
  return fc.tuple(chains ? crowded : setup, steps).map(([first, rest]) => {
    const trace = new TraceBuilder(first.alphabet, shared);
    trace.sysfs('smart_scan', first.smartScan);
    trace.sysfs('stable_node_chains_prune_millisecs', first.prune);
    trace.sysfs('use_zero_pages', first.useZeroPages);
    trace.sysfs('max_page_sharing', first.maxPageSharing);
    for (const newcomerStep of first.newcomers) newcomerStep(trace);
    trace.sysfs('run', '1');
    for (const one of rest) one(trace);
    trace.scan(1000);
    trace.scan(1000);
    trace.digestAll();
    return trace.ops;
  });
}
