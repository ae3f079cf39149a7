/*
 * What guests may see of their memory, and nothing else: bytes that were written are read, private memory is copied at
 * fork, shared memory is one. There is no KSM in it, because merging must not show. sysfs writes and scans are none of its business.
 */
import { contentPage, digestPages, type Page, pokedPage, ZERO_PAGE } from './contents.ts';
import { EEXIST, EINVAL, ENOMEM, type TraceOp, type TraceResult } from './trace.ts';

/** Where one page's contents are; processes that share memory hold the same cell. */
interface Cell {
  contents: Page;
  readonly shared: boolean;
}

/** A page of a process: what is there, whether it is locked, and whether it may be accessed. */
interface Place {
  readonly cell: Cell;
  locked: boolean;
  denied: boolean;
}

/** The mapped pages of a process, by page number. */
type Memory = Map<number, Place>;

export class NaiveModel {
  private readonly processes: Map<string, Memory> = new Map();

  /** Plays one operation: 0, a negative errno, or what a digest read; undefined where no guest is concerned. */
  apply(op: TraceOp): TraceResult | undefined {
    switch (op.op) {
      case 'sysfs':
      case 'scan':
        return undefined;
      case 'process':
        this.processes.set(op.proc, new Map());
        return 0;
      case 'fork':
        this.processes.set(op.child, forked(this.memory(op.proc)));
        return 0;
      case 'exit':
        this.processes.delete(op.proc);
        return 0;
      default:
        return this.applyToMemory(op);
    }
  }

  /** Names of the live processes in order of their start. */
  live(): string[] {
    return [...this.processes.keys()];
  }

  /** The page numbers that a process may read, ascending. */
  readable(proc: string): number[] {
    const places = [...this.memory(proc)].filter(([, place]) => !place.denied);
    return places.map(([page]) => page).sort((a, b) => a - b);
  }

  /** The 4096 bytes that the process reads there. */
  read(proc: string, page: number): Page {
    return cellAt(this.memory(proc), page).contents;
  }

  private applyToMemory(op: Exclude<TraceOp, { op: 'sysfs' | 'scan' | 'process' | 'fork' | 'exit' }>): TraceResult {
    const memory = this.memory(op.proc);
    if (op.op === 'unpin' || op.op === 'pin') return 0;
    const { page = 0, pages = 1 } = op;
    const range = Array.from({ length: pages }, (_, k) => page + k);
    const gap = range.some((at) => !memory.has(at)) ? -ENOMEM : 0;
    switch (op.op) {
      case 'mmap':
        if (range.some((at) => memory.has(at))) return -EEXIST;
        for (const at of range) memory.set(at, newPlace({ contents: ZERO_PAGE, shared: op.kind === 'shared' }));
        return 0;
      case 'munmap':
        for (const at of range) memory.delete(at);
        return 0;
      case 'mprotect':
        for (const place of upToGap(memory, range)) place.denied = op.prot === 'none';
        return gap;
      case 'mlock':
      case 'munlock': {
        const places = upToGap(memory, range);
        for (const place of places) place.locked = op.op === 'mlock';
        return gap || (op.op === 'mlock' && places.some((place) => place.denied) ? -ENOMEM : 0);
      }
      case 'madvise':
        if (op.advice === 'DONTNEED') return forget(memory, range) || gap;
        return gap;
      case 'fill':
        for (const [k, content] of op.contents.entries()) cellAt(memory, page + k).contents = contentPage(content);
        return 0;
      case 'poke': {
        const cell = cellAt(memory, page);
        cell.contents = pokedPage(cell.contents, op.offset, op.value);
        return 0;
      }
      case 'touch':
        return 0;
      case 'digest':
        return digestPages(range.map((at) => cellAt(memory, at).contents));
    }
  }

  private memory(proc: string): Memory {
    const memory = this.processes.get(proc);
    if (!memory) throw new Error(`no process ${proc}: a trace must start it first`);
    return memory;
  }
}

function newPlace(cell: Cell): Place {
  return { cell, locked: false, denied: false };
}

function cellAt(memory: Memory, page: number): Cell {
  const place = memory.get(page);
  if (!place) throw new Error(`page ${page} is not mapped: a trace must not access it`);
  return place.cell;
}

function upToGap(memory: Memory, range: readonly number[]): Place[] {
  const places = range.map((page) => memory.get(page));
  const gap = places.indexOf(undefined);
  return places.slice(0, gap < 0 ? places.length : gap).filter((place) => place !== undefined);
}

/** Private memory reads as zeroes again, up to the first locked page; shared memory keeps its contents. */
function forget(memory: Memory, range: readonly number[]): number {
  for (const page of range) {
    const place = memory.get(page);
    if (place?.locked) return -EINVAL;
    if (place && !place.cell.shared) place.cell.contents = ZERO_PAGE;
  }
  return 0;
}

/** A child's memory is not locked. */
function forked(memory: Memory): Memory {
  return new Map(
    [...memory].map(([page, { cell, denied }]) => [
      page,
      { cell: cell.shared ? cell : { ...cell }, locked: false, denied },
    ]),
  );
}
