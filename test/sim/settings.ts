/** What the scanner's thread and the one that writes to /sys/kernel/mm/ksm do. */
import { layout } from '../../src/engine/index.ts';
import type { Operation } from './plan.ts';
import { locked, type Steps, type Thread } from './thread.ts';
import type { World } from './world.ts';

const SHARING: readonly number[] = [2, 3, 256];

function scan(world: World, { a, b }: Operation): void {
  if (world.word(layout.H_RUN) === 1) world.call.scanBatch(1 + (a % 40), b % 5000);
}

function migrate(world: World, { a, b }: Operation): void {
  const index = 1 + (a % (world.word(layout.H_FRAME_LIMIT) - 1));
  const frame = world.word(layout.H_FRAMES) + index * layout.PAGE_SIZE;
  world.call.migrateFrame(frame, b % world.word(layout.H_NID_COUNT));
}

const ACTS: Record<string, (world: World, operation: Operation) => void> = {
  scan,
  migrate,
  run: (world, { a }) => void world.call.runWrite([1, 1, 1, 0, 2][a % 5] as number),
  sharing: (world, { a }) => {
    world.call.quietSettingWrite(layout.H_MAX_PAGE_SHARING, SHARING[a % SHARING.length] as number);
  },
  across: (world, { a }) => void world.call.quietSettingWrite(layout.H_MERGE_ACROSS_NODES, a % 2),
  zero: (world, { a }) => world.set(layout.H_USE_ZERO_PAGES, a % 2),
  smart: (world, { a }) => world.set(layout.H_SMART_SCAN, a % 2),
  dirty: (world, { a }) => world.set(layout.H_DIRTY_TRACKING, a % 3),
};

export function* settingsSteps(world: World, thread: Thread, operation: Operation): Steps {
  const act = ACTS[operation.what];
  if (act !== undefined) yield* locked(world, thread, () => act(world, operation));
}
