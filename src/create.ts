/** The entry points: a machine with KSM, new or from a snapshot. */
import { Engine, expectLayout } from './engine/index.ts';
import { KsmError } from './errors.ts';
import { type Books, type Clock, createEngine, type HostOptions, Machine, type SharedHost } from './host/index.ts';
import { Ksm } from './ksm/index.ts';
import { Ksmd } from './ksmd/index.ts';
import { loadModule } from './load.ts';
import type { ThreadOptions } from './port.ts';
import { expectMachine, readSnapshot, recoverMachine, resumedClock, type SnapshotSource } from './snapshot/index.ts';
import { ALONE, type Scanners, scannersOf, startScanners, type Threads, threadsOf } from './threads/index.ts';

/** A physical memory, the processes in it, and the KSM that scans it. */
export class Host extends Machine {
  /** /sys/kernel/mm/ksm, and ksmd in this thread. */
  readonly ksm: Ksm = new Ksm(this);
  /** ksmd in a thread of its own. */
  readonly ksmd: Ksmd;
  /** The threads that scan. `running` is fewer than were asked for where threads cannot be started; `reason` says why. */
  readonly scanners: Scanners;

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
    this.disposed.addEventListener('abort', () => {
      void this.ksmd.stop();
      void scanners.stop();
    });
  }
}

/** Makes a host. EINVAL names a wrong option; ENOMEM says what the memory is too small for. */
export async function createHost(options: HostOptions = {}): Promise<Host> {
  const wanted = scannersOf(options);
  const threads = threadsOf(options);
  const { engine, clock } = createEngine(options, await loadModule(options.wasm, options.debug));
  return new Host(engine, clock, threads, await startScanners(engine, wanted, threads));
}

/** What a snapshot does not have, because it is of this program and not of the machine. See HostOptions. */
export interface RestoreOptions extends ThreadOptions, Pick<HostOptions, 'scanners' | 'wasm' | 'debug'> {
  /** The memory is what a thread or process that died left behind: rebuild what can be rebuilt (Machine.recover). Default false. */
  readonly recover?: boolean;
  /** Must go on from where the old one stood. Default: the system's, set to the last time that the machine has seen. */
  readonly clock?: Clock;
}

/**
 * The host of a snapshot, as it was: the same processes under the same ids, the same frames, counters and settings, and the
 * next batch does what it would have done there. EFORMAT where `source` is not a whole and unaltered snapshot that this
 * version can read; ENOMEM where there is no room for its memory; the file system's errno where a file cannot be read.
 */
export async function restoreHost(source: SnapshotSource, options: RestoreOptions = {}): Promise<Host> {
  const wanted = scannersOf(options);
  const threads = threadsOf(options);
  const module = await loadModule(options.wasm, options.debug);
  const { memory, books } = await readSnapshot(source);
  const engine = new Engine(module, memory);
  if (options.recover) recoverMachine(engine);
  expectMachine(engine, books);
  const clock = options.clock ?? resumedClock(engine);
  return new Host(engine, clock, threads, await startScanners(engine, wanted, threads), books);
}

/** What a thread may say of its own part in a host. See HostOptions. */
export interface AttachOptions extends ThreadOptions, Pick<HostOptions, 'clock'> {}

/**
 * A host of another thread, for this one: the same memory, processes and KSM (`share` over there). Its processes come by
 * their handles (`process`). EINVAL where `shared` is not what `share` returned.
 */
export function attachHost(shared: SharedHost, options: AttachOptions = {}): Host {
  const threads = threadsOf(options);
  if (!(shared?.module instanceof WebAssembly.Module) || !(shared.memory instanceof WebAssembly.Memory)) {
    throw new KsmError('EINVAL', 'attachHost: expected what host.share() returned in the thread that has the host.');
  }
  const engine = new Engine(shared.module, shared.memory);
  expectLayout(engine);
  engine.join();
  return new Host(engine, options.clock ?? resumedClock(engine), threads);
}
