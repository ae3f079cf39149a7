/**
 * `ksm scan`: what would KSM save on these memory images or processes, and how long does finding out take?
 */
import os from 'node:os';
import { PAGE_SIZE } from '../../assembly/layout/index.ts';
import { KsmError } from '../errors.ts';
import type { PageSource } from '../image/index.ts';
import { createHost, type Host } from '../index.ts';
import { MEMORY_BYTES_MAX, UNIT_BYTES } from '../memory/index.ts';
import { buildReport, renderJson, renderTable, type ScanReport } from '../report/index.ts';
import { type Arguments, has, many, wholeNumber } from './arguments.ts';
import { type Command, EXIT } from './command.ts';
import { COMMON_OPTIONS, type CommonOptions, commonOptions, optional, warningsOf } from './common.ts';
import { hostLimits, Loader } from './load.ts';
import { appearance, print, say } from './output.ts';
import { Passes } from './passes.ts';
import { Progress } from './progress.ts';
import { isRefusedMemory } from './refused-memory.ts';
import { applySettings, readSettings } from './settings.ts';
import { Sources, type Wanted } from './sources.ts';

const MIB = 2 ** 20;
/** Room for the engine's records: of a page, as a part of the page; of anything; of a source. */
const RECORDS_SHARE = 0.08;
const FIXED_MEMORY = 16 * MIB;
const MEMORY_PER_SOURCE = MIB / 16;

export const scanCommand: Command = {
  name: 'scan',
  synopsis: 'scan [OPTION…] [IMAGE…]',
  summary: 'show what KSM would save on memory images or live processes',
  details: [
    'An IMAGE is a file of memory, page by page. Each image and each process becomes an address space whose memory is mergeable, ' +
      'as after madvise(MADV_MERGEABLE) on all of it. Then the scanner runs until a pass changes nothing. Nothing outside ksm is ' +
      'changed, and KSM need not be enabled in the kernel.',
    'Without IMAGE, --pid and --all, ksm starts four small processes of its own and scans them.',
    'What the columns mean, in pages of 4096 bytes:',
    [
      ['zero', "mapped to the kernel's zero page (only with --set use_zero_pages=1)"],
      ['shared', 'merged pages that stay, each counted where it was found first'],
      ['sharing', 'merged pages beyond those: what is saved'],
      ['unshared', 'pages that nobody else has'],
      ['volatile', 'pages that are not settled: seen once only, or passed over by smart scan'],
      ['profit', 'what /proc/PID/ksm_stat would call ksm_process_profit'],
    ],
    "The settings are the kernel's defaults, with two exceptions: run is 1, and smart_scan is 0, because with it equal pages can " +
      'miss each other. --set smart_scan=1 brings it back. Without --memory there is room for all pages, but at most half of the ' +
      "machine's free memory and 4 GiB; if there are more pages than fit, they are merged while they are loaded.",
    'Where the terminal is too narrow for all columns, the least important ones are left out; --json has them all.',
  ],
  operands: 'files',
  options: [
    {
      name: 'pid',
      value: 'PID',
      many: true,
      completes: 'process',
      help: 'a live process; several: --pid 1 --pid 2, or --pid 1,2',
    },
    { name: 'all', help: 'every process that this user may read' },
    { name: 'passes', value: 'N', help: 'exactly N passes, instead of until one changes nothing' },
    ...COMMON_OPTIONS,
  ],
  // The processes that it has started itself.
  tidiesUp: (given) => given.positionals.length === 0 && !has(given, 'pid') && !has(given, 'all'),
  run: scan,
};

/** The command line's meaning, checked. */
interface Request extends Wanted, CommonOptions {
  readonly passes: number | undefined;
}

async function scan(given: Arguments, signal: AbortSignal): Promise<number> {
  const request: Request = {
    ...commonOptions(given),
    images: given.positionals,
    pids: many(given, 'pid').flatMap((list) => list.split(',').map((pid) => wholeNumber('pid', pid, 1))),
    all: has(given, 'all'),
    passes: optional(given, 'passes', (text) => wholeNumber('passes', text, 1)),
  };
  const report = await measure(request, signal);
  await print(request.json ? renderJson(report) : renderTable(report, appearance()), signal);
  return EXIT.done;
}

/** Opens, loads, scans and reports; whatever was started is ended again, however this ends. */
async function measure(request: Request, signal: AbortSignal): Promise<ScanReport> {
  await using sources = await Sources.open(request, signal);
  if (!request.quiet) for (const note of sources.notes) say(note);
  signal.throwIfAborted();
  const memory = request.memory ?? defaultMemory(sources.list);
  using host = await makeHost(request, sources.list, memory);
  const default_settings = readSettings(host);
  applySettings(host, request.settings);
  const settings = readSettings(host);
  const progress = new Progress(request.quiet);
  try {
    const passes = new Passes(host, progress, signal);
    const { sources: loaded, ...loading } = await new Loader(host, passes, progress, signal).load(sources.list);
    if (request.passes === undefined) await passes.settle(false);
    for (let i = 0; i < (request.passes ?? 0); i++) await passes.pass(false);
    const seed = request.seed === undefined ? null : String(request.seed);
    return buildReport({
      host,
      sources: loaded,
      passes: passes.done,
      converged: passes.settled,
      loading,
      options: { index: request.index ?? 'hash', memory_bytes: memory, scanners: host.scanners.running, seed },
      settings,
      default_settings,
      notes: [...sources.notes, ...readingNotes(sources.list)],
    });
  } finally {
    progress.clear();
  }
}

function readingNotes(sources: readonly PageSource[]): string[] {
  return sources.flatMap(({ name, notes }) => notes.map((note) => `${name}: ${note}`));
}

/** A size that the engine refuses is the user's if the user chose it. */
async function makeHost(request: Request, sources: readonly PageSource[], memory: number): Promise<Host> {
  const { index = 'hash', scanners, seed } = request;
  const limits = hostLimits(sources);
  try {
    return await createHost({
      ...limits,
      memory,
      index,
      scanners,
      ...warningsOf(request),
      ...(seed === undefined ? {} : { seed }),
    });
  } catch (error) {
    if (!(error instanceof KsmError) || request.memory === undefined || isRefusedMemory(error)) throw error;
    throw new KsmError('EUSAGE', `--memory: ${error.message}`, { cause: error });
  }
}

/** Bytes for all pages and their records, as far as the machine has them free. */
function defaultMemory(sources: readonly PageSource[]): number {
  const pages = sources.reduce((total, source) => total + source.pages, 0);
  const records = pages * PAGE_SIZE * RECORDS_SHARE + sources.length * MEMORY_PER_SOURCE + FIXED_MEMORY;
  const wanted = pages * PAGE_SIZE + records;
  const most = Math.min(Math.max(os.freemem() / 2, 256 * MIB), MEMORY_BYTES_MAX);
  return Math.ceil(Math.min(wanted, most) / UNIT_BYTES) * UNIT_BYTES;
}
