/**
 * The live kernel as a player of traces: the public face of this folder, and the only one that writes to the live
 * kernel's settings.
 */
export type { Machine } from './machine.ts';
export { type RecordOptions, recordTrace } from './recorder.ts';
