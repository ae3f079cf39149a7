/**
 * What every reader of images has to bear: whatever is in the file, it is refused with a sentence, or its pages are read, all of them and
 * in order; neither takes more memory than the file's size is a reason for.
 */
import { writeFileSync } from 'node:fs';
import { KsmError } from '../../../src/errors.ts';
import { openImage, PAGE_BYTES, type PageRange, type PageSource } from '../../../src/image/index.ts';
import { expectThat, refusal } from './contract.ts';
import { scratch } from './scratch.ts';

/** Pages that are read of an image at most: a small file may say that a page comes very often. */
const MOST_READ = 1024;
/** Memory that opening may take, besides some times the file. */
const MEMORY = 48 * 2 ** 20;
const MEMORY_PER_BYTE = 64;
/** Pages that a byte of a file may stand for: a bit in a bitmap does for one. */
const PAGES_PER_BYTE = 8;
/** What nothing that refuses a file says with another code. */
const CODES = ['EFORMAT', 'EINVAL', 'EFBIG'] as const;

/** Takes a file for the format, or for what its first bytes say. `name`: of the target. */
export async function takeImage(bytes: Uint8Array, name: string, format: string | undefined): Promise<void> {
  const path = scratch(name);
  writeFileSync(path, bytes);
  const before = process.memoryUsage().arrayBuffers;
  const opened = await openImage(path, { format }).catch((error: unknown) => refusal(error, CODES));
  const taken = process.memoryUsage().arrayBuffers - before;
  const most = MEMORY + MEMORY_PER_BYTE * bytes.length;
  expectThat(taken <= most, () => `opening ${bytes.length} bytes took ${taken} bytes of memory`);
  if (opened instanceof KsmError) return;
  try {
    for (const source of opened) await checkSource(source, bytes.length);
  } finally {
    for (const source of opened) source.close?.();
  }
}

async function checkSource(source: PageSource, size: number): Promise<void> {
  checkRanges(source.ranges);
  const { image, pages } = source;
  expectThat(pages === source.ranges.reduce((sum, range) => sum + range.pages, 0), () => `${pages} pages`);
  expectThat(image !== undefined && image.absent >= 0 && image.partial >= 0 && image.partial <= pages, () => 'facts');
  if (image.title.includes(' in ')) return checkPages(source); // packed: anything may come out
  expectThat(pages <= PAGES_PER_BYTE * size, () => `${pages} pages in ${size} bytes`);
  await checkPages(source);
}

function checkRanges(ranges: readonly PageRange[]): void {
  let [page, address] = [0, 0n];
  for (const range of ranges) {
    expectThat(range.page >= page && range.pages > 0, () => `a range of ${range.pages} pages at ${range.page}`);
    expectThat(range.address >= address && range.address % 4096n === 0n, () => `a range at ${range.address}`);
    [page, address] = [range.page + range.pages, range.address + BigInt(range.pages * PAGE_BYTES)];
    expectThat(address <= 2n ** 64n, () => `a range up to ${address}`);
  }
}

/** In order, from front to back, and the first one again. A damaged page may be refused only when it is read. */
async function checkPages(source: PageSource): Promise<void> {
  try {
    let read = 0;
    let first: Buffer | undefined;
    for await (const { bytes } of source.read()) {
      first ??= Buffer.from(bytes.subarray(0, PAGE_BYTES));
      read += bytes.length / PAGE_BYTES;
      if (read >= MOST_READ) break;
    }
    expectThat(read === source.pages || read >= MOST_READ, () => `${read} of ${source.pages} pages were read`);
    if (first === undefined) return;
    const again = new Uint8Array(PAGE_BYTES);
    const reader = source.openReader?.();
    expectThat(reader?.read(source.ranges[0]?.page ?? 0, again) === 1, () => 'the first page is not there any more');
    reader?.close();
    expectThat(first.equals(again), () => 'the first page is another when it is read again');
  } catch (error) {
    refusal(error, ['EFORMAT']);
  }
}
