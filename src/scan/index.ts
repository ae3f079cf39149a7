/** Scanning as its users above see it: sources in, engines out that have scanned them. */
export type { Sample } from './collection.ts';
export { BASE_PAGE } from './engines.ts';
export type { FilmOptions, Recorder } from './filming.ts';
export type { Outcome } from './heavy.ts';
export { type JobOptions, type Scanned, scan } from './job.ts';
export type { Progressed } from './pass-clock.ts';
export type { Pass } from './passes.ts';
export type { Phase } from './phases.ts';
export type { Placed } from './placed.ts';
export { Watch } from './watch.ts';
