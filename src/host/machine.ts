/**
 * The machine under KSM: one physical memory and the processes in it. Handles only; the state is in the engine's memory.
 */
import { checkInvariants, Engine, layOut, layout } from '../engine/index.ts';
import { KsmError } from '../errors.ts';
import { AddressSpace, type Pin } from './address-space.ts';
import { type Clock, systemClock } from './clock.ts';
import { DIRTY_TRACKING, type DirtyTracking, geometryOf, type HostOptions } from './options.ts';
import { WaitQueue } from './wait-queue.ts';

/** How much there is of everything. */
export interface Limits {
  readonly frames: number;
  readonly pages: number;
  readonly processes: number;
  readonly vmas: number;
}

/** How much of everything is in use. */
export interface Usage extends Limits {
  /** Bytes of page tables, rmap items, nodes, roots and other records in use: all that is not a frame. */
  readonly metadata_bytes: number;
}

/** What names a process to another thread. */
export interface ProcessHandle {
  readonly id: number;
  /** Address of its mm in the engine's memory. */
  readonly mm: number;
}

/** What a thread needs to take part in a host. */
export interface SharedHost {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
}

/** Which process is which mm. A snapshot carries it. */
export interface Books {
  /** The id that the next process gets. */
  readonly nextId: number;
  /** The live processes by ascending id, which is the order in which they were started. */
  readonly processes: readonly ProcessHandle[];
}

const NO_PROCESSES: Books = { nextId: 1, processes: [] };

export class Machine {
  readonly engine: Engine;
  readonly clock: Clock;
  /** Where ksmd waits; woken, in whatever thread it is, by all that may give it work or change how it works. */
  readonly work: WaitQueue;
  readonly #disposed: AbortController = new AbortController();
  readonly #processes: Map<number, AddressSpace> = new Map();

  /** `books` must be those of the processes that are in the engine's memory. */
  constructor(engine: Engine, clock: Clock, books: Books = NO_PROCESSES) {
    this.engine = engine;
    this.clock = clock;
    this.work = new WaitQueue(engine, layout.H_KSMD_BELL);
    for (const { id, mm } of books.processes) this.#processes.set(id, new AddressSpace(this, mm, id));
  }

  /** The live processes, in the order in which they were started. */
  get processes(): readonly AddressSpace[] {
    return [...this.#processes.values()];
  }

  /** For snapshots; not for embedders. */
  get books(): Books {
    return { nextId: this.engine.u32(layout.H_NEXT_ID), processes: this.#handles() };
  }

  /** What names the live processes, also those that other threads have started, in the order in which they were started. */
  handles(): ProcessHandle[] {
    return this.engine.exclusively(() => this.#handles());
  }

  /** The same where nobody can change anything. */
  #handles(): ProcessHandle[] {
    const { engine } = this;
    const handles: ProcessHandle[] = [];
    const base = engine.u32(layout.H_MMS);
    const end = base + engine.u32(layout.H_FREE_MMS + layout.FREE_FRESH) * layout.MM_BYTES;
    for (let mm = base; mm < end; mm += layout.MM_BYTES) {
      const isObject = (engine.u32(mm + layout.MM_FLAGS) & layout.MM_SHARED_OBJECT) !== 0;
      const isNew = engine.u32(mm + layout.MM_MAKER) !== 0;
      if (this.#isLive(mm) && !isObject && !isNew) handles.push({ id: engine.u32(mm + layout.MM_ID), mm });
    }
    return handles.sort((one, other) => one.id - other.id);
  }

  /** Starts an empty process. It prefers frames of NUMA node `node`. ENOMEM where the limit is reached. */
  spawn(options: { node?: number } = {}): AddressSpace {
    return this.adopt(this.engine.call.spawn(this.#node(options.node ?? 0)) >>> 0, 'A process cannot be started');
  }

  /** Takes a new mm into the books. Used by fork; not for embedders. */
  adopt(mm: number, doing: string): AddressSpace {
    if (mm === 0) throw this.engine.limitError('ENOMEM', doing);
    this.engine.setU32(mm + layout.MM_MAKER, 0);
    return this.process({ id: this.engine.u32(mm + layout.MM_ID), mm });
  }

  /** The process that another thread's handle means, for this thread. Only one thread at a time may use a process. */
  process(handle: ProcessHandle): AddressSpace {
    const space = new AddressSpace(this, handle.mm, handle.id);
    this.#processes.set(space.id, space);
    return space;
  }

  /**
   * What another thread needs to take part (attachHost), fit for postMessage. From the first call on every thread takes the
   * lock for its calls, and reads and writes as docs/protocol.md says.
   */
  share(): SharedHost {
    this.engine.join(true);
    return { module: this.engine.module, memory: this.engine.memory };
  }

  /**
   * A thread that took part has died, at whatever instruction: rebuilds all that can be rebuilt from page tables and frames, and
   * goes on. Nothing that a guest wrote is lost; a process that the dead thread was just making or ending is gone. `worker`: its
   * number (`host.engine.worker` over there); 0 where no thread died, but the memory comes from a process that did. EAGAIN where
   * another thread keeps the lock for seconds: if it has died, too, recover from that first.
   */
  recover(worker: number = 0): void {
    const { engine } = this;
    if (
      !Number.isInteger(worker) ||
      worker < 0 ||
      worker > layout.WORKER_LIMIT ||
      (worker !== 0 && worker === engine.worker)
    ) {
      throw new KsmError(
        'EINVAL',
        `recover: ${worker} is not the number of another thread; expected 0 to ${layout.WORKER_LIMIT}.`,
      );
    }
    const ksmd = engine.u32(layout.H_KSMD);
    if (worker === 0 && ksmd !== 0) {
      throw new KsmError('EINVAL', `recover: worker ${ksmd} is ksmd and may live; name the thread that has died.`);
    }
    engine.recover(worker, () => this.#recount());
    if (worker !== 0) Atomics.compareExchange(engine.words, layout.H_KSMD / 4, worker, 0);
  }

  /** Strikes processes that a death has ended off the books, and finds those that it left in exec. */
  #recount(): void {
    const handles = new Map(this.#handles().map((handle) => [handle.id, handle]));
    for (const space of this.processes) {
      const handle = handles.get(space.id);
      if (handle === undefined) this.forget(space.id);
      else if (handle.mm !== space.mm) this.process(handle);
    }
  }

  #isLive(mm: number): boolean {
    const gone = layout.MM_EXITED | layout.MM_UNBORN;
    return (this.engine.u32(mm + layout.MM_FLAGS) & (layout.MM_IN_USE | gone)) === layout.MM_IN_USE;
  }

  /** Strikes a process that ended off the books. Used by exit; not for embedders. */
  forget(id: number): void {
    this.#processes.delete(id);
  }

  /**
   * The handle of a pin that is held on frame number `frame`, for those who restored a snapshot: pins are part of the
   * memory, their handles are not. One handle for each pin. EINVAL where no pin is held on the frame, as far as can be
   * told: of KSM frames only the sum is known.
   */
  adoptPin(frame: number): Pin {
    const index = frame - this.firstFrame;
    const isFrame = Number.isInteger(index) && index > 0 && index <= this.limits.frames;
    const word = isFrame ? this.engine.u32(this.engine.u32(layout.H_FRAME_WORDS) + index * 4) : layout.FRAME_FREE;
    const isFree = (word & layout.FRAME_FREE) !== 0;
    const pins = word & layout.FRAME_KSM ? this.engine.u32(layout.H_KSM_PINS) : word & layout.FRAME_PINS_MASK;
    if (isFree || pins === 0) throw new KsmError('EINVAL', `adoptPin: nobody has pinned frame ${frame}.`);
    return this.holdPin(frame);
  }

  /** The handle of a pin that was just taken in the way `how` (layout.PIN_*). Used by pin; not for embedders. */
  holdPin(frame: number, how: number = layout.PIN_GET): Pin {
    let held = true;
    const release = (): void => {
      if (held) this.engine.call.unpinFrame(frame * layout.PAGE_SIZE, how);
      held = false;
    };
    return { frame, release, [Symbol.dispose]: release };
  }

  /** KSM's counters in /proc/vmstat. */
  vmstat(): { ksm_swpin_copy: number; cow_ksm: number } {
    return {
      ksm_swpin_copy: this.engine.u64(layout.H_KSM_SWPIN_COPY),
      cow_ksm: this.engine.u64(layout.H_COW_KSM),
    };
  }

  /**
   * Moves what is in a frame to a frame of NUMA node `node`; nobody notices but the page tables. Returns the new frame's number.
   * EAGAIN where something besides page tables refers to the frame, ENOMEM where no frame is free.
   */
  migrate(frame: number, node: number): number {
    const address = this.engine.call.migrateFrame(frame * layout.PAGE_SIZE, this.#node(node)) >>> 0;
    if (address >= layout.PAGE_SIZE) return address / layout.PAGE_SIZE;
    if (address === layout.ENOMEM) throw this.engine.limitError('ENOMEM', `migrate: frame ${frame} cannot be moved`);
    throw new KsmError('EAGAIN', `migrate: frame ${frame} is free, or pinned; release what holds it.`);
  }

  /** Number of the first frame; the host's frames are numbered from there, `limits.frames + 1` of them. */
  get firstFrame(): number {
    return this.engine.u32(layout.H_FRAMES) / layout.PAGE_SIZE;
  }

  /** Memory hot-remove: moves what is in frames [first, first + count) elsewhere and takes them out of use. EBUSY where it cannot. */
  offline(first: number, count: number): void {
    const index = first - this.firstFrame;
    if (this.engine.call.offline(index, index + count) === 0) return;
    throw new KsmError(
      'EBUSY',
      `offline: frames ${first} to ${first + count - 1} hold something that cannot be moved.`,
    );
  }

  /** Brings frames back that went offline. */
  online(first: number, count: number): void {
    this.engine.call.onlineFrames(first - this.firstFrame, first - this.firstFrame + count);
  }

  #node(node: number): number {
    const nodes = this.engine.u32(layout.H_NID_COUNT);
    if (Number.isInteger(node) && node >= 0 && node < nodes) return node;
    throw new KsmError('EINVAL', `There is no NUMA node ${node}; this host has ${nodes}, counted from 0.`);
  }

  /** Does the scanner read pages again that were not written since it hashed them? See HostOptions. May change at any time. */
  get dirtyTracking(): DirtyTracking {
    return DIRTY_TRACKING[this.engine.u32(layout.H_DIRTY_TRACKING)] ?? 'off';
  }

  set dirtyTracking(mode: DirtyTracking) {
    const number = DIRTY_TRACKING.indexOf(mode);
    if (number < 0) throw new KsmError('EINVAL', `dirtyTracking: "${mode}" is none of ${DIRTY_TRACKING.join(', ')}.`);
    this.engine.setU32(layout.H_DIRTY_TRACKING, number);
  }

  get limits(): Limits {
    const { engine } = this;
    return {
      frames: engine.u32(layout.H_FRAME_LIMIT) - 1, // the zero frame is nobody's
      pages: engine.u32(layout.H_LEAF_LIMIT) * layout.TABLE_ENTRIES,
      processes: engine.u32(layout.H_MM_LIMIT),
      vmas: engine.u32(layout.H_VMA_LIMIT),
    };
  }

  usage(): Usage {
    const { engine } = this;
    const used = (list: number): number => engine.u32(list + layout.FREE_USED);
    const leaves = used(layout.H_FREE_LEAVES);
    const frames = engine.u32(layout.H_FRAMES_USED);
    const leafBytes = layout.LEAF_BYTES + layout.TABLE_ENTRIES * (8 + layout.ITEM_BYTES) + layout.TABLE_ENTRIES / 8;
    const roots = engine.u32(layout.H_ROOT_COUNT) * engine.u32(layout.H_NID_COUNT);
    return {
      frames,
      pages: leaves * layout.TABLE_ENTRIES,
      processes: used(layout.H_FREE_MMS),
      vmas: used(layout.H_FREE_VMAS),
      metadata_bytes:
        layout.REGIONS +
        used(layout.H_FREE_MMS) * layout.MM_BYTES +
        used(layout.H_FREE_VMAS) * layout.VMA_BYTES +
        used(layout.H_FREE_TABLES) * layout.TABLE_BYTES +
        leaves * leafBytes +
        used(layout.H_FREE_NODES) * layout.NODE_BYTES +
        frames * 4 +
        roots * 8,
    };
  }

  /** Aborts when the machine is disposed of: every ksmd over it ends. */
  get disposed(): AbortSignal {
    return this.#disposed.signal;
  }

  [Symbol.dispose](): void {
    this.#disposed.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed.abort();
  }

  /** Recomputes everything that can be recomputed and compares. Throws ECORRUPT naming the broken rule. Slow: for tests. */
  check(): void {
    this.engine.exclusively(() => checkInvariants(this.engine));
  }
}

/** What a machine is made of. */
export interface EngineParts {
  readonly engine: Engine;
  readonly module: WebAssembly.Module;
  readonly clock: Clock;
}

/** A memory of so many times 64 KiB, all zero. ENOMEM where the system has no room for it. */
export function createMemory(memoryPages: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: memoryPages, maximum: memoryPages, shared: true });
  } catch (cause) {
    const mebibytes = memoryPages / 16;
    throw new KsmError(
      'ENOMEM',
      `The system refuses a memory of ${mebibytes} MiB; free some, or choose a smaller "memory".`,
      {
        cause,
      },
    );
  }
}

/** An engine over a memory of its own, laid out as the options say. */
export function createEngine(options: HostOptions, module: WebAssembly.Module): EngineParts {
  const geometry = geometryOf(options);
  const engine = new Engine(module, createMemory(geometry.memoryPages));
  layOut(engine, geometry);
  return { engine, module, clock: options.clock ?? systemClock() };
}
