/** Threads as those above see them. */
export { type Scanners, startScanners } from './pool.ts';
