/**
 * Where the pages of a scan come from: memory images, live processes, and processes made to be looked at.
 */

export { type Choice, chooseProcesses } from './choose.ts';
export { type Demo, startDemo } from './demo.ts';
export type { KsmNow, LiveFacts } from './live.ts';
export { openImage } from './open.ts';
export { type Look, Presence } from './present.ts';
export { listProcesses } from './proc.ts';
export { openProcess } from './process.ts';
export { type SourceData, sourceOf } from './shared.ts';
export {
  endOf,
  PAGE_BYTES,
  type PageChunk,
  type PageRange,
  type PageReader,
  type PageRun,
  type PageSource,
  type Reading,
  type ReadOptions,
} from './source.ts';
export { REASONS, type Reason, type Unseen } from './unseen.ts';
