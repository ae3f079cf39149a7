/** Threads as those above see them. */
export { ALONE, type Scanners, scannersOf, startScanners } from './pool.ts';
export { platformPort, type WorkerInit, type WorkerPort } from './port.ts';
