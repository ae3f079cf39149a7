/** The entry points: a machine with KSM, new or from a snapshot. */
import { Engine, expectLayout, loadModule } from './engine/index.ts';
import { KsmError } from './errors.ts';
import {
  type Books,
  type Clock,
  createEngine,
  type HostOptions,
  Machine,
  type SharedHost,
  seedOf,
} from './host/index.ts';
import { Ksm } from './ksm/index.ts';
import { Ksmd } from './ksmd/index.ts';
import {
  expectMachine,
  expectMacKey,
  expectOptions,
  giveKey,
  type MacKey,
  readSnapshot,
  recoverMachine,
  resumedClock,
  type SnapshotSource,
} from './snapshot/index.ts';
import { ALONE, type Scanners, scannersOf, startScanners } from './threads/index.ts';

/** A physical memory, the processes in it, and the KSM that scans it. */
export class Host extends Machine {
  /** /sys/kernel/mm/ksm, and ksmd in this thread. */
  readonly ksm: Ksm = new Ksm(this);
  /** ksmd in a thread of its own. */
  readonly ksmd: Ksmd = new Ksmd(this);
  /** The threads that scan. `running` is fewer than were asked for where threads cannot be started; `reason` says why. */
  readonly scanners: Scanners;

  constructor(engine: Engine, clock: Clock, scanners: Scanners = ALONE, books?: Books) {
    super(engine, clock, books);
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
  const { engine, module, clock } = await createEngine(options);
  return new Host(engine, clock, await startScanners(engine, module, wanted));
}

/** What a snapshot does not have, because it is of this program and not of the machine. See HostOptions. */
export interface RestoreOptions extends Pick<HostOptions, 'scanners' | 'wasm' | 'debug'> {
  /** The memory is what a thread or process that died left behind: rebuild what can be rebuilt (Machine.recover). Default false. */
  readonly recover?: boolean;
  /** The key with which the snapshot was saved (SnapshotOptions). Without one, snapshots that have MACs are refused. */
  readonly macKey?: MacKey;
  /** Key of the keyed hash, 64 bits, for a snapshot that was saved with `key: false`. Random unless given. */
  readonly seed?: number | bigint;
  /** Must go on from where the old one stood. Default: the system's, set to the last time that the machine has seen. */
  readonly clock?: Clock;
}

const RESTORE_OPTIONS: Parameters<typeof expectOptions<RestoreOptions>>[2] = {
  scanners: ['number'],
  wasm: ['object'],
  debug: ['boolean'],
  recover: ['boolean'],
  macKey: ['object'],
  seed: ['number', 'bigint'],
  clock: ['object'],
};

/**
 * The host of a snapshot, as it was: the same processes under the same ids, the same frames, counters and settings, and the
 * next batch does what it would have done there. EFORMAT where `source` is not a whole and unaltered snapshot that this
 * version can read; ENOMEM where there is no room for its memory; the file system's errno where a file cannot be read.
 */
export async function restoreHost(source: SnapshotSource, options: RestoreOptions = {}): Promise<Host> {
  const { macKey, seed, ...own } = expectOptions(options, 'restoreHost', RESTORE_OPTIONS);
  const wanted = scannersOf(own);
  const mac = macKey === undefined ? undefined : expectMacKey(macKey, 'verify');
  const key = seedOf(seed);
  const module = await loadModule(own.wasm, own.debug);
  const { memory, books } = await readSnapshot(source, mac);
  const engine = new Engine(module, memory);
  if (own.recover) recoverMachine(engine);
  expectMachine(engine, books);
  giveKey(engine, seed !== undefined, key);
  const clock = own.clock ?? resumedClock(engine);
  return new Host(engine, clock, await startScanners(engine, module, wanted), books);
}

/**
 * A host of another thread, for this one: the same memory, processes and KSM (`share` over there). Its processes come by
 * their handles (`process`). EINVAL where `shared` is not what `share` returned.
 */
export function attachHost(shared: SharedHost, options: Pick<HostOptions, 'clock'> = {}): Host {
  if (!(shared?.module instanceof WebAssembly.Module) || !(shared.memory instanceof WebAssembly.Memory)) {
    throw new KsmError('EINVAL', 'attachHost: expected what host.share() returned in the thread that has the host.');
  }
  const engine = new Engine(shared.module, shared.memory);
  expectLayout(engine);
  engine.join();
  return new Host(engine, options.clock ?? resumedClock(engine));
}
