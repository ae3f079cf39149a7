/**
 * The engine over its one linear memory: the exported functions, as this thread may call
 * them, and what it is among the threads that use it.
 *
 * All state is in the memory, so any number of engines over one memory are one engine.
 */
import * as layout from '../../assembly/layout/index.ts';
import { settingRows } from '../../assembly/layout/settings.ts';
import { KsmError } from '../errors.ts';
import { Memory, PAGES_PER_UNIT, UNIT_BYTES } from '../memory/index.ts';
import { errnoOf } from './errno.ts';
import { checkHeader } from './invariants/header.ts';
import { type EngineExports, instantiate } from './load.ts';
import { mayBlock, underLock } from './lock.ts';

/** What is fixed when a memory is laid out. */
export interface Geometry {
  /** Size of the linear memory in units of 64 KiB. */
  readonly memoryPages: number;
  readonly processes: number;
  readonly vmas: number;
  /** Virtual pages, all address spaces together. */
  readonly pages: number;
  /** Frames, the zero frame not counted. Default: as many as there is room for. */
  readonly frames?: number;
  readonly nodes: number;
  /** Which columns there are: bits of the layout (columnBit). Default: none. */
  readonly columns?: number;
  /** Domains that there is room for, domain 0 included. */
  readonly domains: number;
  readonly index: 'content' | 'hash';
  readonly checksum: 'xxh64' | 'keyed';
  readonly seed: bigint;
  /** CURE_* bits of the layout. */
  readonly cures: number;
  /** DIRTY_* of the layout. */
  readonly dirtyTracking: number;
}

/** What makes more frames, and more of what follows from their number. */
const MORE_FRAMES = '"memory" (or "frames", where it was given)';

/** The option that raises a limit, by LIMIT_* of the layout. */
const LIMITS: Record<number, { what: string; option?: string }> = {
  [layout.LIMIT_FRAMES]: { what: 'frames', option: MORE_FRAMES },
  [layout.LIMIT_PAGES]: { what: 'page tables', option: '"pages"' },
  [layout.LIMIT_PROCESSES]: { what: 'processes', option: '"processes"' },
  [layout.LIMIT_VMAS]: { what: 'mappings', option: '"vmas"' },
  [layout.LIMIT_TABLES]: { what: 'middle page tables', option: '"processes"' },
  [layout.LIMIT_NODES]: { what: 'stable nodes', option: MORE_FRAMES },
  [layout.LIMIT_DOMAINS]: { what: 'domains', option: '"domains"' },
  [layout.LIMIT_ROOTS]: { what: 'roots for trees of that size', option: '"domains"' },
  [layout.LIMIT_PINS]: { what: `${layout.PINS_MASK} extra references that a page can have` },
};

/**
 * Looks at a lock that does not come free, for about two seconds: 20 000 in a row, then one each millisecond; by a thread that may not
 * sleep all of them in a row.
 */
const LOOKS = 22_000;
const LOOKS_AWAKE = 2 ** 28;

/** Milliseconds that a worker has to come to an end of what it is doing, if it is taken for dead and lives: see assembly/recover. */
const GRACE = 300;

export class Engine extends Memory {
  readonly module: WebAssembly.Module;
  readonly #exports: EngineExports;
  #call: EngineExports;
  #worker = 0;
  #limitHit = 0;
  #looks = 0;
  #hasLeft = false;

  /** `others`: what the simulation build imports besides the memory. EINVAL if `module` is not the engine, or `memory` none for it. */
  constructor(module: WebAssembly.Module, memory: WebAssembly.Memory, others: WebAssembly.Imports = {}) {
    super(memory);
    this.module = module;
    this.#exports = instantiate(module, memory, others);
    this.#call = this.#exports;
  }

  /** The engine's functions, each under the lock if several threads use the memory. */
  get call(): EngineExports {
    return this.#call;
  }

  /** Number of this thread as a worker; 0 while it has the memory to itself. */
  get worker(): number {
    return this.#worker;
  }

  /** Is this thread a worker still? Not once it has left, or another thread took it for dead. */
  get isWorker(): boolean {
    return Atomics.load(this.words, (this.record + layout.WORKER_NUMBER) / 4) === this.#worker && this.#worker !== 0;
  }

  /** Address of this worker's record. */
  get record(): number {
    return recordOf(this.#worker);
  }

  /** Numbers of all workers, ascending. */
  get workers(): number[] {
    const numbers: number[] = [];
    for (let index = 0; index < layout.WORKER_LIMIT; index++) {
      const number = Atomics.load(this.words, (recordOf(index) + layout.WORKER_NUMBER) / 4);
      if (number !== 0) numbers.push((number & ~layout.WORKER_EXPELLED) >>> 0);
    }
    return numbers.sort((one, other) => one - other);
  }

  /** A number for a worker. EAGAIN if all are taken. */
  reserveWorker(): number {
    const worker = this.#exports.workerJoin();
    if (worker !== 0) return worker;
    throw new KsmError(
      'EAGAIN',
      `All ${layout.WORKER_LIMIT} numbers of threads are taken (${this.workers.join(', ')}): let one leave, or call ` +
        'host.recover(number) for one that has died.',
    );
  }

  /**
   * From now on several threads use this memory, and this is one of them; once is enough. All who use it must have joined.
   * `hearsOfDeaths`: it is this thread that learns when another died, so it must not wait for a lock that a dead one holds. `reserved`:
   * the number that another thread has reserved for this one. EAGAIN if all numbers are taken, ESRCH if `reserved` is none, EBUSY
   * if another thread has it.
   */
  join(hearsOfDeaths: boolean = false, reserved?: number): void {
    if (hearsOfDeaths) this.#looks = mayBlock() ? LOOKS : LOOKS_AWAKE;
    if (this.#worker !== 0) return;
    const worker = reserved ?? this.reserveWorker();
    const errno = errnoOf(this.#exports.workerAttach(worker));
    if (errno === layout.ESRCH) throw new KsmError('ESRCH', `No number ${worker} is reserved for a thread.`);
    if (errno !== 0) throw new KsmError('EBUSY', `Another thread has number ${worker} already; reserve one for each.`);
    this.#worker = worker;
    this.setU32(this.record + layout.WORKER_SLEEPLESS, mayBlock() ? 0 : 1);
    this.setU32(layout.H_CONCURRENT, 1);
    this.#call = underLock(
      this.#exports,
      () => this.#takeLock(),
      () => {
        this.#limitHit = this.u32(layout.H_LIMIT_HIT);
        this.#exports.lockDrop(this.#worker);
      },
    );
  }

  #takeLock(): void {
    const errno = errnoOf(this.#exports.lockTake(this.#worker, this.#looks));
    if (errno === 0) return;
    throw errno === layout.EAGAIN ? this.#heldError() : this.expelledError();
  }

  #heldError(): KsmError {
    const holder = this.u32(layout.LOCK);
    return new KsmError(
      'EAGAIN',
      `Worker ${holder} holds the engine's lock for seconds: if it has died, call host.recover(${holder}); else try again.`,
    );
  }

  /** The error for a thread that may not use the memory any more. */
  expelledError(): KsmError {
    const why = this.#hasLeft ? 'it has left' : 'another thread took it for dead (host.recover)';
    return new KsmError('ESRCH', `Worker ${this.#worker} may not use this memory any more: ${why}. Attach anew.`);
  }

  /** Does `work` while no other thread changes anything but guests' bytes. `work` must not call the engine. */
  exclusively<Result>(work: () => Result): Result {
    if (this.#worker === 0) return work();
    this.#takeLock();
    try {
      return work();
    } finally {
      this.#exports.lockDrop(this.#worker);
    }
  }

  /** Is this thread in the middle of something that only a recovery can bring to an end, because it was cut short? */
  get isCutShort(): boolean {
    const worker = this.#worker;
    if (worker === 0) return false;
    const holds = Atomics.load(this.words, layout.LOCK / 4) === worker;
    const scans = (this.u32(layout.LINUX_BUSY) & ~layout.SCANNER_CUT) === worker + 1;
    return holds || scans || this.u32(this.record + layout.WORKER_ACCESS) !== 0;
  }

  /** This thread uses the memory no more: its number is free, and every call of it is refused (ESRCH). */
  leave(): void {
    if (this.#worker !== 0) this.#exports.workerLeave(this.#worker);
    this.#hasLeft = true;
  }

  /**
   * Rebuilds what can be rebuilt, after worker `dead` died at whatever instruction (docs/protocol.md). 0: nobody in particular, where no
   * other worker is there. ESRCH and EINVAL if `dead` cannot be meant. EAGAIN if another worker keeps the lock: it may have
   * died, too, and has to be recovered from first. `work` is done before others go on; it must not call the engine. `isKnown`:
   * nothing of the worker is executed any more; else it gets time to come to an end, in case it lives.
   */
  recover(dead: number, work: () => void = () => {}, isKnown: boolean = false): void {
    const looks = mayBlock() ? LOOKS : LOOKS_AWAKE;
    const errno = errnoOf(this.#exports.recover(dead, this.#worker, looks, isKnown ? 0 : GRACE));
    if (errno === layout.EAGAIN) throw this.#heldError();
    if (errno !== 0) throw this.#noWorkerError(dead);
    try {
      work();
    } finally {
      if (this.#worker !== 0) this.#exports.lockDrop(this.#worker);
    }
  }

  #noWorkerError(dead: number): KsmError {
    if (this.#worker !== 0 && !this.isWorker) return this.expelledError();
    const others = this.workers.filter((number) => number !== this.#worker);
    const there = others.length === 0 ? 'there is no other thread' : `the others are ${others.join(', ')}`;
    const what = dead === 0 ? 'recover: name the thread that has died' : `recover: ${dead} is no other thread's number`;
    return new KsmError(dead === 0 || dead === this.#worker ? 'EINVAL' : 'ESRCH', `${what}; ${there}.`);
  }

  /** Which limit refused this thread's last call that failed with ENOMEM or EAGAIN: one of LIMIT_*. */
  get limitHit(): number {
    return this.#worker === 0 ? this.u32(layout.H_LIMIT_HIT) : this.#limitHit;
  }

  /** The error for a call that ran into a limit: names the limit and the option that raises it. */
  limitError(code: 'ENOMEM' | 'EAGAIN', doing: string): KsmError {
    const limit = LIMITS[this.limitHit];
    const why = limit === undefined ? 'a limit was reached' : `all ${limit.what} are in use`;
    const raise = limit?.option === undefined ? '' : `, or create the host with a larger ${limit.option}`;
    const advice = limit === undefined ? '' : `; free some${raise}`;
    return new KsmError(code, `${doing}: ${why}${advice}.`);
  }
}

/** Address of the record that worker `worker` has or had. */
export function recordOf(worker: number): number {
  return layout.WORKERS + (worker & layout.WORKER_INDEX_MASK) * layout.WORKER_BYTES;
}

/** EFORMAT if the memory was laid out by another version of the engine, or by none, or is not all that was laid out. */
export function expectLayout(engine: Engine): void {
  const magic = engine.u32(layout.H_MAGIC);
  const version = engine.u32(layout.H_VERSION);
  if (magic !== layout.MAGIC || version !== layout.LAYOUT_VERSION) {
    const found = magic === layout.MAGIC ? `layout version ${version}` : 'no engine at all';
    throw new KsmError(
      'EFORMAT',
      `The memory holds ${found}; expected layout version ${layout.LAYOUT_VERSION}: use the same version of ksm-wasm in all threads.`,
    );
  }
  if (engine.call.pageKind() !== engine.u32(layout.H_PAGE_KIND)) {
    const [holds, knows] = engine.frames.areNames ? ['names', 'bytes'] : ['bytes', 'names'];
    throw new KsmError(
      'EFORMAT',
      `The memory's pages are ${holds}, and this engine is the one for pages of ${knows}: use the other.`,
    );
  }
  try {
    checkHeader(engine);
  } catch (cause) {
    throw new KsmError('EFORMAT', `The memory is not whole: ${(cause as Error).message}`, { cause });
  }
}

const POWER_OF_ROOTS_MAX = 20;
/** Roots of the smallest tree of hash order. */
const DOMAIN_ROOTS_MIN = 16;

/** What a name takes with all that the engine keeps for its frame (assembly/memory/setup). */
const NAMED_FRAME_BYTES: number = 8 + 2 * 4 + 1 + ((layout.NODE_BYTES + layout.ROOM_BYTES) * 9) / 8;
/** What a page that can be mapped takes: its pte, state and item. */
const ENTRY_BYTES: number = 2 * 4 + layout.ITEM_BYTES;

/**
 * Roots of one tree: in hash order one or two for a frame, so that most trees are empty or a single node at any size (bench/scan: a second
 * pass over 1 GiB of unique pages takes 0.94 of the time that it takes with a quarter of them). For names, which are smaller than so many
 * roots, one for two to four.
 */
function rootCount(geometry: Geometry, areNames: boolean): number {
  if (geometry.index === 'content') return 1;
  const forNames = (geometry.memoryPages * UNIT_BYTES - geometry.pages * ENTRY_BYTES) / NAMED_FRAME_BYTES;
  const room = areNames ? Math.max(1, forNames) : geometry.memoryPages * PAGES_PER_UNIT;
  const frames = Math.min(room, geometry.frames ?? room);
  return 2 ** Math.min(POWER_OF_ROOTS_MAX, Math.max(4, Math.ceil(Math.log2(frames)) - (areNames ? 2 : 0)));
}

/**
 * Roots of all trees: those of domain 0, and as many again for all others together; at least 16 for each of them, so that each finds a run,
 * and in content order, where a domain has one, that one.
 */
function rootLimit({ index, domains, nodes }: Geometry, roots: number): number {
  const others = domains - 1;
  const forOthers = others === 0 || index === 'content' ? others : Math.max(roots, DOMAIN_ROOTS_MIN * others);
  return (roots + forOthers) * nodes;
}

/** Lays out the fresh (all zero) memory of `engine`. ENOMEM if it is too small for the limits. */
export function layOut(engine: Engine, geometry: Geometry): void {
  const leaves = 1 + Math.ceil(geometry.pages / layout.TABLE_ENTRIES) + 2 * geometry.processes;
  const roots = rootCount(geometry, engine.call.pageKind() === layout.PAGE_NAMES_KIND);
  const header: [number, number][] = [
    ...settingRows().map(({ word, initial }): [number, number] => [word, initial]),
    [layout.H_VERSION, layout.LAYOUT_VERSION],
    [layout.H_MEMORY_PAGES, geometry.memoryPages],
    [layout.H_MM_LIMIT, geometry.processes],
    [layout.H_VMA_LIMIT, geometry.vmas],
    [layout.H_TABLE_LIMIT, 3 * geometry.processes + Math.ceil(leaves / layout.TABLE_ENTRIES) + 16],
    [layout.H_LEAF_LIMIT, leaves],
    [layout.H_ROOT_COUNT, roots],
    [layout.H_DOMAIN_LIMIT, geometry.domains],
    [layout.H_ROOT_LIMIT, rootLimit(geometry, roots)],
    [layout.H_FRAME_LIMIT, geometry.frames === undefined ? 0 : 1 + geometry.frames], // the zero frame is one of them
    [layout.H_NID_COUNT, geometry.nodes],
    [layout.H_COLUMNS, geometry.columns ?? 0],
    [layout.H_INDEX, geometry.index === 'hash' ? layout.INDEX_HASH : layout.INDEX_CONTENT],
    [layout.H_CHECKSUM, geometry.checksum === 'keyed' ? layout.CHECKSUM_KEYED : layout.CHECKSUM_XXH64],
    [layout.H_CURES, geometry.cures],
    [layout.H_DIRTY_TRACKING, geometry.dirtyTracking],
    [layout.H_NEXT_ID, 1],
  ];
  for (const [address, value] of header) engine.setU32(address, value);
  const seedLow = Number(geometry.seed & 0xffffffffn);
  const seedHigh = Number((geometry.seed >> 32n) & 0xffffffffn);
  if (engine.call.layOut(seedLow, seedHigh) === 0) throw noRoom(geometry);
  engine.setU32(layout.H_MAGIC, layout.MAGIC); // last: a memory with the magic is complete
}

function noRoom({ memoryPages, frames, pages, processes, vmas }: Geometry): KsmError {
  const mebibytes = ((memoryPages * UNIT_BYTES) / 2 ** 20).toFixed(1);
  const [withFrames, orFrames] = frames === undefined ? ['', ''] : [`${frames} frames, `, '"frames", '];
  return new KsmError(
    'ENOMEM',
    `A memory of ${mebibytes} MiB has no room for ${withFrames}${pages} pages of page tables, ${processes} processes ` +
      `and ${vmas} mappings; raise "memory", or lower ${orFrames}"pages", "processes" or "vmas".`,
  );
}
