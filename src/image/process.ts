/**
 * The memory of a live Linux process, as far as KSM would look at it.
 *
 * The process runs on while it is read. What is there is looked up when the source is opened, which fixes the ranges
 * and their numbers, and pages that are gone when their turn comes are left out. Nothing is open but during read().
 */

import { readFile } from 'node:fs/promises';
import { KsmError } from '../errors.ts';
import { count } from './failure.ts';
import { GUEST_RAM, guestRam, isMonitor, sharedRamNotes } from './guest.ts';
import { type LiveFacts, readKsmNow } from './live.ts';
import { type Found, type Look, Presence } from './present.ts';
import { checkReadable, type ProcessStat, processFailure, readStat, requireLinux } from './proc.ts';
import { append, type Layout, within } from './ranges.ts';
import { lost, ProcessReader } from './reader.ts';
import type { ProcessData } from './shared.ts';
import { type Entry, kernelPageBytes, type Mapping, parseEntries, takenOf } from './smaps.ts';
import {
  PAGE_BYTES,
  type PageChunk,
  type PageRange,
  type PageSource,
  type Reading,
  type ReadOptions,
  type Shareable,
} from './source.ts';
import { unseenOf } from './unseen.ts';

/** How processes are opened. */
export interface OpenOptions {
  /** What finds their pages; without it a walk over pagemap does. */
  readonly presence?: Presence;
  readonly look?: Look;
}

/** Pages of a huge page, on all machines whose pages have 4096 bytes. */
const HUGE_PAGES = 512;

/**
 * The present pages of the private mappings that KSM would take, without those of files that were never written, and without the
 * kernel's zero page: memory that was only ever read has it everywhere, and it is nobody's.
 *
 * Ranges are numbered one behind another; one page is left out between two that do not touch in the process. A range is
 * a mapping, or a part of it if it has large holes. Swapped pages are not present; `live.unseen` says how many there are, and what
 * else is not taken. A kernel thread, or a process that has ended and waits for its parent, gives a source without pages and a note.
 *
 * Throws ESRCH (no such process), EACCES (its memory may not be read), EINVAL (not Linux, not a pid, another page
 * size), the errno that /proc gave, or what `look` throws.
 */
export async function openProcess(pid: number, options: OpenOptions = {}): Promise<PageSource> {
  requireLinux();
  if (!Number.isSafeInteger(pid) || pid <= 0) {
    throw new KsmError('EINVAL', `${pid} is not a process id; those are whole numbers above 0`);
  }
  const stat = await readStat(pid);
  if (!stat.hasMemory) return sourceWithoutMemory(pid, stat);
  checkReadable(pid);
  const entries = await readEntries(pid);
  const mappings = takenOf(entries);
  const found = await find(pid, mappings, options);
  const ksm = await readKsmNow(pid, entries);
  const now = await readStat(pid);
  if (found === undefined || !now.hasMemory || now.startTime !== stat.startTime) throw endedEarly(pid);
  const layout: Layout = { ranges: [], runs: [] };
  const ram = isMonitor(stat.command) ? guestRam(entries) : [];
  const labels = labelsOf(mappings, ram);
  found.forEach(({ runs }, index) => void append(layout, runs, labels[index] ?? ''));
  const [swapped, doubtful] = [sum(mappings, (one) => one.swapped), sum(found, (one) => one.doubtful)];
  const unseen = unseenOf(
    entries,
    sum(found, ({ zero }) => zero),
  );
  return new ProcessSource({
    kind: 'process',
    pid,
    stat,
    layout,
    notes: [...notesOf(swapped, doubtful), ...(await sharedRamNotes(pid, ram))],
    live: { unseen, ksm, hugeBytes: sum(entries, ({ huge }) => huge), huge: hugeOf(found) },
  });
}

/** What the ranges of the mappings are called. */
function labelsOf(mappings: readonly Mapping[], ram: readonly Entry[]): string[] {
  const own = new Set(ram.map(({ at }) => at));
  return mappings.map(({ at, name }) => (name === '' && own.has(at) ? GUEST_RAM : name));
}

const NO_MEMORY = 'It has no memory: it is a kernel thread, or has ended.';

function sourceWithoutMemory(pid: number, stat: ProcessStat): PageSource {
  const live: LiveFacts = { unseen: [], ksm: null, hugeBytes: 0, huge: [] };
  return new ProcessSource({ kind: 'process', pid, stat, layout: { ranges: [], runs: [] }, notes: [NO_MEMORY], live });
}

function endedEarly(pid: number): KsmError {
  return new KsmError('ESRCH', `process ${pid} ended while it was looked at; nothing of it was read`);
}

function sum<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((total, one) => total + of(one), 0);
}

function notesOf(swapped: number, doubtful: number): string[] {
  const verb = swapped === 1 ? 'is' : 'are';
  const notes = swapped > 0 ? [`${count(swapped, 'page')} ${verb} swapped out and ${verb} not taken.`] : [];
  if (doubtful > 0) {
    notes.push(
      `${count(doubtful, 'page')} may be the kernel's page of zeros, which is nobody's memory: only root, or Linux 6.7 with a C ` +
        'compiler, can tell it from pages that are shared, so that they count as memory here.',
    );
  }
  return notes;
}

/** Huge pages that are whole, by the number of their first page / 512. */
function hugeOf(found: readonly Found[]): number[] | null {
  const pages: number[] = [];
  for (const { huge } of found) {
    if (huge === undefined) return null;
    for (const run of huge) {
      const end = Math.floor((run.at + run.pages) / HUGE_PAGES);
      for (let page = Math.ceil(run.at / HUGE_PAGES); page < end; page++) pages.push(page);
    }
  }
  return pages;
}

async function readEntries(pid: number): Promise<Entry[]> {
  let text: string;
  try {
    text = await readFile(`/proc/${pid}/smaps`, 'utf8');
  } catch (error) {
    throw processFailure(error, pid);
  }
  const bytes = kernelPageBytes(text) ?? PAGE_BYTES;
  if (bytes !== PAGE_BYTES) {
    throw new KsmError('EINVAL', `this kernel has pages of ${bytes} bytes; only live processes with 4096 can be read`);
  }
  return parseEntries(text);
}

/** undefined: the process has ended. */
async function find(
  pid: number,
  mappings: readonly Mapping[],
  { presence = Presence.walking(), look = async () => {} }: OpenOptions,
): Promise<Found[] | undefined> {
  let ended: unknown;
  const watched: Look = async (done, whole) => {
    await look(done, whole).catch((reason: unknown) => {
      ended = reason;
      throw reason;
    });
  };
  try {
    return await presence.find(pid, mappings, watched);
  } catch (error) {
    throw ended ?? processFailure(error, pid);
  }
}

export class ProcessSource implements PageSource {
  readonly name: string;
  readonly kind = 'process';
  readonly isRepeatable = true;
  readonly ranges: readonly PageRange[];
  readonly pages: number;
  /** Those of opening; what a reading has to say comes behind them. */
  readonly notes: string[];
  readonly live: LiveFacts;
  readonly #data: ProcessData;

  constructor(data: ProcessData) {
    const { pid, stat, layout, notes, live } = data;
    this.name = `pid ${pid} (${stat.command})`;
    this.ranges = layout.ranges;
    this.pages = layout.runs.reduce((sum, run) => sum + run.pages, 0);
    this.notes = [...notes];
    this.live = live;
    this.#data = data;
  }

  get shareable(): Shareable {
    return { data: this.#data, conclude: (readings) => this.#report(readings) };
  }

  async *read({ signal, lend, runs, onEnd }: ReadOptions = {}): AsyncGenerator<PageChunk, void> {
    const all = this.#data.layout.runs;
    const notes: string[] = [];
    let read = 0;
    signal?.throwIfAborted();
    const reader = this.pages === 0 ? undefined : await this.#reader(notes, lend);
    try {
      for (const run of runs === undefined ? all : within(all, runs)) {
        if (reader === undefined) break;
        for (const chunk of reader.read(run)) {
          read += chunk.bytes.length / PAGE_BYTES;
          yield chunk;
          signal?.throwIfAborted();
        }
        if (reader.ended) break;
      }
      if (reader !== undefined) notes.push(...reader.notes(this.pages, reader.ended && (await this.#isAlive())));
      const reading = { pages: read, notes };
      if (onEnd !== undefined) onEnd(reading);
      else if (runs === undefined) this.#report([reading]);
    } catch (error) {
      throw signal?.aborted ? error : processFailure(error, this.#data.pid);
    } finally {
      reader?.close();
    }
  }

  #report(readings: readonly Reading[]): void {
    this.notes.splice(0, this.notes.length, ...this.#data.notes, ...readings.flatMap(({ notes }) => notes));
  }

  async #isAlive(): Promise<boolean> {
    const { pid, stat } = this.#data;
    const now = await readStat(pid).catch(() => undefined);
    return now?.hasMemory === true && now.startTime === stat.startTime;
  }

  /** undefined, and a note: the process is gone, or has become unreadable, since the source was opened. */
  async #reader(notes: string[], lend?: Uint8Array): Promise<ProcessReader | undefined> {
    const { pid, stat } = this.#data;
    let reader: ProcessReader | undefined;
    let same = false;
    try {
      reader = new ProcessReader(pid, lend);
      // Asked after opening: the open files belong to the process that had this pid then, whoever has it later.
      same = (await readStat(pid)).startTime === stat.startTime;
      if (same) return reader;
      notes.push(lost(this.pages, 'the process ended before it was read'));
    } catch (error) {
      const why = processFailure(error, pid);
      const text = why.code === 'ESRCH' ? 'the process ended before it was read' : why.message;
      notes.push(lost(this.pages, text));
    } finally {
      if (!same) reader?.close();
    }
    return undefined;
  }
}
