/** What the scanner's thread and the one that writes to /sys/kernel/mm/ksm do. */
import { errnoOf, layout } from '../../../src/engine/index.ts';
import { Failure } from './failure.ts';
import type { Guests } from './guest.ts';
import type { Operation } from './plan.ts';
import { locked, type Steps, type Thread } from './thread.ts';
import { DOMAINS, type World } from './world.ts';

const SHARING: readonly number[] = [2, 3, 256];
/** More than a window: then helpers take part. */
const LONG: number = layout.WINDOW_PAGES + 1;
/** Frames that go out of use at once. */
const BLOCK = 12;

function scan(world: World, { what, a, b }: Operation): void {
  const pages = what === 'scan' ? 1 + (a % 40) : LONG + (a % 1000);
  if (world.word(layout.H_RUN) === 1) world.call.scanBatch(pages, b % 5000);
}

/** Number of a frame, often of one that is in use. */
function frameOf(world: World, { a, c }: Operation): number {
  const numbers = Array.from({ length: world.word(layout.H_FRAME_LIMIT) - 1 }, (_, index) => 1 + index);
  const used = numbers.filter((number) => isUsed(world.word(world.word(layout.H_FRAME_WORDS) + number * 4)));
  const among = c % 2 === 0 || used.length === 0 ? numbers : used;
  return among[a % among.length] as number;
}

function isUsed(word: number): boolean {
  return word !== 0 && (word & (layout.FRAME_KEPT | layout.FRAME_FREE)) !== layout.FRAME_FREE;
}

function migrate(world: World, operation: Operation): void {
  world.call.migrateFrame(frameOf(world, operation), operation.b % world.word(layout.H_NID_COUNT));
}

const ACTS: Record<string, (world: World, operation: Operation) => void> = {
  scan,
  scanLong: scan,
  migrate,
  run: (world, { a }) => void world.call.runWrite([1, 1, 1, 0, 2][a % 5] as number),
  sharing: (world, { a }) => {
    world.call.quietSettingWrite(layout.H_MAX_PAGE_SHARING, SHARING[a % SHARING.length] as number);
  },
  across: (world, { a }) => void world.call.quietSettingWrite(layout.H_MERGE_ACROSS_NODES, a % 2),
  zero: (world, { a }) => world.set(layout.H_USE_ZERO_PAGES, a % 2),
  smart: (world, { a }) => world.set(layout.H_SMART_SCAN, a % 2),
  domainMake: (world, { a, b }) => {
    const isHash = world.word(layout.H_INDEX) === layout.INDEX_HASH;
    world.call.domainMake(isHash ? 1 << (a % 4) : 1, isHash ? b : 0);
  },
  domainDrop: (world, { a }) => void world.call.domainDrop(1 + (a % (DOMAINS - 1))),
  dirty: (world, { a }) => world.set(layout.H_DIRTY_TRACKING, a % 3),
};

/** Numbers of a block of frames. */
function blockOf(world: World, operation: Operation): number[] {
  const first = frameOf(world, operation);
  const count = Math.min(1 + (operation.b % BLOCK), world.word(layout.H_FRAME_LIMIT) - first);
  return Array.from({ length: count }, (_, index) => first + index);
}

/** Hot-remove, which fails where something cannot be moved: then the whole block is in use, whatever it was before. */
function* offline({ world, offline }: Guests, thread: Thread, operation: Operation): Steps {
  const pages = blockOf(world, operation);
  const first = pages[0] as number;
  const attempt = (): void => {
    const errno = errnoOf(world.call.offline(first, first + pages.length));
    if (errno !== 0 && errno !== layout.EBUSY) throw new Failure(`offline says ${errno}`);
    for (const index of pages) {
      if (errno === 0) offline.add(index);
      else offline.delete(index);
    }
  };
  yield* locked(world, thread, attempt, { what: 'frames', process: undefined, pages });
}

function* online({ world, offline }: Guests, thread: Thread, operation: Operation): Steps {
  const pages = blockOf(world, operation);
  const first = pages[0] as number;
  const attempt = (): void => {
    world.call.onlineFrames(first, first + pages.length);
    for (const index of pages) offline.delete(index);
  };
  yield* locked(world, thread, attempt, { what: 'frames', process: undefined, pages });
}

export function* settingsSteps(guests: Guests, thread: Thread, operation: Operation): Steps {
  const { world } = guests;
  const act = ACTS[operation.what];
  if (operation.what === 'offline') yield* offline(guests, thread, operation);
  else if (operation.what === 'online') yield* online(guests, thread, operation);
  else if (act !== undefined) yield* locked(world, thread, () => act(world, operation));
}
