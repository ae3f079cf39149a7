/** The machine as its users above see it. */
export { AddressSpace } from './address-space.ts';
export { hasLeft, leaveAtExit } from './at-exit.ts';
export {
  type Advice,
  type KsmStat,
  type MapOptions,
  type Pin,
  type PinMode,
  PR_GET_MEMORY_MERGE,
  PR_SET_MEMORY_MERGE,
  type Protection,
  RMAP_ITEM_COST,
} from './calls.ts';
export { type Clock, clockOf, cpuOf, nowOf, systemClock } from './clock.ts';
export { type DomainId, type DomainOptions, dropDomain, makeDomain } from './domains.ts';
export { expectFrame, migrate, offline, online } from './frames.ts';
export { Machine } from './machine.ts';
export { MergedFrames, NOT_MERGED } from './merged.ts';
export {
  type Cures,
  DIRTY_TRACKING,
  type DirtyTracking,
  geometryOf,
  HOST_OPTIONS,
  type HostOptions,
  randomSeed,
  SCANNERS_MAX,
  seedOf,
} from './options.ts';
export { NO_FRAME, PageWalk } from './page-tables.ts';
export { eachPage, expectRange, pageAt } from './range.ts';
export { share } from './share.ts';
export type { Books, Limits, ProcessHandle, SharedHost, SpawnOptions, Usage } from './types.ts';
export { limitsOf, usageOf } from './usage.ts';
