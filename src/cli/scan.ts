/**
 * `ksm scan`: what would KSM save on these memory images or processes, and how long does finding out take?
 */
import { KsmError } from '../errors.ts';
import { FORMAT_NAMES, type ImageOptions, type PageSource } from '../image/index.ts';
import type { Host } from '../index.ts';
import { buildReport, renderJson, renderTable, type ScanReport } from '../report/index.ts';
import { type JobOptions, type Scanned, scan as scanSources, Watch } from '../scan/index.ts';
import { type Arguments, choice, has, many, size, wholeNumber } from './arguments.ts';
import { CHOICE_OPTIONS, choiceOf, namesProcesses } from './choice.ts';
import { type Command, EXIT } from './command.ts';
import { COMMON_OPTIONS, type CommonOptions, commonOptions, optional, warningsOf } from './common.ts';
import { FILM_OPTIONS, type FilmRequest, filmOf, filmRequestOf, saveTrace } from './film.ts';
import { appearance, print, say } from './output.ts';
import { Progress } from './progress.ts';
import { applySettings, readSettings } from './settings.ts';
import { Sources, type Wanted } from './sources.ts';

/** Bytes: less is no use to anything. */
const LEAST_MEMORY = 2 ** 20;

const MOST_LOADERS = 64;

const MEMORY_HELP =
  'what the scan may take (half of what is free), or the size of the engine over bytes: 512M, 1.5G or bytes';

export const scanCommand: Command = {
  name: 'scan',
  synopsis: 'scan [OPTION…] [IMAGE…]',
  summary: 'show what KSM would save on memory images or live processes',
  details: [
    'An IMAGE is a file of memory: raw pages, a core, packed or not; FILE#NAME is a part of a file that has several. A pipe will do as ' +
      'well, and "-" is standard input. Each address space in an image and each process ' +
      'becomes an address space whose memory is mergeable, as after madvise(MADV_MERGEABLE) on all of it. Then the scanner ' +
      'runs until a pass changes nothing. Nothing that is scanned is changed, and KSM need not be enabled in the kernel. A small program ' +
      'that asks the kernel for pages of processes is compiled once and kept in ~/.cache/ksm-wasm.',
    'What lives is read several times, and what changed meanwhile is not counted as saved: the report says for how long the rest was ' +
      'at rest, and what ksmd would keep of it.',
    'Without IMAGE and without an option that names processes, ksm starts four small ones of its own and scans them. --pid, --tree, ' +
      '--name, --user, --cgroup and --container go together: the processes of all of them are scanned.',
    'What the columns mean, in pages of 4096 bytes:',
    [
      ['zero', "mapped to the kernel's zero page (only with --set use_zero_pages=1)"],
      ['shared', 'merged pages that stay, each counted where it was found first'],
      ['sharing', 'merged pages beyond those: what is saved'],
      ['unshared', 'pages that nobody else has'],
      [
        'volatile',
        'pages that are not settled: changed while they were watched, seen once only, or passed over by smart scan',
      ],
      ['profit', 'what /proc/PID/ksm_stat would call ksm_process_profit'],
    ],
    "The settings are the kernel's defaults, with two exceptions: run is 1, and smart_scan is 0, because with it equal pages can " +
      'miss each other. --set smart_scan=1 brings it back. --memory SIZE bounds what ksm takes for the scan (half of what is free): ' +
      'if there are more pages than fit, a sample of contents is scanned, and all figures are estimates with bounds. ' +
      'With --engine bytes it is the size of the engine (all pages, at most half of what is free and 4 GiB), and if there are ' +
      'more pages than fit, they are merged while they are loaded. With --index content processes are scanned so, too.',
    'Where the terminal is too narrow for all columns, the least important ones are left out; --json has them all.',
  ],
  operands: 'files',
  options: [
    {
      name: 'format',
      value: 'FORMAT',
      completes: ['auto', ...FORMAT_NAMES],
      help: `what the images are: auto (default), by their first bytes; or ${FORMAT_NAMES.join(', ')}`,
    },
    {
      name: 'holes',
      value: 'HOLES',
      completes: ['absent', 'zero'],
      help: 'holes of images: absent (default), memory that was never given; or zero, pages of zeros',
    },
    {
      name: 'pid',
      value: 'PID',
      many: true,
      completes: 'process',
      help: 'a live process; several: --pid 1 --pid 2, or --pid 1,2',
    },
    ...CHOICE_OPTIONS,
    { name: 'all', help: 'every process that this user may read' },
    {
      name: 'engine',
      value: 'ENGINE',
      completes: ['names', 'bytes'],
      help: 'names (default): pages are named by their hash as they are read, and not kept; bytes: all are loaded',
    },
    {
      name: 'trust-hash',
      help: 'believe that pages with the same 64-bit hash are equal, without comparing their bytes',
    },
    {
      name: 'loaders',
      value: 'N',
      help: 'threads that read and hash (as many as are worth it, up to 4); results are the same with any number',
    },
    ...FILM_OPTIONS,
    { name: 'passes', value: 'N', help: 'exactly N passes, instead of until one changes nothing' },
    ...COMMON_OPTIONS.map((option) => (option.name === 'memory' ? { ...option, help: MEMORY_HELP } : option)),
  ],
  // The processes that it has started itself.
  tidiesUp: (given) => given.positionals.length === 0 && !namesProcesses(given) && !has(given, 'series'),
  run: scan,
};

/** The command line's meaning, checked. */
interface Request extends Wanted, CommonOptions {
  readonly passes: number | undefined;
  readonly engine: JobOptions['engine'];
  readonly trustHash: boolean;
  readonly loaders: number | undefined;
  readonly film: FilmRequest;
}

function requestOf(given: Arguments): Request {
  const asked = optional<JobOptions['engine']>(given, 'engine', (text) => choice('engine', text, ['names', 'bytes']));
  const engine = asked ?? 'names';
  const common = engine === 'bytes' ? commonOptions(given) : commonOptions(given, budget);
  const onlyImages = given.positionals.length > 0 && !namesProcesses(given);
  if (asked === 'names' && common.index === 'content' && !onlyImages) {
    throw new KsmError(
      'EUSAGE',
      '--engine names: a process changes while it is read, so its contents cannot be put in order; with --index content scan images, ' +
        'or leave --engine away.',
    );
  }
  if (engine === 'bytes' && has(given, 'trust-hash')) {
    throw new KsmError(
      'EUSAGE',
      '--trust-hash: the engine over bytes compares them itself; leave one of the two away.',
    );
  }
  if (engine === 'bytes' && has(given, 'loaders')) {
    throw new KsmError(
      'EUSAGE',
      '--loaders: the engine over bytes is loaded by one thread; leave one of the two away.',
    );
  }
  return {
    ...common,
    engine,
    trustHash: has(given, 'trust-hash'),
    film: filmRequestOf(given, engine === 'names' && common.index !== 'content'),
    loaders: optional(given, 'loaders', (text) => wholeNumber('loaders', text, 1, MOST_LOADERS)),
    images: given.positionals,
    pids: many(given, 'pid').flatMap((list) => list.split(',').map((pid) => wholeNumber('pid', pid, 1))),
    all: has(given, 'all'),
    format: formatOf(given),
    holes: optional<NonNullable<ImageOptions['holes']>>(given, 'holes', (text) =>
      choice('holes', text, ['absent', 'zero']),
    ),
    choice: choiceOf(given),
    passes: optional(given, 'passes', (text) => wholeNumber('passes', text, 1)),
  };
}

/** Undefined: by the first bytes. */
function formatOf(given: Arguments): string | undefined {
  const name = optional(given, 'format', (text) => choice('format', text, ['auto', ...FORMAT_NAMES]));
  return name === 'auto' ? undefined : name;
}

/** Bytes that a scan over names may take: as many as there are. */
function budget(text: string): number {
  const bytes = size('memory', text);
  if (bytes >= LEAST_MEMORY) return bytes;
  throw new KsmError('EUSAGE', `--memory ${text}: expected at least 1M.`);
}

async function scan(given: Arguments, signal: AbortSignal): Promise<number> {
  const request = requestOf(given);
  const report = await measure(request, signal);
  await print(request.json ? renderJson(report) : renderTable(report, appearance()), signal);
  return EXIT.done;
}

const READ_ONCE =
  'Processes were read once, as this engine can: what changes all the time counts as if it were at rest. Leave --engine bytes and ' +
  '--index content away to have them watched.';

/** Opens, scans and reports; whatever was started is ended again, however this ends. */
async function measure(request: Request, signal: AbortSignal): Promise<ScanReport> {
  const progress = new Progress(request.quiet);
  const watch = new Watch(progress, signal);
  try {
    await using sources = await Sources.open(request, watch);
    progress.clear();
    if (!request.quiet) for (const note of sources.notes) say(note);
    signal.throwIfAborted();
    if (request.engine === 'bytes' || request.index === 'content') expectFiles(request, sources.list);
    let settings = { before: {}, now: {} };
    const prepare = (host: Host): void => {
      const before = readSettings(host);
      applySettings(host, request.settings);
      settings = { before, now: readSettings(host) };
    };
    if (request.film.isMissed && sources.list.some(({ kind }) => kind === 'process')) sources.notes.push(READ_ONCE);
    const film = filmOf(request.film, sources.list, sources.isDemo, request.settings, sources.before);
    const scanned = await scanAll(request, sources.list, film, prepare, watch);
    using engines = scanned.engines;
    await saveTrace(request.film, film, scanned);
    return await buildReport({
      scanned,
      options: {
        index: request.index ?? 'hash',
        memory_bytes: engines.memoryBytes,
        scanners: engines.first.scanners.running,
        seed: request.seed === undefined ? null : String(request.seed),
      },
      settings: settings.now,
      default_settings: settings.before,
      notes: sources.notes,
    });
  } finally {
    progress.clear();
  }
}

/** The engine over bytes is made for so many pages, and contents are put in order by reading them again. */
function expectFiles({ engine }: Request, sources: readonly PageSource[]): void {
  const stream = sources.find(({ isRepeatable }) => !isRepeatable);
  if (stream === undefined) return;
  throw new KsmError(
    'EUSAGE',
    engine === 'bytes'
      ? `${stream.name} is a pipe, and the engine over bytes has to know how long a source is: copy it into a file first, or scan it ` +
          'with --engine names.'
      : `${stream.name} is a pipe, and content order takes what can be read twice: copy it into a file first, or scan it with ` +
          '--index hash.',
  );
}

function scanAll(
  request: Request,
  sources: readonly PageSource[],
  film: JobOptions['film'],
  prepare: (host: Host) => void,
  watch: Watch,
): Promise<Scanned> {
  const { engine, index = 'hash', scanners, seed, passes, trustHash, loaders, memory } = request;
  const options = { engine, index, scanners, passes, trustHash, loaders, memory, film, prepare };
  return scanSources(sources, { ...options, ...warningsOf(request), ...(seed === undefined ? {} : { seed }) }, watch);
}
