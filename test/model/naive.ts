/*
 * What guests may see of their memory, and nothing else: bytes that were written are read, private memory is copied at
 * fork, shared memory is one. There is no KSM in it: merging must not show. sysfs writes and scans are none of its
 * business.
 */
import { contentPage, digestPages, type Page, pokedPage, ZERO_PAGE } from './contents.ts';
import { EEXIST, ENOMEM, type TraceOp, type TraceResult } from './trace.ts';

/** Where one page's contents are; processes that share memory hold the same cell. */
interface Cell {
  contents: Page;
  readonly shared: boolean;
}

/** The mapped pages of a process, by page number. */
type Memory = Map<number, Cell>;

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

  /** The mapped page numbers of a process, ascending. */
  mapped(proc: string): number[] {
    return [...this.memory(proc).keys()].sort((a, b) => a - b);
  }

  /** The 4096 bytes that the process reads there. */
  read(proc: string, page: number): Page {
    return cellAt(this.memory(proc), page).contents;
  }

  private applyToMemory(op: Exclude<TraceOp, { op: 'sysfs' | 'scan' | 'process' | 'fork' | 'exit' }>): TraceResult {
    const memory = this.memory(op.proc);
    const { page = 0, pages = 1 } = op;
    const range = Array.from({ length: pages }, (_, k) => page + k);
    const gap = range.some((at) => !memory.has(at)) ? -ENOMEM : 0;
    switch (op.op) {
      case 'mmap':
        if (range.some((at) => memory.has(at))) return -EEXIST;
        for (const at of range) memory.set(at, { contents: ZERO_PAGE, shared: op.kind === 'shared' });
        return 0;
      case 'munmap':
        for (const at of range) memory.delete(at);
        return 0;
      case 'mprotect':
        return gap;
      case 'madvise':
        if (op.advice === 'DONTNEED') for (const at of range) forget(memory, at);
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

function cellAt(memory: Memory, page: number): Cell {
  const cell = memory.get(page);
  if (!cell) throw new Error(`page ${page} is not mapped: a trace must not access it`);
  return cell;
}

/** Private memory reads as zeroes again; shared memory keeps its contents. */
function forget(memory: Memory, page: number): void {
  const cell = memory.get(page);
  if (cell && !cell.shared) cell.contents = ZERO_PAGE;
}

function forked(memory: Memory): Memory {
  return new Map([...memory].map(([page, cell]) => [page, cell.shared ? cell : { ...cell }]));
}
