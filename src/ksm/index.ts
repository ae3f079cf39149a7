/** KSM as its users above see it. */
export { COUNTERS, type Counters } from './counters.ts';
export { Ksm, type KsmdOptions, type Sample, type ScanOptions, type ScanResult } from './ksm.ts';
export { SETTINGS, type Settings } from './settings.ts';
export type { SharedFrame, SharedPage } from './shared.ts';
