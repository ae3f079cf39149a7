/** Threads as those above see them. */
export { type Threads, threadsOf } from './options.ts';
export { ALONE, type Scanners, startFailure, startScanners } from './pool.ts';
