/** What an embedder has of a machine: its processes, its frames, its KSM, and the threads that use it. */
import { type Engine, layout } from '../engine/index.ts';
import { KsmError } from '../errors.ts';
import { Ksm } from '../ksm/index.ts';
import { Ksmd, KsmdThread } from '../ksmd/index.ts';
import {
  type AddressSpace,
  type Clock,
  DIRTY_TRACKING,
  type DirtyTracking,
  type DomainId,
  type DomainOptions,
  dropDomain,
  expectFrame,
  hasLeft,
  type Limits,
  limitsOf,
  type Machine,
  makeDomain,
  migrate,
  offline,
  online,
  type Pin,
  type ProcessHandle,
  type SharedHost,
  type SpawnOptions,
  share,
  type Usage,
  usageOf,
} from '../machine/index.ts';
import { type FrameId, ZERO_FRAME } from '../memory/index.ts';
import type { Scanners, Threads } from '../threads/index.ts';
import { invalid, oneOf, wholeNumber } from '../validate.ts';

const TRACKING = oneOf(...DIRTY_TRACKING);
const NUMBER = wholeNumber(0, 2 ** 32 - 1);

/** What is behind a host: for the parts of the driver that take a host, and for nobody else. */
const MACHINES: WeakMap<object, Machine> = new WeakMap();

/** EINVAL if `host`, which was given to `call`, is none. */
export function machineOf(host: Host, call: string = 'machineOf'): Machine {
  const machine = typeof host === 'object' && host !== null ? MACHINES.get(host) : undefined;
  if (machine !== undefined) return machine;
  throw invalid(`${call}: what is given as the host`, host, 'a host');
}

/** A physical memory, the processes in it, and the KSM that scans it. `createHost` makes one. */
export class Host {
  /** /sys/kernel/mm/ksm, and the scanner one batch at a time. */
  readonly ksm: Ksm;
  /** ksmd: in this thread, or in a thread of its own. */
  readonly ksmd: Ksmd;
  /** The threads that scan. `running` is fewer than were asked for where threads cannot be started; `reason` says why. */
  readonly scanners: Scanners;
  readonly #machine: Machine;
  readonly #thread: KsmdThread;
  #ended: Promise<unknown> = Promise.resolve();

  constructor(machine: Machine, threads: Threads, scanners: Scanners) {
    const { engine } = machine;
    MACHINES.set(this, machine);
    this.#machine = machine;
    this.#thread = new KsmdThread(machine, threads);
    this.ksm = new Ksm(machine);
    this.ksmd = new Ksmd(machine, this.#thread);
    this.scanners = scanners;
    machine.closed.addEventListener('abort', () => this.#end(engine));
  }

  /** Where the host's time comes from. */
  get clock(): Clock {
    return this.#machine.clock;
  }

  /** The memory that holds everything (docs/embedding.md says what of it is public). It never grows. */
  get memory(): WebAssembly.Memory {
    return this.#machine.engine.object;
  }

  /** The live processes that this thread knows, in the order in which they were started. */
  get processes(): readonly AddressSpace[] {
    return this.#machine.processes.live;
  }

  /** What names the live processes, also those that other threads have started, in the order in which they were started. */
  handles(): ProcessHandle[] {
    return this.#machine.processes.handles();
  }

  /** Starts an empty process. It prefers frames of NUMA node `node`. ENOMEM if the limit is reached. */
  spawn(options: SpawnOptions = {}): AddressSpace {
    return this.#machine.processes.spawn(options);
  }

  /**
   * The process that another thread's handle means, for this thread. Only one thread at a time may use a process. EINVAL where
   * `handle` is none, ESRCH if its process has ended, or goes on in another mm after exec.
   */
  process(handle: ProcessHandle): AddressSpace {
    return this.#machine.processes.process(handle);
  }

  /** The frame with that number: 0 is the zero frame, then come `limits.frames` others. EINVAL if there is none. */
  frame(number: number): FrameId {
    return expectFrame(this.#machine.engine, 'frame', number);
  }

  /** Address of the content of `frame` in `memory`: 4096 bytes. EINVAL if there is no such frame. */
  addressOf(frame: FrameId): number {
    const { engine } = this.#machine;
    return engine.frames.placeOf(expectFrame(engine, 'addressOf', frame));
  }

  /** @deprecated What was public of it in version 0.1 is `memory`, `layout`, `worker`, `record` and `leave()`. */
  get engine(): Engine {
    return this.#machine.engine;
  }

  /** @deprecated Frames are counted from the zero frame now: this is 0. */
  get firstFrame(): FrameId {
    return ZERO_FRAME;
  }

  /**
   * The handle of a pin that is held on `frame`, for those who restored a snapshot: pins are part of the memory, their
   * handles are not. One handle for each pin: EINVAL if there is none that this host has not given out.
   */
  adoptPin(frame: FrameId): Pin {
    return this.#machine.pins.adopt(frame);
  }

  /**
   * Moves what is in a frame to a frame of NUMA node `node`; nobody notices but the page tables. Returns the frame where it is now.
   * EAGAIN if something besides page tables refers to the frame, ENOMEM if no frame is free, EINVAL if there is no such frame.
   */
  migrate(frame: FrameId, node: number): FrameId {
    return migrate(this.#machine.engine, frame, node);
  }

  /**
   * Memory hot-remove: moves what is in the `count` frames from `first` on elsewhere and takes them out of use. EBUSY if it cannot,
   * EINVAL if there are no such frames.
   */
  offline(first: FrameId, count: number): void {
    offline(this.#machine.engine, first, count);
  }

  /** Brings frames back that went offline. EINVAL if there are no such frames. */
  online(first: FrameId, count: number): void {
    online(this.#machine.engine, first, count);
  }

  /**
   * A domain: what is of it (`AddressSpace.setDomain`) is merged only with what is of it, too. ENOMEM if there are as many as option
   * `domains` has made room for, or if their trees are too large together.
   */
  makeDomain(options?: DomainOptions): DomainId {
    return makeDomain(this.#machine.engine, options);
  }

  /** Ends a domain that no process and no mapping is of. EBUSY if there is one, EINVAL if there is no such domain, or it is domain 0. */
  dropDomain(domain: DomainId): void {
    dropDomain(this.#machine.engine, domain);
  }

  /** How much there is of everything. */
  get limits(): Limits {
    return limitsOf(this.#machine.engine);
  }

  /** How much of everything is in use. */
  usage(): Usage {
    return usageOf(this.#machine.engine);
  }

  /** KSM's counters in /proc/vmstat. */
  vmstat(): { ksm_swpin_copy: number; cow_ksm: number } {
    const { engine } = this.#machine;
    return { ksm_swpin_copy: engine.u64(layout.H_KSM_SWPIN_COPY), cow_ksm: engine.u64(layout.H_COW_KSM) };
  }

  /** Does the scanner read pages again that were not written since it hashed them? See HostOptions. May change at any time. */
  get dirtyTracking(): DirtyTracking {
    return DIRTY_TRACKING[this.#machine.engine.u32(layout.H_DIRTY_TRACKING)] ?? 'off';
  }

  set dirtyTracking(mode: DirtyTracking) {
    this.#machine.engine.setU32(layout.H_DIRTY_TRACKING, DIRTY_TRACKING.indexOf(TRACKING('dirtyTracking', mode)));
  }

  /**
   * What another thread needs to take part (attachHost), fit for postMessage. From the first call on every thread takes the
   * lock for its calls, and reads and writes as docs/protocol.md says.
   */
  share(): SharedHost {
    return share(this.#machine.engine);
  }

  /** This thread's number among those that share the host; 0 while nobody else does. No other thread ever has the same. */
  get worker(): number {
    return this.#machine.engine.worker;
  }

  /** Numbers of all threads that share the host, ascending: helpers of the scanner and ksmd too, and those kept by reserveWorker. */
  workers(): readonly number[] {
    return this.#machine.engine.workers;
  }

  /**
   * A number for a thread that is about to attach (attachHost, option `worker`), so that it is known before that thread can die.
   * EAGAIN if all are taken. `recover` gives it back if the thread did not come to attaching.
   */
  reserveWorker(): number {
    this.share();
    return this.#machine.engine.reserveWorker();
  }

  /**
   * Address of this thread's record in the memory, where it announces its accesses
   * (docs/embedding.md). EINVAL while the host is not shared.
   */
  get record(): number {
    const { engine } = this.#machine;
    if (engine.worker !== 0) return engine.record;
    throw new KsmError(
      'EINVAL',
      'record: this host is not shared, so no access is announced; call host.share() first.',
    );
  }

  /**
   * A thread that took part has died, at whatever instruction: rebuilds all that can be rebuilt from page tables and frames, and
   * goes on. Nothing that a guest wrote is lost; a process that the dead thread was just making or ending is gone. `worker`: its
   * number (`host.worker` over there, or what reserveWorker gave). 0 if there is no other thread: the memory comes from a process that
   * died. ESRCH if no other thread has that number, EINVAL if it is this one's own, or 0 and there are others. EAGAIN if another
   * thread keeps the lock for seconds: if it has died, too, recover from that first. EBUSY if it is the ksmd that this host has
   * started, and that lives.
   *
   * A thread that lives and is named by mistake comes to no harm and does none, as long as its access or call at hand ends within
   * tenths of a second; all its later calls fail with ESRCH.
   */
  recover(worker: number = 0): void {
    this.#thread.expectNot(worker);
    this.#machine.expectOpen();
    this.#machine.recover(NUMBER('recover: the number of a thread', worker), false);
  }

  /**
   * Recomputes everything that can be recomputed and compares, at one moment after this call. Rejects with ECORRUPT, naming the
   * broken rule. Slow: for tests.
   */
  async check(): Promise<void> {
    const { checkInvariants } = await import('../engine/invariants.ts'); // on demand: it is a third of the driver
    const { engine } = this.#machine;
    engine.exclusively(() => checkInvariants(engine));
  }

  /**
   * This thread takes part no more, and what it has started ends: its number is free, and every later call of this host throws EBADF.
   * Others go on. The same as `host[Symbol.dispose]()`.
   */
  leave(): void {
    this.#machine.close();
  }

  [Symbol.dispose](): void {
    this.leave();
  }

  /** The same, and waits until ksmd and helpers have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.leave();
    await this.#ended;
  }

  /** Leaves at once where no thread was started that this one has to see to its end. */
  #end(engine: Machine['engine']): void {
    const leave = (): void => {
      engine.leave();
      hasLeft(engine);
    };
    if (this.#thread.life === undefined && this.scanners.running === 1) leave();
    else this.#ended = Promise.all([this.#thread.stop(), this.scanners.stop()]).finally(leave);
  }
}
