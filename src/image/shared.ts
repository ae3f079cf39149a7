/**
 * Sources as plain data, which goes from thread to thread: each makes the same source of it, with the same numbers of pages.
 */
import { FileBytes } from './bytes/file-bytes.ts';
import { ImageSource } from './image-source.ts';
import type { LiveFacts } from './live.ts';
import type { ImageData } from './opened.ts';
import type { ProcessStat } from './proc.ts';
import { ProcessSource } from './process.ts';
import type { Layout } from './ranges.ts';
import type { PageSource } from './source.ts';

export type SourceData = ImageData | ProcessData;

/** A process as it was when the source was opened. */
export interface ProcessData {
  readonly kind: 'process';
  readonly pid: number;
  readonly stat: ProcessStat;
  readonly layout: Layout;
  /** What the opening has to say. */
  readonly notes: readonly string[];
  readonly live: LiveFacts;
}

export function sourceOf(data: SourceData): PageSource {
  return data.kind === 'image' ? new ImageSource(data, new FileBytes(data.recipe.file)) : new ProcessSource(data);
}
