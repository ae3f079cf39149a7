/** Names for the pages of an embedder that keeps its guests' bytes itself. */
export type { Contents } from './contents.ts';
export { createContents } from './create.ts';
export type { ContentsOptions, ContentsUsage, PageNamer } from './types.ts';
