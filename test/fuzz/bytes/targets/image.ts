/**
 * Raw memory images: any bytes can be read, loaded, scanned and reported, with what saves most guessed at.
 *
 * Afterwards memory still holds the image, the counters are those of a plain count of equal pages, also where the
 * engine had to make room while it loaded, and nothing of the image gets to a terminal but printable characters.
 */
import { truncateSync, writeFileSync } from 'node:fs';
import { applySettings, readSettings } from '../../../../src/cli/settings.ts';
import { KsmError } from '../../../../src/errors.ts';
import { openImage, PAGE_BYTES, type PageSource } from '../../../../src/image/index.ts';
import { buildReport, guess, renderJson, renderTable } from '../../../../src/report/index.ts';
import { type Scanned, scan as scanSources, Watch } from '../../../../src/scan/index.ts';
import { checkHost } from '../../../support/inside.ts';
import { expectThat, refusal } from '../contract.ts';
import { scratch } from '../scratch.ts';
import type { Word } from '../target.ts';

export const name = 'image';
/** More pages than there are frames in the smaller of the two memories. */
export const most: number = 24 * PAGE_BYTES;
export const words: readonly Word[] = [
  ...['\x7fELF\x02\x01\x01\0', '\0'.repeat(64), '\xff'.repeat(16), 'some text ', 'U\0T\0F\x001\x006\0', '\x1b[31m'],
  ...['\x55\x48\x89\xe5', '\xc3\x90\x90\x90', '\xe2\x80\xa8', '\xc2\x9b', '\x10\x20\x30\x40\xff\x7f\0\0'],
].map((word) => Buffer.from(word, 'latin1'));

const WATCH = new Watch({ show: () => {} }, new AbortController().signal);
/** What a guess has room for, in characters. */
const PHRASE = 80;
const ROOMY = 2 ** 20;
const TIGHT = 384 * 1024;

async function read(source: PageSource): Promise<Buffer> {
  const parts: Buffer[] = [];
  let pages = 0;
  for await (const { page, bytes } of source.read()) {
    expectThat(page === pages && bytes.length % PAGE_BYTES === 0, () => `${bytes.length} bytes at page ${page}`);
    pages += bytes.length / PAGE_BYTES;
    parts.push(Buffer.from(bytes));
  }
  return Buffer.concat(parts);
}

function pagesOf(image: Buffer): Buffer[] {
  return Array.from({ length: image.length / PAGE_BYTES }, (_, n) =>
    image.subarray(n * PAGE_BYTES, (n + 1) * PAGE_BYTES),
  );
}

/** Loads and scans; undefined where the memory is too small. */
async function scan(source: PageSource, engine: 'names' | 'bytes', memory: number): Promise<Scanned | undefined> {
  const options = {
    engine,
    index: 'hash',
    seed: 1,
    passes: undefined,
    trustHash: false,
    copyBytes: 4 * PAGE_BYTES,
  } as const;
  try {
    return await scanSources([source], { ...options, memory, prepare: (host) => applySettings(host, []) }, WATCH);
  } catch (error) {
    refusal(error, ['ENOMEM']);
    return undefined;
  }
}

/** The counters are those of a plain count; afterwards a memory of bytes holds what it held before. */
function checkScan({ engines, placed, passes, verdict }: Scanned, image: Buffer): Map<string, number> {
  const counts = new Map<string, number>();
  for (const page of pagesOf(image))
    counts.set(page.toString('latin1'), (counts.get(page.toString('latin1')) ?? 0) + 1);
  const shared = new Map([...counts].filter(([, n]) => n > 1));
  const expected = {
    pages_shared: shared.size,
    pages_sharing: [...shared.values()].reduce((sum, n) => sum + n - 1, 0),
    pages_unshared: counts.size - shared.size,
    pages_volatile: 0,
  };
  const counters = engines.counters();
  for (const [counter, value] of Object.entries(expected)) {
    const got = counters[counter as keyof typeof expected];
    expectThat(got === value, () => `${counter} is ${got}, expected ${value}`);
  }
  expectThat(passes.settled, () => 'it does not settle');
  for (const host of engines.hosts) checkHost(host);
  if (engines.areNames) {
    const zeros = shared.get('\0'.repeat(PAGE_BYTES)) ?? 0;
    const compared = [...shared.values()].reduce((sum, n) => sum + n - 1, 0) - Math.max(0, zeros - 1);
    expectThat(verdict?.equal === compared, () => `${verdict?.equal} pages were compared, expected ${compared}`);
    return shared;
  }
  const [first] = placed[0]?.spaces[0]?.resident() ?? [];
  const kept = placed[0]?.spaces[0]?.read(first?.address ?? 0, image.length);
  expectThat(kept !== undefined && image.equals(kept), () => 'scanning changed the image');
  return shared;
}

async function checkReport(scanned: Scanned, notes: readonly string[], pages: number, contents: number): Promise<void> {
  const settings = readSettings(scanned.engines.first);
  const report = await buildReport({
    scanned,
    options: { index: 'hash', memory_bytes: 0, scanners: 1, seed: '1' },
    settings,
    default_settings: settings,
    notes,
  });
  expectThat(report.pages === pages, () => `${report.pages} of ${pages} pages are reported`);
  expectThat(report.contents.length === Math.min(10, contents), () => `${report.contents.length} contents`);
  expectThat(JSON.parse(renderJson(report)).pages === pages, () => 'the JSON is another');
  const table = renderTable(report, { width: 80, colour: false });
  expectThat(!/[^\P{Cc}\n]/u.test(table), () => `printed ${JSON.stringify(table)}`);
}

function checkGuesses(pages: readonly Buffer[]): void {
  for (const page of pages) {
    const { description } = guess(page);
    const fits = description !== '' && [...description].length <= PHRASE && !/[\p{C}\u2028\u2029]/u.test(description);
    expectThat(fits, () => `a guess: ${JSON.stringify(description)}`);
  }
}

/** The file is cut off behind the source's back: what is gone is said, and what is left is read. */
async function checkShrunk(path: string, source: PageSource, bytes: Uint8Array): Promise<void> {
  const left = bytes.length >> 1;
  truncateSync(path, left);
  const image = await read(source);
  expectThat(image.subarray(0, left).equals(bytes.subarray(0, left)), () => 'what is left is read wrong');
  expectThat(image.length === Math.ceil(left / PAGE_BYTES) * PAGE_BYTES, () => `${image.length} bytes are left`);
  expectThat(
    source.notes.some((note) => note.includes('shrank')),
    () => 'what is lost is not said',
  );
}

export async function run(bytes: Uint8Array): Promise<void> {
  const path = scratch('image');
  writeFileSync(path, bytes);
  const opened = await openImage(path, { format: 'raw' }).catch((error: unknown) => refusal(error, ['EINVAL']));
  expectThat(opened instanceof KsmError === (bytes.length === 0), () => 'an image is refused, or an empty one is not');
  if (opened instanceof KsmError) return;
  const [source, ...others] = opened;
  expectThat(source !== undefined && others.length === 0, () => `${opened.length} address spaces`);
  const image = await read(source);
  const pages = pagesOf(image);
  expectThat(image.subarray(0, bytes.length).equals(bytes), () => 'the image is read wrong');
  expectThat(
    pages.length === source.pages && image.subarray(bytes.length).every((byte) => byte === 0),
    () => 'no zeros behind',
  );
  expectThat(source.notes.length === (bytes.length % PAGE_BYTES > 0 ? 2 : 0), () => source.notes.join());
  checkGuesses(pages);
  for (const [engine, memory] of [
    ['names', ROOMY],
    ['bytes', ROOMY],
    ['bytes', TIGHT],
  ] as const) {
    const scanned = await scan(source, engine, memory);
    expectThat(scanned !== undefined || memory !== ROOMY, () => 'a large memory is too small');
    if (scanned === undefined) continue;
    using _engines = scanned.engines;
    const shared = checkScan(scanned, image);
    // A report takes as long as all the rest together, and without contents says little.
    if (memory === ROOMY && shared.size > 0) await checkReport(scanned, source.notes, pages.length, shared.size);
  }
  await checkShrunk(path, source, bytes);
}
