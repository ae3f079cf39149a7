/**
 * The memory of a live Linux process, as far as KSM would look at it.
 *
 * The process runs on while it is read. What is there is looked up when the source is opened, which fixes the ranges
 * and their numbers, and pages that are gone when their turn comes are left out. Nothing is open but during read().
 */

import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { KsmError } from '../errors.ts';
import { count } from './failure.ts';
import { Pagemap } from './pagemap.ts';
import { checkReadable, processFailure, readStat, requireLinux } from './proc.ts';
import { append, type Layout, within } from './ranges.ts';
import { lost, ProcessReader } from './reader.ts';
import type { ProcessData } from './shared.ts';
import { kernelPageBytes, type Mapping, parseSmaps } from './smaps.ts';
import {
  PAGE_BYTES,
  type PageChunk,
  type PageRange,
  type PageSource,
  type Reading,
  type ReadOptions,
  type Shareable,
} from './source.ts';

/**
 * The present pages of the private mappings that KSM would take, without those of files that were never written.
 *
 * Ranges are numbered one behind another; one page is left out between two that do not touch in the process. A range is
 * a mapping, or a part of it if it has large holes. Swapped pages are not present; `notes` says how many there are. A
 * shared zero page counts as a page of zeros. A kernel thread, or a process that has ended and waits for its parent,
 * gives a source without pages and a note.
 *
 * Throws ESRCH (no such process), EACCES (its memory may not be read), EINVAL (not Linux, not a pid, another page
 * size), or the errno that /proc gave.
 */
export async function openProcess(pid: number): Promise<PageSource> {
  requireLinux();
  if (!Number.isSafeInteger(pid) || pid <= 0) {
    throw new KsmError('EINVAL', `${pid} is not a process id; those are whole numbers above 0`);
  }
  const stat = await readStat(pid);
  if (!stat.hasMemory) {
    return new ProcessSource({ kind: 'process', pid, stat, layout: { ranges: [], runs: [] }, notes: [NO_MEMORY] });
  }
  checkReadable(pid);
  const mappings = await readMappings(pid);
  const layout = readLayout(pid, mappings);
  const now = await readStat(pid);
  if (layout === undefined || !now.hasMemory || now.startTime !== stat.startTime) {
    throw new KsmError('ESRCH', `process ${pid} ended while it was looked at; nothing of it was read`);
  }
  const swapped = mappings.reduce((sum, mapping) => sum + mapping.swapped, 0);
  const verb = swapped === 1 ? 'is' : 'are';
  const notes = swapped > 0 ? [`${count(swapped, 'page')} ${verb} swapped out and ${verb} not taken.`] : [];
  return new ProcessSource({ kind: 'process', pid, stat, layout, notes });
}

const NO_MEMORY = 'It has no memory: it is a kernel thread, or has ended.';

async function readMappings(pid: number): Promise<Mapping[]> {
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
  return parseSmaps(text);
}

/** undefined: the process has ended. */
function readLayout(pid: number, mappings: readonly Mapping[]): Layout | undefined {
  const layout: Layout = { ranges: [], runs: [] };
  let fd = -1;
  try {
    fd = openSync(`/proc/${pid}/pagemap`, 'r');
    const pagemap = new Pagemap(fd);
    for (const mapping of mappings) {
      // Asking for each page of a large reservation takes long, and the kernel has said that there is nothing.
      if (mapping.anonymous === 0) continue;
      const runs = pagemap.presentRuns(mapping.at, mapping.pages);
      if (runs === undefined) return undefined;
      append(layout, runs, mapping.name);
    }
    return layout;
  } catch (error) {
    throw processFailure(error, pid);
  } finally {
    if (fd >= 0) closeSync(fd);
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
  readonly #data: ProcessData;

  constructor(data: ProcessData) {
    const { pid, stat, layout, notes } = data;
    this.name = `pid ${pid} (${stat.command})`;
    this.ranges = layout.ranges;
    this.pages = layout.runs.reduce((sum, run) => sum + run.pages, 0);
    this.notes = [...notes];
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
      if (reader !== undefined) notes.push(...reader.notes(this.pages));
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
