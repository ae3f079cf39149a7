/**
 * The file format of traces and recordings, version 1: JSON Lines, a header, then one line for each operation.
 *
 * A trace comes from people and programs, so parseTrace checks every line completely, also that a process is alive
 * when it is told to do something; a player need not check anything again. A recording comes from a player, so
 * parseRecording only makes sure that its lines have the right parts: the values are what is going to be compared.
 * Blank lines and a byte order mark do not count. A field that an operation does not have is refused: it was meant for something.
 * In a recording it is ignored, since another kernel may say more.
 *
 * Source: docs/trace-format.md.
 */
import { KsmError } from '../errors.ts';
import type { Counters } from '../ksm/index.ts';
import { PAGE_SIZE } from '../memory/index.ts';
import { json } from '../printable.ts';
import { Fields, isObject } from './fields.ts';
import type { Integer } from './json.ts';

export const FORMAT_VERSION = 1;

/** `pages` pages from page number `page` of a process. Page numbers count 4096 bytes from a base that all share. */
interface PageRange {
  readonly proc: string;
  readonly page: number;
  readonly pages: number;
}

/** One step of a trace, defaults filled in. */
export type Operation =
  | { readonly op: 'process'; readonly proc: string }
  | { readonly op: 'fork'; readonly proc: string; readonly child: string }
  | { readonly op: 'exit'; readonly proc: string }
  | (PageRange & { readonly op: 'mmap'; readonly kind: 'private' | 'shared' })
  | (PageRange & { readonly op: 'munmap' })
  | (PageRange & { readonly op: 'mprotect'; readonly prot: 'r' | 'rw' })
  | (PageRange & { readonly op: 'madvise'; readonly advice: 'MERGEABLE' | 'UNMERGEABLE' | 'DONTNEED' })
  | (PageRange & { readonly op: 'touch' })
  | (PageRange & { readonly op: 'digest' })
  | { readonly op: 'fill'; readonly proc: string; readonly page: number; readonly contents: readonly Integer[] }
  | {
      readonly op: 'poke';
      readonly proc: string;
      readonly page: number;
      readonly offset: number;
      readonly value: bigint;
    }
  | { readonly op: 'sysfs'; readonly file: string; readonly value: string }
  | { readonly op: 'scan'; readonly pages: number };

export interface Trace {
  readonly name: string;
  readonly operations: readonly Operation[];
}

/** The fields of a process's ksm_stat, in the order of its lines. */
export const KSM_STAT = [
  'ksm_rmap_items',
  'ksm_zero_pages',
  'ksm_merging_pages',
  'ksm_process_profit',
  'ksm_merge_any',
  'ksm_mergeable',
] as const;

/** Resident pages that share one frame. */
export type Group = readonly (readonly [proc: string, page: number])[];

export interface RecordingHeader {
  readonly op: 'trace';
  readonly version: number;
  readonly name: string;
  readonly kernel: string;
}

/** What KSM said after one operation. */
export interface RecordingStep {
  /** 0, a negative errno, or a digest. */
  readonly result: number | string;
  readonly sysfs: Counters;
  readonly vmstat: { readonly ksm_swpin_copy: number; readonly cow_ksm: number };
  /** By process, in order of creation. */
  readonly ksm_stat: Readonly<Record<string, Readonly<Record<(typeof KSM_STAT)[number], number | string>>>>;
  /** Sorted. */
  readonly frames: readonly Group[];
}

export type RecordingLine = RecordingHeader | RecordingStep;

/** The files that a player paces ksmd with: no trace may write them. */
export const PACING: readonly string[] = ['pages_to_scan', 'sleep_millisecs'];

/** Characters of a trace's name, and of the kernel that recorded it. */
const MAX_NAME = 255;
/** Characters of a value, with a newline the bytes that a file of sysfs takes at a time. */
const MAX_VALUE = PAGE_SIZE - 1;
const MAX_BATCH = 2 ** 32 - 1;

/** Keeps every address a safe integer; what an address space can really hold is for the host to say. */
const MAX_PAGES = 2 ** 40;

/** Pages that one operation reads, 1 GiB: reading takes time and, where nothing was, memory for each of them. */
const MAX_READ = 2 ** 18;

/** Processes at a time: a recording says something of each after every operation. */
const MAX_LIVING = 4096;

function firstPage(line: Fields): number {
  return line.integer('page', { most: MAX_PAGES, default: 0 });
}

function pageRange(line: Fields, most: number = MAX_PAGES): PageRange {
  return { proc: line.name('proc'), page: firstPage(line), pages: line.integer('pages', { most, default: 1 }) };
}

function sysfs(line: Fields): Operation {
  const file = line.name('file');
  if (PACING.includes(file)) line.fail('file', 'a file that the player does not pace ksmd with: use scan', file);
  return { op: 'sysfs', file, value: line.textOrInteger('value', MAX_VALUE) };
}

/** How to read the fields of each operation. */
const READERS: { readonly [Op in Operation['op']]: (line: Fields) => Operation } = {
  process: (line) => ({ op: 'process', proc: line.name('proc') }),
  fork: (line) => ({ op: 'fork', proc: line.name('proc'), child: line.name('child') }),
  exit: (line) => ({ op: 'exit', proc: line.name('proc') }),
  mmap: (line) => ({ op: 'mmap', ...pageRange(line), kind: line.word('kind', ['private', 'shared'], 'private') }),
  munmap: (line) => ({ op: 'munmap', ...pageRange(line) }),
  mprotect: (line) => ({ op: 'mprotect', ...pageRange(line), prot: line.word('prot', ['r', 'rw']) }),
  madvise: (line) => ({
    op: 'madvise',
    ...pageRange(line),
    advice: line.word('advice', ['MERGEABLE', 'UNMERGEABLE', 'DONTNEED']),
  }),
  touch: (line) => ({ op: 'touch', ...pageRange(line, MAX_READ) }),
  digest: (line) => ({ op: 'digest', ...pageRange(line, MAX_READ) }),
  fill: (line) => ({
    op: 'fill',
    proc: line.name('proc'),
    page: firstPage(line),
    contents: line.integers('contents'),
  }),
  poke: (line) => ({
    op: 'poke',
    proc: line.name('proc'),
    page: firstPage(line),
    offset: line.integer('offset', { most: PAGE_SIZE - 1 }),
    value: line.word64('value'),
  }),
  sysfs,
  scan: (line) => ({ op: 'scan', pages: line.integer('pages', { most: MAX_BATCH, default: 1 }) }),
};

/** Keeps the set of living processes, and refuses a name that is not alive, or is taken. */
function followProcesses(line: Fields, operation: Operation, alive: Set<string>): void {
  const start = (field: string, name: string): void => {
    if (alive.has(name)) line.fail(field, 'the name of no living process', name);
    if (alive.size >= MAX_LIVING) line.fail(field, `at most ${MAX_LIVING} processes at a time`, name);
    alive.add(name);
  };
  if (operation.op === 'process') {
    start('proc', operation.proc);
  } else if ('proc' in operation) {
    if (!alive.has(operation.proc)) line.fail('proc', 'the name of a living process', operation.proc);
    if (operation.op === 'fork') start('child', operation.child);
    if (operation.op === 'exit') alive.delete(operation.proc);
  }
}

function readOperation(line: Fields, alive: Set<string>): Operation {
  const op = line.word('op', Object.keys(READERS) as Operation['op'][]);
  const operation = READERS[op](line);
  line.expectNoOther(`"${op}"`);
  followProcesses(line, operation, alive);
  return operation;
}

/** The lines of a file that are not blank, one at a time: no more of them is kept than what is made of them. */
function* linesOf(text: string, file: string): Generator<Fields, void> {
  let from = text.startsWith('\ufeff') ? 1 : 0;
  for (let number = 1; from < text.length; number++) {
    const newline = text.indexOf('\n', from);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(from, end);
    if (line.trim() !== '') yield new Fields(file, number, line);
    from = end + 1;
  }
}

/** The header, which must be the first line, and the name in it. */
function readHeader(lines: Generator<Fields, void>, file: string): { name: string; header: Fields } {
  const header = lines.next().value;
  if (!header) throw new KsmError('EFORMAT', `${file}: the file is empty; expected a trace's header line`);
  header.word('op', ['trace']);
  const version = header.integer('version', {});
  if (version !== FORMAT_VERSION) header.fail('version', `${FORMAT_VERSION}, the only version known here`, version);
  return { name: header.text('name', MAX_NAME), header };
}

/** Reads a trace; `file` names it in errors. Throws KsmError EFORMAT with file, line and field. */
export function parseTrace(text: string, file: string): Trace {
  const lines = linesOf(text, file);
  const { name, header } = readHeader(lines, file);
  header.expectNoOther('the header');
  const alive = new Set<string>();
  return { name, operations: Array.from(lines, (line) => readOperation(line, alive)) };
}

/** A line of a recording as a step; only the kinds of its parts are checked. */
function readStep(line: Fields): RecordingStep {
  const [result, frames] = [line.get('result'), line.get('frames')];
  if (typeof result !== 'string' && typeof result !== 'number') line.fail('result', 'a number or a digest', result);
  const [sysfs, vmstat, ksm_stat] = [line.get('sysfs'), line.get('vmstat'), line.get('ksm_stat')];
  for (const [field, part] of Object.entries({ sysfs, vmstat })) {
    if (!isReading(part)) line.fail(field, 'an object of numbers', part);
  }
  if (!isObject(ksm_stat) || !Object.values(ksm_stat).every(isReading)) {
    line.fail('ksm_stat', 'an object of objects of numbers and words', ksm_stat);
  }
  if (!Array.isArray(frames)) line.fail('frames', 'an array of groups', frames);
  for (const group of frames) {
    if (!isGroup(group)) line.fail('frames', 'groups of [process, page]', group);
  }
  return { result, sysfs, vmstat, ksm_stat, frames } as RecordingStep;
}

/** What files of counters say: numbers and words by name. */
function isReading(value: unknown): boolean {
  return isObject(value) && Object.values(value).every((one) => typeof one === 'number' || typeof one === 'string');
}

function isGroup(value: unknown): value is Group {
  const isPage = (page: unknown): boolean =>
    Array.isArray(page) && page.length === 2 && typeof page[0] === 'string' && Number.isSafeInteger(page[1]);
  return Array.isArray(value) && value.every(isPage);
}

/** Reads a recording; `file` names it in errors. Throws KsmError EFORMAT with file, line and field. */
export function parseRecording(text: string, file: string): RecordingLine[] {
  const lines = linesOf(text, file);
  const { name, header } = readHeader(lines, file);
  const first: RecordingHeader = {
    op: 'trace',
    version: FORMAT_VERSION,
    name,
    kernel: header.text('kernel', MAX_NAME),
  };
  return [first, ...Array.from(lines, readStep)];
}

/** A line of a recording as text, without its newline. */
export function formatLine(line: RecordingLine): string {
  return json(line);
}
