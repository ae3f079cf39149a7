/** Hosts to and from snapshots. */
import { Engine } from '../engine/index.ts';
import { loadModule } from '../load.ts';
import { type Clock, HOST_OPTIONS, type HostOptions, Machine, randomSeed } from '../machine/index.ts';
import type { ThreadOptions } from '../port.ts';
import {
  expectMachine,
  expectMacKey,
  expectPath,
  giveKey,
  type MacKey,
  readSnapshot,
  recoverMachine,
  resumedClock,
  type SnapshotOptions,
  type SnapshotSource,
  takeSnapshot,
  writeWhole,
} from '../snapshot/index.ts';
import { startScanners, threadsOf } from '../threads/index.ts';
import { anything, type Checks, flag, optionsOf } from '../validate.ts';
import { expectKind } from './create.ts';
import { Host, machineOf } from './host.ts';

/**
 * A snapshot of `host` as it is at the moment of this call, as pieces of bytes, each to be read once. What guests in
 * other threads write during the copy is in it or not, page by page. ENOMEM if there is no room for the copy; EBUSY if another
 * thread is just starting a process, or scanning under dirty tracking; EAGAIN if one keeps the lock; EINVAL names a wrong option.
 */
export function snapshotOf(
  host: Host,
  options: SnapshotOptions = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  return takeSnapshot('snapshotOf', machineOf(host, 'snapshotOf'), options);
}

/**
 * Writes a snapshot of `host`, as it is at the moment of this call, to a file that only its owner may read. A file
 * that is there is replaced in one step at the end; if anything fails before, it stays what it is. Throws the file
 * system's errno, and what snapshotOf throws.
 */
export async function saveSnapshot(host: Host, path: string, options: SnapshotOptions = {}): Promise<void> {
  const target = expectPath('saveSnapshot', path);
  await writeWhole(target, takeSnapshot('saveSnapshot', machineOf(host, 'saveSnapshot'), options));
}

/** What a snapshot does not have, because it is of this program and not of the machine. See HostOptions. */
export interface RestoreOptions extends ThreadOptions, Pick<HostOptions, 'scanners' | 'wasm' | 'debug'> {
  /** The memory is what a thread or process that died left behind: rebuild what can be rebuilt (Host.recover). Default false. */
  readonly recover?: boolean;
  /** The key with which the snapshot was saved (SnapshotOptions). Without one, snapshots that have MACs are refused. */
  readonly macKey?: MacKey;
  /** Key of the keyed hash, 64 bits, for a snapshot that was saved with `key: false`. Random unless given. */
  readonly seed?: number | bigint;
  /** Must go on from where the old one stood. Default: the system's, set to the last time that the machine has seen. */
  readonly clock?: Clock;
}

const { scanners, seed, wasm, debug, clock, workerUrl, onWarning } = HOST_OPTIONS;
const RESTORE_OPTIONS: Checks<RestoreOptions> = {
  ...{ scanners, seed, wasm, debug, clock, workerUrl, onWarning },
  recover: flag,
  macKey: anything,
};

/**
 * The host of a snapshot, as it was: the same processes under the same ids, the same frames, counters and settings, and the
 * next batch does what it would have done there. EFORMAT if `source` is not a whole and unaltered snapshot that this
 * version can read; ENOMEM if there is no room for its memory; the file system's errno if a file cannot be read.
 */
export async function restoreHost(source: SnapshotSource, options: RestoreOptions = {}): Promise<Host> {
  const checked = optionsOf('restoreHost', options, RESTORE_OPTIONS);
  const threads = threadsOf(checked);
  const mac = checked.macKey === undefined ? undefined : expectMacKey(checked.macKey, 'verify');
  const given = checked.wasm === undefined ? undefined : await loadModule(checked.wasm);
  const { memory, books, areNames } = await readSnapshot(source, mac);
  const engine = new Engine(given ?? (await loadModule(undefined, checked.debug, areNames)), memory);
  expectKind(engine, areNames, 'the snapshot has');
  if (checked.recover) await recoverMachine(engine);
  await expectMachine(engine, books);
  giveKey(engine, checked.seed !== undefined, BigInt(checked.seed ?? randomSeed()));
  const machine = new Machine(engine, checked.clock ?? resumedClock(engine), books);
  return new Host(machine, threads, await startScanners(engine, checked.scanners ?? 1, threads));
}
