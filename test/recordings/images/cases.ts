/**
 * Images that real tools wrote, or that were made from descriptions of their formats, with what is in each: counted independently of this
 * project.
 *
 * inputs.tar.xz holds them, so that what is sparse stays so. A digest is of the addresses and contents of all pages; how it was made is not
 * known, so it says only which images are equal.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PAGE_BYTES, type PageSource } from '../../../src/image/index.ts';

/** What is in an image; none of the counts if it is to be refused. */
export interface Case {
  /** "refuse" if it is no image; else the reader that it was counted by. */
  readonly format: string;
  readonly what?: string;
  readonly pages?: number;
  readonly zero?: number;
  readonly distinct?: number;
  readonly shared?: number;
  readonly sharing?: number;
  readonly unshared?: number;
  readonly absent_pages?: number;
  readonly spaces?: number;
  readonly digest?: string;
  readonly holes_as_zero?: Case;
}

const here = (name: string): string => join('test/recordings/images', name);

/** By path in the folder. */
export const CASES: ReadonlyMap<string, Case> = new Map(
  Object.entries(JSON.parse(readFileSync(here('expected.json'), 'utf8'))),
);

/** Unpacks all images. */
export function unpackImages(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'ksm-images-'));
  execFileSync('tar', ['--sparse', '-xJf', here('inputs.tar.xz'), '-C', path]);
  return { path, remove: () => rmSync(path, { recursive: true }) };
}

/** The same figures, of sources. */
export async function countsOf(sources: readonly PageSource[]): Promise<Case & { readonly fingerprint: string }> {
  const contents = new Map<string, number>();
  const all: [address: string, content: string][][] = [];
  for (const source of sources) {
    const pages: [string, string][] = [];
    for await (const { page, bytes } of source.read()) {
      for (let at = 0; at < bytes.length; at += PAGE_BYTES) {
        const content = createHash('sha256')
          .update(bytes.subarray(at, at + PAGE_BYTES))
          .digest('hex');
        contents.set(content, (contents.get(content) ?? 0) + 1);
        pages.push([addressOf(source, page + at / PAGE_BYTES), content]);
      }
    }
    all.push(pages);
  }
  const counts = [...contents.values()];
  const many = counts.filter((count) => count > 1);
  const pages = counts.reduce((sum, count) => sum + count, 0);
  return {
    format: sources[0]?.image?.format ?? '',
    pages,
    zero: contents.get(createHash('sha256').update(Buffer.alloc(PAGE_BYTES)).digest('hex')) ?? 0,
    distinct: counts.length,
    shared: many.length,
    sharing: pages - counts.length,
    unshared: counts.length - many.length,
    absent_pages: sources.reduce((sum, { image }) => sum + (image?.absent ?? 0), 0),
    spaces: sources.length,
    fingerprint: createHash('sha256').update(JSON.stringify(all)).digest('hex'),
  };
}

function addressOf({ ranges }: PageSource, page: number): string {
  const range = ranges.find((one) => page >= one.page && page < one.page + one.pages);
  if (range === undefined) throw new Error(`page ${page} is in no range`);
  return (range.address + BigInt((page - range.page) * PAGE_BYTES)).toString(16);
}
