/** Snapshots as those above see them. */
export { resumedClock } from './clock.ts';
export { expectPath, writeWhole } from './file.ts';
export { giveKey } from './keyless.ts';
export { expectMacKey, type MacKey } from './mac.ts';
export { expectMachine, readSnapshot, recoverMachine } from './read.ts';
export type { SnapshotSource } from './source.ts';
export { type SnapshotOptions, takeSnapshot } from './write.ts';
