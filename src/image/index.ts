/**
 * Where the pages of a scan come from: memory images, live processes, and processes made to be looked at.
 */

export { type Choice, chooseProcesses } from './choose.ts';
export { type Demo, startDemo } from './demo.ts';
export type { KsmNow, LiveFacts } from './live.ts';
export { type ImageOptions, openImage } from './open.ts';
export { type Look, Presence } from './present.ts';
export { listProcesses } from './proc.ts';
export { openProcess } from './process.ts';
export { FORMAT_NAMES } from './registry.ts';
export { type SourceData, sourceOf } from './shared.ts';
export {
  endOf,
  type ImageFacts,
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
