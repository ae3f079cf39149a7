/** Every export of the engine, and what it takes: numbers of 32 bits, half of them valid or nearly so. */
import { type EngineExports, layout, recordOf } from '../../../src/engine/index.ts';
import { AREA, isAlive, type World } from './world.ts';

type Arg = (world: World) => number;

/** What each call is made beside, where it could wait for ever: that is not what is tried here. */
interface Call {
  readonly takes: readonly Arg[];
  /** Done before the call with its arguments. */
  readonly before?: (world: World, args: readonly number[]) => void;
}

const EDGES = [0, 1, 2, 63, 64, 255, 511, 512, 4095, 4096, 4097, 65535, 65536, 2 ** 20, 2 ** 24, 2 ** 27 - 1, 2 ** 27];
const HIGH = [2 ** 30, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 4096, 2 ** 32 - 4096, 2 ** 32 - 4, 2 ** 32 - 1];

const any: Arg = (world) => (world.oneIn(3) ? world.dice.below(2 ** 32) : world.any([...EDGES, ...HIGH]));

function near(valid: Arg): Arg {
  return (world) => {
    if (world.oneIn(2)) return any(world);
    return (valid(world) + (world.oneIn(4) ? world.any([-1, 1, -64, 64, -4096, 4096]) : 0)) >>> 0;
  };
}

const word =
  (field: number): Arg =>
  (world) =>
    world.observer.u32(field);
const page = near((world) => world.dice.below(AREA + 4));
const pages = near((world) => world.dice.below(AREA));
const nid = near((world) => world.dice.below(2));
const small = near((world) => world.dice.below(8));
const frame = near((world) => world.dice.below(word(layout.H_FRAME_LIMIT)(world)));
/** Where frames lie. */
const place = near(
  (world) => word(layout.H_FRAMES)(world) + 4096 * world.dice.below(word(layout.H_FRAME_LIMIT)(world)),
);
/** One that is pinned, or was. */
const pinned: Arg = (world) => (world.pins.length === 0 || world.oneIn(3) ? frame(world) : world.any(world.pins).frame);
const index = near((world) => world.dice.below(word(layout.H_FRAME_LIMIT)(world) + 2));
/** One that is there, or was; or none. */
const worker: Arg = (world) => {
  const known = world.oneIn(3) ? world.workers : world.observer.workers;
  return known.length === 0 || world.oneIn(4) ? near(() => 64)(world) : world.any(known);
};
const pte = near((world) => word(layout.H_PTES)(world) + 4 * world.dice.below(4 * layout.TABLE_ENTRIES));
const pteWord: Arg = (world) => (world.oneIn(2) ? world.observer.u32(pte(world) & ~3) : any(world));

/** Two arguments that belong together: an mm and its id. Mostly those of a process that lives. */
const PROCESS: readonly Arg[] = [(world) => mmOf(world), (world) => idOf(world)];
let last = 0;

function mmOf(world: World): number {
  const live = world.spaces.filter(isAlive);
  const count = word(layout.H_MM_LIMIT)(world);
  if (live.length > 0 && !world.oneIn(4)) last = world.any(live).mm;
  else last = near(() => word(layout.H_MMS)(world) + layout.MM_BYTES * world.dice.below(count))(world);
  return last;
}

/** The id of the mm that was named last, mostly. */
function idOf(world: World): number {
  return world.oneIn(6) ? any(world) : world.observer.u32((last & ~3) + layout.MM_ID);
}

const setting: Arg = (world) =>
  world.oneIn(2) ? any(world) : world.any([layout.H_MAX_PAGE_SHARING, layout.H_MERGE_ACROSS_NODES]);

/** A thread that serves jobs ends with this, and else would not. */
function tellToEnd({ observer }: World, [number = 0]: readonly number[]): void {
  observer.setU32(recordOf(number) + layout.WORKER_END, number);
}

/** Somebody has the lock already: this worker, or another. Not where the call would wait for ever. */
function holdLock(world: World, [number = 0, looks = 1]: readonly number[]): void {
  if (looks !== 0 && world.oneIn(2)) world.observer.call.lockTry(world.oneIn(2) ? number : worker(world));
}

export const CALLS: { readonly [Name in keyof EngineExports & string]: Call } = {
  layOut: { takes: [any, any] },
  isProcess: { takes: PROCESS },
  spawn: { takes: [nid] },
  exec: { takes: PROCESS },
  fork: { takes: PROCESS },
  exit: { takes: PROCESS },
  mmap: { takes: [...PROCESS, page, pages, near((world) => world.dice.below(128))] },
  munmap: { takes: [...PROCESS, page, pages] },
  mprotect: { takes: [...PROCESS, page, pages, near((world) => world.dice.below(4))] },
  madvise: { takes: [...PROCESS, page, pages, near((world) => world.any([4, 12, 13]))] },
  mlock: { takes: [...PROCESS, page, pages] },
  munlock: { takes: [...PROCESS, page, pages] },
  pinPage: { takes: [...PROCESS, page, near((world) => world.dice.below(3))] },
  unpinFrame: { takes: [pinned, small] },
  pinsOf: { takes: [frame] },
  migrateFrame: { takes: [frame, nid] },
  offline: { takes: [index, index] },
  onlineFrames: { takes: [index, index] },
  mergeAnySet: { takes: [...PROCESS, small] },
  hasMergeable: { takes: PROCESS },
  vmaGap: { takes: [...PROCESS, pages] },
  readFault: { takes: [...PROCESS, page] },
  readPages: { takes: [place, small] },
  writeFault: { takes: [...PROCESS, page] },
  frameAt: { takes: [...PROCESS, page] },
  entryFind: { takes: [...PROCESS, page] },
  nextMappedPage: { takes: [...PROCESS, page, page] },
  domainMake: { takes: [(world) => 2 ** world.dice.below(8), any] },
  domainDrop: { takes: [small] },
  processDomainSet: { takes: [...PROCESS, small] },
  rangeDomainSet: { takes: [...PROCESS, page, pages, small] },
  rangeMerge: { takes: [...PROCESS, page, pages] },
  scanBatch: { takes: [near((world) => world.dice.below(80)), any] },
  serveJobs: { takes: [worker], before: tellToEnd },
  accessBegin: { takes: [worker, frame, pte, pteWord, small] },
  accessEnd: { takes: [worker] },
  accessWalk: { takes: [worker] },
  lockTake: { takes: [worker, (world) => world.dice.below(3)], before: holdLock },
  lockTry: { takes: [worker], before: holdLock },
  lockDrop: { takes: [worker], before: holdLock },
  workerAttach: { takes: [worker] },
  workerJoin: { takes: [] },
  workerLeave: { takes: [worker], before: holdLock },
  recover: { takes: [worker, worker, (world) => 1 + world.dice.below(3), (world) => world.dice.below(2)] },
  rekey: { takes: [any, any] },
  runWrite: { takes: [small] },
  quietSettingWrite: { takes: [setting, near((world) => world.dice.below(4))] },
  pageChecksum: { takes: [frame] },
  pageKind: { takes: [] },
};
