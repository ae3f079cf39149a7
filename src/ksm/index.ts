/** KSM as its users above see it. */
export { batch, hasWork, type Sample, type ScanResult, withOldName } from './batch.ts';
export { COUNTERS, type Counters } from './counters.ts';
export { Ksm, type ScanOptions } from './ksm.ts';
export { type KsmdOptions, ksmdLoop } from './loop.ts';
export { SETTINGS, type Settings } from './settings.ts';
export type { SharedFrame, SharedPage } from './shared.ts';
