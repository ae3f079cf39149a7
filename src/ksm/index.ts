/** KSM as its users above see it. */
export { batch, hasWork, type Sample, type ScanResult, withOldName } from './batch.ts';
export { COUNTER_FILES, COUNTERS, type Counters, countersBy, type OwnCounters } from './counters.ts';
export { Ksm, type ScanOptions } from './ksm.ts';
export { type KsmdOptions, ksmdLoop } from './loop.ts';
export { SETTING_FILES, SETTINGS, type Settings } from './settings.ts';
export type { SharedFrame, SharedPage } from './shared.ts';
