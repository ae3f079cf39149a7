/**
 * Sources as plain data, which goes from thread to thread: each makes the same source of it, with the same numbers of pages.
 */
import type { ImageFile } from './format.ts';
import type { LiveFacts } from './live.ts';
import type { ProcessStat } from './proc.ts';
import { ProcessSource } from './process.ts';
import type { Layout } from './ranges.ts';
import { type Segment, SegmentedImage } from './segments.ts';
import type { PageSource } from './source.ts';

export type SourceData = ImageData | ProcessData;

export interface ImageData {
  readonly kind: 'image';
  readonly file: ImageFile;
  readonly segments: readonly Segment[];
}

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
  return data.kind === 'image' ? new SegmentedImage(data.file, data.segments) : new ProcessSource(data);
}
