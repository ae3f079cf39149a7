/**
 * Where the pages of a scan come from: memory images, live processes, and processes made to be looked at.
 */

export { type Demo, startDemo } from './demo.ts';
export { openImage } from './open.ts';
export { listProcesses } from './proc.ts';
export { openProcess } from './process.ts';
export {
  endOf,
  PAGE_BYTES,
  type PageChunk,
  type PageRange,
  type PageReader,
  type PageRun,
  type PageSource,
} from './source.ts';
