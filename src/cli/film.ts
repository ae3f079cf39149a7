/**
 * What the command line says of films: how long memory that lives is watched, and how often it is read meanwhile.
 *
 * Without a word of it processes are read for three passes of ksmd, and images once. The pace is that of the kernel's ksmd where it runs,
 * else that of the scan's settings; smart scan is on unless a setting says otherwise, as it is in the kernel.
 */
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { KsmError } from '../errors.ts';
import { MOST_READS, type Pace, type Schedule } from '../film/index.ts';
import type { PageSource } from '../image/index.ts';
import type { FilmOptions, Progressed, Scanned } from '../scan/index.ts';
import { type Arguments, has, many, type Option, single } from './arguments.ts';
import { namesProcesses } from './choice.ts';
import { optional } from './common.ts';
import { FilmTrace, unwritable } from './film-trace.ts';
import { type Series, seriesOf } from './series.ts';
import type { Setting } from './settings.ts';

export const FILM_OPTIONS: readonly Option[] = [
  {
    name: 'over',
    value: 'TIME',
    help: 'read what lives several times, so long: 60s; 0 reads it once. Default: three passes of ksmd, 2 to 10 s. Images only if given',
  },
  {
    name: 'every',
    value: 'TIME',
    help: 'time from one read to the next: 5s. Default: half a pass, and three reads at least',
  },
  { name: 'trace', value: 'FILE', help: 'write what was read as a trace, which ksm replay plays' },
  {
    name: 'series',
    value: 'NAME=A,B,…',
    many: true,
    help: 'dumps of one guest at several times, by their mtime or as A@SECONDS',
  },
];

/** What the user wants of films. */
export interface FilmRequest {
  readonly isOff: boolean;
  /** No film can be made with this engine, and nobody said that none is wanted. */
  readonly isMissed: boolean;
  readonly schedule: Partial<Schedule>;
  readonly series: readonly Series[];
  /** The file that the film goes to, as a trace. */
  readonly trace: string | undefined;
}

const SYSFS = '/sys/kernel/mm/ksm';
/** What of it a pace is made of. */
const PACE_FILES = ['pages_to_scan', 'sleep_millisecs', 'smart_scan'];
/** The servers of the demo do nothing any more once they are ready. */
const DEMO: Schedule = { over: 2, every: 1 };

/** The options, checked. `isNames`: the scan is one over names in hash order; no other can be a film. */
export function filmRequestOf(given: Arguments, isNames: boolean): FilmRequest {
  const over = optional(given, 'over', (text) => time('over', text));
  const every = optional(given, 'every', (text) => time('every', text));
  const series = many(given, 'series').map(seriesOf);
  const isOff = over === 0 || !isNames;
  const trace = single(given, 'trace');
  const asked = ['over', 'every', 'series', 'trace'].find(
    (name) => has(given, name) && !(name === 'over' && over === 0),
  );
  if (asked !== undefined && !isNames) {
    throw usage(`--${asked}: only pages that are named are read again; leave --engine bytes and --index content away`);
  }
  if (trace !== undefined && over === 0)
    throw usage('--trace: with --over 0 there is one read; leave one of the two away');
  if (every === 0) throw usage('--every 0: expected more than nothing, such as 500ms');
  if (every !== undefined && over === 0)
    throw usage('--every: with --over 0 there is one read; leave one of the two away');
  if (every !== undefined && over !== undefined && every > over) {
    throw usage('--every: expected no more time than --over, which is from the first read to the last');
  }
  if (every !== undefined && over !== undefined && over / every > MOST_READS) {
    throw usage(`--every: expected at most ${MOST_READS} reads, so more time from one to the next, or less --over`);
  }
  if (series.length > 0) expectSeriesAlone(given, series);
  return {
    isOff,
    isMissed: !isNames && over !== 0,
    schedule: { ...(over ? { over } : {}), ...(every ? { every } : {}) },
    series,
    trace,
  };
}

function expectSeriesAlone(given: Arguments, series: readonly Series[]): void {
  const [first] = series;
  if (given.positionals.length > 0 || namesProcesses(given) || ['over', 'every'].some((name) => has(given, name))) {
    throw usage('--series: dumps have times of their own, so nothing else is scanned with them, and not --over a time');
  }
  const other = series.find(({ dumps }) => dumps.length !== first?.dumps.length);
  if (other !== undefined) {
    throw usage(`--series ${other.name}=…: expected ${first?.dumps.length} dumps, as many as of ${first?.name}`);
  }
}

function usage(message: string): KsmError {
  return new KsmError('EUSAGE', `${message}.`);
}

/** Seconds of "60s", "500ms", "2m" or "60". */
function time(option: string, text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  if (number !== '') return Number(number) * ({ ms: 0.001, m: 60, h: 3600 }[unit] ?? 1);
  throw usage(`--${option} ${text}: expected a time such as 60s, 500ms or 2m`);
}

/** The film that the job is to make; undefined: none. */
export function filmOf(
  { isOff, schedule, series, trace }: FilmRequest,
  sources: readonly PageSource[],
  isDemo: boolean,
  given: readonly Setting[],
  before: readonly (readonly PageSource[])[],
): (FilmOptions & { readonly recorder: FilmTrace | undefined }) | undefined {
  const isAsked = schedule.over !== undefined || series.length > 0;
  const isLive = ({ kind }: PageSource): boolean => kind === 'process' || isAsked;
  if (isOff || !sources.some(isLive)) {
    const unused = trace !== undefined ? 'trace' : schedule.every !== undefined ? 'every' : undefined;
    if (unused === undefined || isOff) return undefined;
    throw usage(`--${unused}: images are read once; give --over if they are memory that is in use, or --series`);
  }
  if (trace !== undefined) expectWritable(trace);
  return {
    isLive,
    schedule: isDemo ? { ...DEMO, ...schedule } : schedule,
    pace: paceOf(given),
    // A pace that was asked for is another than that of the ksmd that runs.
    progress: given.some(({ file }) => PACE_FILES.includes(file)) ? () => undefined : progressOfKsmd,
    recorder: trace === undefined ? undefined : new FilmTrace(),
    ...(series.length > 0 ? { dumps: { before, times: series.map(({ times }) => times) } } : {}),
  };
}

/** Before anything is read for it, which may take minutes. */
function expectWritable(path: string): void {
  const isNew = !existsSync(path);
  try {
    closeSync(openSync(path, 'a'));
    if (isNew) rmSync(path); // nothing is left if there will be no film
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/** Writes the film down where that was asked for. */
export async function saveTrace(
  { trace }: FilmRequest,
  film: ReturnType<typeof filmOf>,
  scanned: Scanned,
): Promise<void> {
  if (trace === undefined || film === undefined) return;
  if (scanned.film === undefined) {
    throw new KsmError(
      'ENOMEM',
      '--trace: nothing was read again, so there is no film to write; scan less, or give more --memory.',
    );
  }
  await film.recorder?.save(trace, scanned.film.film, film.pace);
}

/** What was set, or what the kernel's ksmd does if it runs, or what it does by default. */
function paceOf(given: readonly Setting[]): Pace {
  const isRunning = fileOf('run') === 1;
  const setting = (file: string, usual: number): number => {
    const set = given.findLast((one) => one.file === file);
    return set === undefined ? ((isRunning ? fileOf(file) : undefined) ?? usual) : Number(set.value);
  };
  return {
    pages_to_scan: setting('pages_to_scan', 100),
    sleep_millisecs: setting('sleep_millisecs', 20),
    smart_scan: setting('smart_scan', 1) !== 0,
  };
}

function progressOfKsmd(): Progressed | undefined {
  if (fileOf('run') !== 1) return undefined;
  const [full_scans, scanned] = [fileOf('full_scans'), fileOf('pages_scanned')];
  if (full_scans === undefined || scanned === undefined) return undefined;
  return { full_scans, pages: scanned + (fileOf('pages_skipped') ?? 0) };
}

/** A number of the live kernel's KSM; undefined where there is none. */
function fileOf(name: string): number | undefined {
  try {
    return Number(readFileSync(`${SYSFS}/${name}`, 'utf8'));
  } catch {
    return undefined; // no Linux, no KSM, or not allowed: then nothing is known of it
  }
}
