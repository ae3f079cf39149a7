/** The host layer as its users above see it. */
export {
  AddressSpace,
  type Advice,
  type KsmStat,
  type MapOptions,
  type Pin,
  PR_GET_MEMORY_MERGE,
  PR_SET_MEMORY_MERGE,
  type Protection,
  RMAP_ITEM_COST,
} from './address-space.ts';
export { type Clock, systemClock } from './clock.ts';
export {
  type Books,
  createEngine,
  createMemory,
  type Limits,
  Machine,
  type ProcessHandle,
  type SharedHost,
  type Usage,
} from './machine.ts';
export type { Cures, DirtyTracking, HostOptions } from './options.ts';
