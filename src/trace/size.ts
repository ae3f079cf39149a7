/**
 * How large a host has to be to play a trace without reaching one of its limits.
 *
 * A dry walk that only counts what is asked for, never what is given back: pages and processes that have gone may still
 * be held until the scanner passes them. Generous is good enough, since memory that is not touched costs nothing.
 */
import type { HostOptions } from '../index.ts';
import { MEMORY_BYTES_MAX, PAGE_SIZE } from '../memory/index.ts';
import type { Operation, Trace } from './format.ts';

const MIB = 2 ** 20;
const LEAST_MEMORY = 256 * MIB;

/** What a host has unless told otherwise. */
const USUAL_PROCESSES = 256;
const USUAL_VMAS = 4096;

/** The most of each that a host takes (src/machine/options.ts); what is beyond fails when it is its turn, as on Linux. */
const MOST_PAGES = 2 ** 27;
const MOST_PROCESSES = 2 ** 16;
const MOST_VMAS = 2 ** 22;

/** Bytes of the host's tables for each of them, rounded up. */
const TABLES_PER_PAGE = 256;
const TABLES_PER_PROCESS = 2 ** 15;
const TABLES_PER_VMA = 64;

/** A change inside a mapping leaves at most two mappings more. */
const SPLITS = 2;

interface Size {
  pages: number;
  vmas: number;
}

function grow(size: Size, by: Size): void {
  size.pages += by.pages;
  size.vmas += by.vmas;
}

/** What an operation adds to the process that does it. */
function demand(operation: Operation): Size {
  switch (operation.op) {
    case 'mmap':
      // An address space has no room for more, so that nothing comes of it.
      return { pages: operation.pages <= MOST_PAGES ? operation.pages : 0, vmas: 1 };
    case 'munmap':
    case 'mprotect':
    case 'madvise':
      return { pages: 0, vmas: SPLITS };
    default:
      return { pages: 0, vmas: 0 };
  }
}

/** The limits that a host needs for `trace`, at least the usual ones. */
export function hostSize(trace: Trace): Required<Pick<HostOptions, 'memory' | 'pages' | 'processes' | 'vmas'>> {
  const living = new Map<string, Size>();
  const total: Size = { pages: 0, vmas: 0 };
  let processes = 0;
  for (const operation of trace.operations) {
    if (operation.op === 'process' || operation.op === 'fork') {
      const parent = operation.op === 'fork' ? living.get(operation.proc) : undefined;
      const inherited = { pages: parent?.pages ?? 0, vmas: parent?.vmas ?? 0 };
      living.set(operation.op === 'fork' ? operation.child : operation.proc, inherited);
      grow(total, inherited);
      processes++;
    } else if ('proc' in operation) {
      const added = demand(operation);
      const process = living.get(operation.proc);
      if (process !== undefined) grow(process, added);
      grow(total, added);
    }
  }
  const [most, vmas] = [Math.max(USUAL_PROCESSES, processes), Math.max(USUAL_VMAS, total.vmas)];
  const tables = (most - USUAL_PROCESSES) * TABLES_PER_PROCESS + (vmas - USUAL_VMAS) * TABLES_PER_VMA;
  const wanted = Math.ceil((total.pages * (PAGE_SIZE + TABLES_PER_PAGE) + tables) / MIB) * MIB;
  const memory = Math.min(MEMORY_BYTES_MAX, LEAST_MEMORY + wanted);
  return {
    memory,
    pages: Math.min(MOST_PAGES, Math.max(total.pages, (2 * memory) / PAGE_SIZE)),
    processes: Math.min(MOST_PROCESSES, most),
    vmas: Math.min(MOST_VMAS, vmas),
  };
}
