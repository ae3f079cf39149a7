/**
 * ksm-wasm: Linux's kernel same-page merging as an embeddable engine.
 *
 *     const host = await createHost({ memory: '512M' });
 *     const guest = host.spawn();
 *     const base = guest.mmap(null, 1 << 20);
 *     guest.madvise(base, 1 << 20, 'MERGEABLE');
 *     guest.write(base, bytes);
 *     host.ksm.settings.run = 1;
 *     host.ksm.scan(256);
 *     host.ksm.counters().pages_sharing;
 */
export {
  type Contents,
  type ContentsOptions,
  type ContentsUsage,
  createContents,
  type PageNamer,
} from './contents/index.ts';
export { ERRNO, type ErrnoName, type ErrorCode, errnoName, KsmError } from './errors.ts';
export {
  type AttachOptions,
  attachHost,
  createHost,
  type Host,
  type RestoreOptions,
  restoreHost,
  saveSnapshot,
  snapshotOf,
} from './host/index.ts';
export type {
  Counters,
  Ksm,
  KsmdOptions,
  OwnCounters,
  Sample,
  ScanOptions,
  ScanResult,
  Settings,
  SharedFrame,
  SharedPage,
} from './ksm/index.ts';
export type { Ksmd, KsmdStart } from './ksmd/index.ts';
export type {
  AddressSpace,
  Advice,
  Clock,
  Cures,
  DirtyTracking,
  DomainId,
  DomainOptions,
  HostOptions,
  KsmStat,
  Limits,
  MapOptions,
  Pin,
  PinMode,
  ProcessHandle,
  Protection,
  SharedHost,
  SpawnOptions,
  Usage,
} from './machine/index.ts';
export { PR_GET_MEMORY_MERGE, PR_SET_MEMORY_MERGE } from './machine/index.ts';
export type { FrameId } from './memory/index.ts';
export { createNamer, type Namer, type NamerOptions } from './names/index.ts';
/** @deprecated The public words are in `ksm-wasm/layout`; here are all of them, as in version 0.1. */
export * as layout from './old-layout.ts';
export type { ThreadOptions, Warning } from './port.ts';
export type { MacKey, SnapshotOptions, SnapshotSource } from './snapshot/index.ts';
