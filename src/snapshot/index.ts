/** Snapshots as those above see them. */
export { resumedClock } from './clock.ts';
export { saveSnapshot } from './file.ts';
export { expectMachine, readSnapshot, recoverMachine } from './read.ts';
export type { SnapshotSource } from './source.ts';
export { snapshotOf } from './write.ts';
