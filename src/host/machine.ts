/**
 * The machine under KSM: one physical memory and the processes in it. Handles only; the state is in the engine's memory.
 */
import { checkInvariants, type Engine, layout } from '../engine/index.ts';
import { KsmError } from '../errors.ts';
import { type Checks, invalid, oneOf, optionsOf, wholeNumber } from '../validate.ts';
import { AddressSpace } from './address-space.ts';
import { leaveAtExit } from './at-exit.ts';
import type { Pin } from './calls.ts';
import type { Clock } from './clock.ts';
import { DIRTY_TRACKING, type DirtyTracking } from './options.ts';
import type { Books, Limits, ProcessHandle, SharedHost, SpawnOptions, Usage } from './types.ts';
import { WaitQueue } from './wait-queue.ts';

const NO_PROCESSES: Books = { nextId: 1, processes: [] };

const U32 = wholeNumber(0, 2 ** 32 - 1);
const SPAWN_OPTIONS: Checks<SpawnOptions> = { node: U32 };
const TRACKING = oneOf(...DIRTY_TRACKING);

export class Machine {
  readonly #engine: Engine;
  readonly clock: Clock;
  /** Where ksmd waits; woken, in whatever thread it is, by all that may give it work or change how it works. */
  readonly work: WaitQueue;
  readonly #disposed: AbortController = new AbortController();
  /** Has that aborted? Every access asks, and asking a signal takes as long as a third of one (bench/guest). */
  #isClosed = false;
  readonly #processes: Map<number, AddressSpace> = new Map();
  /** Handles of pins that are held, by frame. */
  readonly #pins: Map<number, number> = new Map();

  /** `books` must be those of the processes that are in the engine's memory. */
  constructor(engine: Engine, clock: Clock, books: Books = NO_PROCESSES) {
    this.#engine = engine;
    this.clock = clock;
    this.work = new WaitQueue(engine, layout.H_KSMD_BELL);
    for (const { id, mm } of books.processes) this.#processes.set(id, new AddressSpace(this, mm, id));
  }

  /** The engine under it. EBADF once this host was left or disposed of. */
  get engine(): Engine {
    this.expectOpen();
    return this.#engine;
  }

  protected expectOpen(): void {
    if (!this.#isClosed) return;
    throw new KsmError('EBADF', 'This host was left or disposed of; make another one, or attach anew.');
  }

  /** The memory that holds everything (docs/embedding.md says what of it is public). It never grows. */
  get memory(): WebAssembly.Memory {
    return this.engine.memory;
  }

  /** The live processes that this thread knows, in the order in which they were started. */
  get processes(): readonly AddressSpace[] {
    for (const [id, space] of this.#processes) if (!space.alive) this.#processes.delete(id);
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
    const engine = this.#engine;
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
  spawn(options: SpawnOptions = {}): AddressSpace {
    const { node = 0 } = optionsOf('spawn', options, SPAWN_OPTIONS);
    const { engine } = this;
    const mm = engine.call.spawn(this.#node(node)) >>> 0;
    if (mm < layout.PAGE_SIZE) throw engine.limitError('ENOMEM', 'spawn: a process cannot be started');
    return this.adopt(mm);
  }

  /** Takes a new mm into the books. Used by fork; not for embedders. */
  adopt(mm: number): AddressSpace {
    this.engine.setU32(mm + layout.MM_MAKER, 0);
    return this.process({ id: this.engine.u32(mm + layout.MM_ID), mm });
  }

  /**
   * The process that another thread's handle means, for this thread. Only one thread at a time may use a process. EINVAL where
   * `handle` is none, ESRCH where its process has ended, or goes on in another mm after exec.
   */
  process(handle: ProcessHandle): AddressSpace {
    if (typeof handle !== 'object' || handle === null) throw invalid('process: the handle', handle, HANDLE);
    const { id, mm } = handle;
    if (!isU32(id) || !isU32(mm))
      throw invalid(`process: the handle's ${isU32(id) ? 'mm' : 'id'}`, isU32(id) ? mm : id, HANDLE);
    if (!this.engine.call.isProcess(mm, id)) {
      throw new KsmError(
        'ESRCH',
        `process: there is no process ${id} at ${mm}: it has ended; host.handles() names those that live.`,
      );
    }
    const space = new AddressSpace(this, mm, id);
    this.#processes.set(space.id, space);
    return space;
  }

  /**
   * What another thread needs to take part (attachHost), fit for postMessage. From the first call on every thread takes the
   * lock for its calls, and reads and writes as docs/protocol.md says.
   */
  share(): SharedHost {
    const { engine } = this;
    engine.join(true);
    leaveAtExit(engine);
    return { module: engine.module, memory: engine.memory };
  }

  /** This thread's number among those that share the host; 0 while nobody else does. No other thread ever has the same. */
  get worker(): number {
    return this.engine.worker;
  }

  /** Numbers of all threads that share the host, ascending: helpers of the scanner and ksmd too, and those kept by reserveWorker. */
  workers(): readonly number[] {
    return this.engine.workers;
  }

  /**
   * A number for a thread that is about to attach (attachHost, option `worker`), so that it is known before that thread can die.
   * EAGAIN where all are taken. `recover` gives it back where the thread did not come to attaching.
   */
  reserveWorker(): number {
    this.share();
    return this.engine.reserveWorker();
  }

  /** Address of this thread's record in the memory, where it announces its accesses (docs/embedding.md). EINVAL while the host is not shared. */
  get record(): number {
    const { engine } = this;
    if (engine.worker !== 0) return engine.record;
    throw new KsmError(
      'EINVAL',
      'record: this host is not shared, so no access is announced; call host.share() first.',
    );
  }

  /**
   * A thread that took part has died, at whatever instruction: rebuilds all that can be rebuilt from page tables and frames, and
   * goes on. Nothing that a guest wrote is lost; a process that the dead thread was just making or ending is gone. `worker`: its
   * number (`host.worker` over there, or what reserveWorker gave). 0, where there is no other thread: the memory comes from a process that
   * died. ESRCH where no other thread has that number, EINVAL where it is this one's own, or 0 and there are others. EAGAIN where another
   * thread keeps the lock for seconds: if it has died, too, recover from that first.
   *
   * A thread that lives and is named by mistake comes to no harm and does none, as long as its access or call at hand ends within
   * tenths of a second; all its later calls fail with ESRCH.
   */
  recover(worker: number = 0): void {
    this.expectOpen();
    this.recoverFrom(U32('recover: the number of a thread', worker), false);
  }

  /** The same, also for a host that was disposed of. `isKnown`: nothing of the thread is executed any more. Not for embedders. */
  recoverFrom(worker: number, isKnown: boolean): void {
    const engine = this.#engine;
    engine.recover(worker, () => this.#recount(), isKnown);
    if (worker !== 0) Atomics.compareExchange(engine.words, layout.H_KSMD / 4, worker, 0);
  }

  /** Strikes processes that a death has ended off the books, and finds those that it left in exec. */
  #recount(): void {
    const handles = new Map(this.#handles().map((handle) => [handle.id, handle]));
    for (const space of this.#processes.values()) {
      const handle = handles.get(space.id);
      if (handle === undefined) this.forget(space.id);
      else if (!space.isAt(handle.mm)) this.#processes.set(space.id, new AddressSpace(this, handle.mm, space.id));
    }
  }

  #isLive(mm: number): boolean {
    const gone = layout.MM_EXITED | layout.MM_UNBORN;
    return (this.#engine.u32(mm + layout.MM_FLAGS) & (layout.MM_IN_USE | gone)) === layout.MM_IN_USE;
  }

  /** Strikes a process that ended off the books. Used by exit; not for embedders. */
  forget(id: number): void {
    this.#processes.delete(id);
  }

  /**
   * The handle of a pin that is held on frame number `frame`, for those who restored a snapshot: pins are part of the
   * memory, their handles are not. One handle for each pin: EINVAL where there is none that this host has not given out.
   */
  adoptPin(frame: number): Pin {
    const pins = this.engine.call.pinsOf(this.#frameAddress('adoptPin', frame));
    const held = this.#pins.get(frame) ?? 0;
    if (pins > held) return this.holdPin(frame);
    const why = pins === 0 ? 'nobody has pinned it' : `all its ${pins} pins have a handle already`;
    throw new KsmError('EINVAL', `adoptPin: there is no pin of frame ${frame} to adopt; ${why}.`);
  }

  /** The handle of a pin that was just taken in the way `how` (layout.PIN_*). Used by pin; not for embedders. */
  holdPin(frame: number, how: number = layout.PIN_GET): Pin {
    this.#countPin(frame, 1);
    let held = true;
    const release = (): void => {
      if (!held) return;
      const status = this.engine.call.unpinFrame(frame * layout.PAGE_SIZE, how);
      held = false;
      this.#countPin(frame, -1);
      if (status !== 0)
        throw new KsmError('EINVAL', `release: frame ${frame} has no pin any more; somebody else released it.`);
    };
    return { frame, release, [Symbol.dispose]: release };
  }

  #countPin(frame: number, change: 1 | -1): void {
    const held = (this.#pins.get(frame) ?? 0) + change;
    if (held === 0) this.#pins.delete(frame);
    else this.#pins.set(frame, held);
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
   * EAGAIN where something besides page tables refers to the frame, ENOMEM where no frame is free, EINVAL where there is no such frame.
   */
  migrate(frame: number, node: number): number {
    const { engine } = this;
    const address = engine.call.migrateFrame(this.#frameAddress('migrate', frame), this.#node(node)) >>> 0;
    if (address >= layout.PAGE_SIZE) return address / layout.PAGE_SIZE;
    if (address === layout.ENOMEM) throw engine.limitError('ENOMEM', `migrate: frame ${frame} cannot be moved`);
    if (address === layout.EINVAL) throw this.#noFrame('migrate', frame);
    throw new KsmError('EAGAIN', `migrate: frame ${frame} is free, or pinned; release what holds it.`);
  }

  /** Number of the first frame; the host's frames are numbered from there, `limits.frames + 1` of them. */
  get firstFrame(): number {
    return this.engine.u32(layout.H_FRAMES) / layout.PAGE_SIZE;
  }

  /**
   * Memory hot-remove: moves what is in frames [first, first + count) elsewhere and takes them out of use. EBUSY where it cannot, EINVAL
   * where there are no such frames.
   */
  offline(first: number, count: number): void {
    const [from, to] = this.#frameRange('offline', first, count);
    const status = this.engine.call.offline(from, to);
    if (status === layout.EINVAL) throw this.#noFrame('offline', first + count - 1);
    if (status === 0) return;
    throw new KsmError(
      'EBUSY',
      `offline: frames ${first} to ${first + count - 1} hold something that cannot be moved.`,
    );
  }

  /** Brings frames back that went offline. EINVAL where there are no such frames. */
  online(first: number, count: number): void {
    const [from, to] = this.#frameRange('online', first, count);
    if (this.engine.call.onlineFrames(from, to) !== 0) throw this.#noFrame('online', first + count - 1);
  }

  #frameAddress(call: string, frame: number): number {
    if (isU32(frame) && frame < 2 ** 32 / layout.PAGE_SIZE) return frame * layout.PAGE_SIZE;
    throw this.#noFrame(call, frame);
  }

  /** Indices, counted from the first frame, of the frames from number `first` on. */
  #frameRange(call: string, first: number, count: number): readonly [number, number] {
    const index = isU32(first) ? first - this.firstFrame : -1;
    if (index < 0) throw this.#noFrame(call, first);
    const end = index + wholeNumber(1, 2 ** 32)(`${call}: how many frames`, count);
    if (end < 2 ** 32) return [index, end];
    throw this.#noFrame(call, first + count - 1);
  }

  #noFrame(call: string, frame: unknown): KsmError {
    const { firstFrame } = this;
    return invalid(
      `${call}: the frame`,
      frame,
      `a number from ${firstFrame + 1} to ${firstFrame + this.limits.frames}`,
    );
  }

  #node(node: number): number {
    const nodes = this.engine.u32(layout.H_NID_COUNT);
    if (Number.isInteger(node) && node >= 0 && node < nodes) return node;
    throw invalid('The NUMA node', node, `one of the ${nodes} of this host, counted from 0`);
  }

  /** Does the scanner read pages again that were not written since it hashed them? See HostOptions. May change at any time. */
  get dirtyTracking(): DirtyTracking {
    return DIRTY_TRACKING[this.engine.u32(layout.H_DIRTY_TRACKING)] ?? 'off';
  }

  set dirtyTracking(mode: DirtyTracking) {
    this.engine.setU32(layout.H_DIRTY_TRACKING, DIRTY_TRACKING.indexOf(TRACKING('dirtyTracking', mode)));
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

  /** Aborts when the machine is left or disposed of: every ksmd over it ends. */
  get disposed(): AbortSignal {
    return this.#disposed.signal;
  }

  /** Ends what was started over this machine. Every later call of it throws EBADF. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#disposed.abort();
  }

  /** Recomputes everything that can be recomputed and compares. Throws ECORRUPT naming the broken rule. Slow: for tests. */
  check(): void {
    this.engine.exclusively(() => checkInvariants(this.engine));
  }
}

const HANDLE = 'what "handle" of a process gives: { id, mm }';

function isU32(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32;
}
