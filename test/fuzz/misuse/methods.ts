/** Every method of the library's objects, and what it takes. */
import {
  attachHost,
  createHost,
  type Host,
  type Pin,
  restoreHost,
  saveSnapshot,
  snapshotOf,
} from '../../../src/index.ts';
import { SETTINGS } from '../../../src/ksm/index.ts';
import type { Kind } from './values.ts';
import * as kinds from './values.ts';
import type { World } from './world.ts';

type Space = ReturnType<Host['spawn']>;
type Objects = {
  readonly host: Host;
  readonly space: Space;
  readonly ksm: Host['ksm'];
  readonly ksmd: Host['ksmd'];
  readonly pin: Pin;
};
type Owner = keyof Objects | 'library';

/** `use` does with a result what its caller would. */
interface Method {
  readonly owner: Owner;
  readonly name: string;
  readonly takes: readonly Kind[];
  readonly use?: (world: World, result: unknown) => unknown;
}

const { address, bytes, count, few, flag, frame, handle, junk, length, node, number, options, start, word, worker } =
  kinds;

const map = options({
  shared: flag,
  prot: word('rw', 'r', 'none'),
  fixedNoReplace: flag,
  file: flag,
  hugepage: flag,
  special: flag,
});
const file = word(...SETTINGS, 'pages_shared', 'full_scans', 'general_profit', 'nothing');
const text = word('0', '1', '2', '256', '-1', '1\n', 'scan-time', 'none', '99999999999999999999');

function keep(world: World, result: unknown): void {
  world.spaces.push(result as Space);
}

function keepPin(world: World, result: unknown): void {
  world.pins.push(result as Pin);
}

const all = (_world: World, result: unknown): unknown => [...(result as Iterable<unknown>)];

const OF_SPACE: readonly [string, ...Kind[]][] = [
  ['mmap', (world) => (world.oneIn(5) ? null : start(world)), length, map],
  ['munmap', start, length],
  ['mprotect', start, length, word('rw', 'r', 'none')],
  ['madvise', start, length, word('MERGEABLE', 'UNMERGEABLE', 'DONTNEED')],
  ['mlock', start, few],
  ['munlock', start, length],
  ['prctl', word('67', '68'), number, number],
  ['write', address, bytes],
  ['read', address, few],
  ['touch', address, few],
  ['setName', address, number],
  ['setNames', address, bytes],
  ['getName', address],
  ['exec'],
  ['frameOf', address],
  ['unsharedPages'],
  ['ksmStat'],
];

/** Options of a loop that would have no end without an aborted signal. */
const aborted: Kind = (world) => {
  const given = options({ clock: junk })(world);
  if (given !== undefined && typeof given !== 'object') return given;
  return { ...(given ?? {}), signal: AbortSignal.abort() };
};

/** Options with which no thread is started: that takes long, and is tried elsewhere. */
const startNothing: Kind = (world) => {
  const given = options({ signal: junk, thread: junk })(world);
  return { ...(typeof given === 'object' ? given : {}), scanners: world.any([0, -1, 1.5, 65, Number.NaN, '2', null]) };
};

const PRCTL: Kind = (world) => (world.oneIn(2) ? world.any([67, 68]) : junk(world));

export const METHODS: readonly Method[] = [
  ...OF_SPACE.map(
    ([name, ...takes]): Method => ({ owner: 'space', name, takes: name === 'prctl' ? [PRCTL, number, number] : takes }),
  ),
  { owner: 'space', name: 'exit', takes: [] },
  { owner: 'space', name: 'fork', takes: [], use: keep },
  { owner: 'space', name: 'pin', takes: [address, word('get', 'read', 'write')], use: keepPin },
  { owner: 'space', name: 'resident', takes: [], use: all },
  { owner: 'pin', name: 'release', takes: [] },
  { owner: 'host', name: 'handles', takes: [] },
  { owner: 'host', name: 'spawn', takes: [options({ node })], use: keep },
  { owner: 'host', name: 'process', takes: [handle], use: keep },
  { owner: 'host', name: 'share', takes: [] },
  { owner: 'host', name: 'workers', takes: [] },
  { owner: 'host', name: 'reserveWorker', takes: [], use: (world, result) => world.workers.push(result as number) },
  { owner: 'host', name: 'recover', takes: [worker] },
  { owner: 'host', name: 'frame', takes: [frame] },
  { owner: 'host', name: 'addressOf', takes: [frame] },
  { owner: 'host', name: 'adoptPin', takes: [frame], use: keepPin },
  { owner: 'host', name: 'makeDomain', takes: [options({ pages: count, salt: number })] },
  { owner: 'host', name: 'dropDomain', takes: [node] },
  { owner: 'space', name: 'setDomain', takes: [node, address, length] },
  { owner: 'space', name: 'setDomain', takes: [node] },
  { owner: 'host', name: 'vmstat', takes: [] },
  { owner: 'host', name: 'migrate', takes: [frame, node] },
  { owner: 'host', name: 'offline', takes: [frame, count] },
  { owner: 'host', name: 'online', takes: [frame, count] },
  { owner: 'host', name: 'usage', takes: [] },
  { owner: 'host', name: 'check', takes: [] },
  { owner: 'host', name: 'leave', takes: [] },
  { owner: 'ksm', name: 'read', takes: [file] },
  { owner: 'ksm', name: 'write', takes: [file, text] },
  { owner: 'ksm', name: 'counters', takes: [] },
  { owner: 'ksm', name: 'ownCounters', takes: [] },
  { owner: 'ksm', name: 'shared', takes: [] },
  { owner: 'ksm', name: 'scan', takes: [count, options({ now: number, clock: junk })] },
  { owner: 'ksm', name: 'ksmd', takes: [aborted] },
  { owner: 'ksmd', name: 'run', takes: [aborted] },
  { owner: 'ksmd', name: 'start', takes: [startNothing] },
  { owner: 'ksmd', name: 'stop', takes: [] },
  { owner: 'ksmd', name: 'samples', takes: [] },
];

/** For one in so many calls: they take long. */
export const RARE: readonly (readonly [string, (world: World) => unknown])[] = [
  [
    'createHost',
    (world) =>
      createHost(
        options({
          memory: junk,
          pages: count,
          processes: count,
          vmas: count,
          nodes: node,
          index: word('hash', 'content'),
          checksum: junk,
          dirtyTracking: junk,
          cures: junk,
          seed: junk,
          wasm: junk,
          scanners: () => 1,
          clock: junk,
          workerUrl: junk,
          onWarning: junk,
        })(world) as object,
      ),
  ],
  [
    'attachHost',
    (world) =>
      attachHost(
        (world.oneIn(2) ? world.host.share() : junk(world)) as never,
        options({ worker, clock: junk })(world) as object,
      ),
  ],
  [
    'restoreHost',
    (world) =>
      restoreHost(
        world.any([junk, bytes])(world) as never,
        options({ recover: flag, macKey: junk, seed: junk })(world) as object,
      ),
  ],
  [
    'snapshotOf',
    async (world) => {
      for await (const piece of snapshotOf(
        (world.oneIn(2) ? world.host : junk(world)) as never,
        options({ key: flag, macKey: bytes })(world) as object,
      ))
        void piece;
    },
  ],
  [
    'saveSnapshot',
    (world) => saveSnapshot(junk(world) as never, '/nowhere/at/all', options({ key: flag })(world) as object),
  ],
];

/** Assignments to properties. */
export const PROPERTIES: readonly (readonly [string, (world: World) => void])[] = [
  [
    'settings',
    (world) => {
      const name = world.any([...SETTINGS, 'pagestoscan', 'pages_shared', 'constructor']);
      Object.assign(world.any(world.hosts).ksm.settings, { [name]: world.any([number, flag, text])(world) });
    },
  ],
  [
    'dirtyTracking',
    (world) => {
      world.any(world.hosts).dirtyTracking = word('off', 'on', 'advisory')(world) as 'off';
    },
  ],
];

/** Methods that are not called here, and why. */
export const PASSED_OVER: ReadonlyMap<string, string> = new Map([]);
