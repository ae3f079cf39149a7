/** The entry points: a machine with KSM, new or from a snapshot. */
import { Engine, expectLayout } from './engine/index.ts';
import {
  type Books,
  type Clock,
  createEngine,
  HOST_OPTIONS,
  type HostOptions,
  hasLeft,
  leaveAtExit,
  Machine,
  randomSeed,
  type SharedHost,
} from './host/index.ts';
import { Ksm } from './ksm/index.ts';
import { Ksmd } from './ksmd/index.ts';
import { loadModule } from './load.ts';
import type { ThreadOptions } from './port.ts';
import {
  expectMachine,
  expectMacKey,
  giveKey,
  type MacKey,
  readSnapshot,
  recoverMachine,
  resumedClock,
  type SnapshotSource,
} from './snapshot/index.ts';
import { ALONE, type Scanners, startScanners, type Threads, threadsOf } from './threads/index.ts';
import { anything, type Checks, flag, invalid, optionsOf, wholeNumber } from './validate.ts';

/** A physical memory, the processes in it, and the KSM that scans it. */
export class Host extends Machine {
  /** /sys/kernel/mm/ksm, and ksmd in this thread. */
  readonly ksm: Ksm = new Ksm(this);
  /** ksmd in a thread of its own. */
  readonly ksmd: Ksmd;
  /** The threads that scan. `running` is fewer than were asked for where threads cannot be started; `reason` says why. */
  readonly scanners: Scanners;

  #ended: Promise<unknown> = Promise.resolve();

  constructor(
    engine: Engine,
    clock: Clock,
    threads: Threads = threadsOf({}),
    scanners: Scanners = ALONE,
    books?: Books,
  ) {
    super(engine, clock, books);
    this.ksmd = new Ksmd(this, threads);
    this.scanners = scanners;
    this.disposed.addEventListener('abort', () => this.#end(engine));
  }

  /** Leaves at once where no thread was started that this one has to see to its end. */
  #end(engine: Engine): void {
    const leave = (): void => {
      engine.leave();
      hasLeft(engine);
    };
    if (this.ksmd.isIdle && this.scanners.running === 1) leave();
    else this.#ended = Promise.all([this.ksmd.stop(), this.scanners.stop()]).finally(leave);
  }

  /**
   * This thread takes part no more, and what it has started ends: its number is free, and every later call of this host throws EBADF.
   * Others go on. The same as `host[Symbol.dispose]()`.
   */
  leave(): void {
    this[Symbol.dispose]();
  }

  /** The same, and waits until ksmd and helpers have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
    await this.#ended;
  }

  /** See Machine. EBUSY where `worker` is the ksmd that this host has started, and it lives. */
  override recover(worker: number = 0): void {
    this.ksmd.expectNot(worker);
    super.recover(worker);
  }
}

/** Makes a host. EINVAL names a wrong option; ENOMEM says what the memory is too small for. */
export async function createHost(options: HostOptions = {}): Promise<Host> {
  const checked = optionsOf('createHost', options, HOST_OPTIONS);
  const threads = threadsOf(checked);
  const { engine, clock } = createEngine(checked, await loadModule(checked.wasm, checked.debug));
  return new Host(engine, clock, threads, await startScanners(engine, checked.scanners ?? 1, threads));
}

/** What a snapshot does not have, because it is of this program and not of the machine. See HostOptions. */
export interface RestoreOptions extends ThreadOptions, Pick<HostOptions, 'scanners' | 'wasm' | 'debug'> {
  /** The memory is what a thread or process that died left behind: rebuild what can be rebuilt (Machine.recover). Default false. */
  readonly recover?: boolean;
  /** The key with which the snapshot was saved (SnapshotOptions). Without one, snapshots that have MACs are refused. */
  readonly macKey?: MacKey;
  /** Key of the keyed hash, 64 bits, for a snapshot that was saved with `key: false`. Random unless given. */
  readonly seed?: number | bigint;
  /** Must go on from where the old one stood. Default: the system's, set to the last time that the machine has seen. */
  readonly clock?: Clock;
}

/**
 * The host of a snapshot, as it was: the same processes under the same ids, the same frames, counters and settings, and the
 * next batch does what it would have done there. EFORMAT where `source` is not a whole and unaltered snapshot that this
 * version can read; ENOMEM where there is no room for its memory; the file system's errno where a file cannot be read.
 */
export async function restoreHost(source: SnapshotSource, options: RestoreOptions = {}): Promise<Host> {
  const checked = optionsOf('restoreHost', options, RESTORE_OPTIONS);
  const threads = threadsOf(checked);
  const mac = checked.macKey === undefined ? undefined : expectMacKey(checked.macKey, 'verify');
  const module = await loadModule(checked.wasm, checked.debug);
  const { memory, books } = await readSnapshot(source, mac);
  const engine = new Engine(module, memory);
  if (checked.recover) recoverMachine(engine);
  expectMachine(engine, books);
  giveKey(engine, checked.seed !== undefined, BigInt(checked.seed ?? randomSeed()));
  const clock = checked.clock ?? resumedClock(engine);
  return new Host(engine, clock, threads, await startScanners(engine, checked.scanners ?? 1, threads), books);
}

const { scanners, seed, wasm, debug, clock, workerUrl, onWarning } = HOST_OPTIONS;
const RESTORE_OPTIONS: Checks<RestoreOptions> = {
  ...{ scanners, seed, wasm, debug, clock, workerUrl, onWarning },
  recover: flag,
  macKey: anything,
};

/** What a thread may say of its own part in a host. See HostOptions. */
export interface AttachOptions extends ThreadOptions, Pick<HostOptions, 'clock'> {
  /** The number that another thread has kept for this one (Machine.reserveWorker). Default: the next that is free. */
  readonly worker?: number;
}

const ATTACH_OPTIONS: Checks<AttachOptions> = { clock, workerUrl, onWarning, worker: wholeNumber(1, 2 ** 31 - 1) };

/**
 * A host of another thread, for this one: the same memory, processes and KSM (`share` over there). Its processes come by
 * their handles (`process`). EINVAL where `shared` is not what `share` returned, EFORMAT where its memory is not that of a host; EAGAIN where
 * all numbers of threads are taken; ESRCH or EBUSY where `worker` is not reserved, or another thread has it.
 */
export function attachHost(shared: SharedHost, options: AttachOptions = {}): Host {
  const checked = optionsOf('attachHost', options, ATTACH_OPTIONS);
  const threads = threadsOf(checked);
  const { module, memory } = partsOf(shared);
  const engine = new Engine(module, memory);
  expectLayout(engine);
  const host = new Host(engine, checked.clock ?? resumedClock(engine), threads);
  engine.join(false, checked.worker); // last: a number that was taken is kept
  leaveAtExit(engine);
  return host;
}

function partsOf(shared: unknown): SharedHost {
  const { module, memory } = Object(shared) as Partial<SharedHost>;
  if (module instanceof WebAssembly.Module && memory instanceof WebAssembly.Memory) return { module, memory };
  throw invalid(
    'attachHost: what is to be shared',
    shared,
    'what host.share() returned in the thread that has the host',
  );
}
