/** Each image has the pages that it was counted to have, by the library and by the command line; and what is no image is refused. */
import { closeSync, copyFileSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openImage } from '../../../src/image/open.ts';
import { FORMATS } from '../../../src/image/registry.ts';
import { PAGE_BYTES } from '../../../src/image/source.ts';
import { failed } from '../../support/image.ts';
import { ksm } from '../../support/program.ts';
import { CASES, type Case, countsOf, unpackImages } from './cases.ts';

const images = unpackImages();
afterAll(() => images.remove());

/** What the cases call formats, as the list does. */
const NAMES: Readonly<Record<string, string>> = {
  ...{ rawfull: 'raw', qevm: 'qemu', qcow2: 'qemu', mdmp: 'minidump', win: 'windows' },
  // AVML writes LiME, unless it packs.
  'cases/avml-v1.avml': 'lime',
};
const formatOf = (name: string, { format }: Case): string => NAMES[name] ?? NAMES[format] ?? format;
/** What there is a reader for, and nothing else has to be installed for. */
const isRead = (path: string, one: Case): boolean => FORMATS.some(({ name }) => name === formatOf(path, one));
const NEEDS_PACKAGE = /\.(zst|xz)$|-zstd/;
/** What tar stored of it are other holes: it is made below. */
const SPARSE = 'cases/raw-sparse.mem';

/** The kernel's default of max_page_sharing. */
const MOST_SHARING = 256;

const FIGURES = ['pages', 'zero', 'distinct', 'shared', 'sharing', 'unshared', 'absent_pages', 'spaces'] as const;
const figures = (one: Case): object => Object.fromEntries(FIGURES.map((figure) => [figure, one[figure]]));

const read = [...CASES].filter(([name, one]) => isRead(name, one) && !NEEDS_PACKAGE.test(name) && name !== SPARSE);
const fingerprints = new Map<string, Set<string>>();

describe.each(read)('%s', (name, expected) => {
  it('has the pages that it was counted to have', async () => {
    const sources = await openImage(join(images.path, name));
    const { fingerprint, ...found } = await countsOf(sources);
    for (const source of sources) source.close?.();
    expect(found.format).toBe(formatOf(name, expected));
    expect(figures(found)).toEqual(figures(expected));
    const { digest = '' } = expected;
    fingerprints.set(digest, (fingerprints.get(digest) ?? new Set()).add(fingerprint));
  });

  it('is reported so', async () => {
    const { code, stdout } = await ksm(['scan', '--json', '--quiet', '--seed', '7', join(images.path, name)]);
    expect(code).toBe(0);
    const { pages, ksm_stat } = JSON.parse(stdout);
    const sum = (figure: string): number =>
      ksm_stat.reduce((total: number, one: Record<string, number>) => total + (one[figure] ?? 0), 0);
    const found = {
      pages,
      shared: sum('shared'),
      sharing: sum('sharing'),
      unshared: sum('unshared'),
      absent_pages: sum('absent_pages'),
    };
    expect({ pages, absent_pages: found.absent_pages }).toEqual({
      pages: expected.pages,
      absent_pages: expected.absent_pages,
    });
    // More than max_page_sharing pages of one content are in several frames.
    if ((expected.zero ?? 0) > MOST_SHARING) return;
    const { shared, sharing, unshared } = expected;
    expect(found).toMatchObject({ shared, sharing, unshared });
  });
});

it('those of equal digests are equal, and others are not', () => {
  for (const same of fingerprints.values()) expect(same.size).toBe(1);
  expect(new Set([...fingerprints.values()].flatMap((same) => [...same])).size).toBe(fingerprints.size);
});

const refused = [...CASES].filter(([, { format }]) => format === 'refuse').map(([name]) => name);
const named: Readonly<Record<string, RegExp>> = {
  'cases/elf64-exec': /is an executable, not a core.*--format raw/,
  'cases/elf64-xen.core': /without segments.*xen_pages/,
  'cases/qemu-xbzrle.stream': /capability xbzrle/,
  'cases/cut.mem.gz': /is cut or damaged \(gzip: unexpected end of file\)/,
};

it.each(refused.filter((name) => name in named))('%s is refused, with what to do', async (name) => {
  const error = await failed(openImage(join(images.path, name)));
  expect(error).toMatchObject({ code: 'EFORMAT', message: expect.stringMatching(named[name] as RegExp) });
});

/** The raw image with six of its eight pages of zeros as holes. */
function sparse(): string {
  const path = join(images.path, 'sparse.mem');
  const bytes = readFileSync(join(images.path, 'cases/raw.mem'));
  const fd = openSync(path, 'w');
  let holes = 6;
  for (let at = 0; at < bytes.length; at += PAGE_BYTES) {
    const page = bytes.subarray(at, at + PAGE_BYTES);
    if (page.every((byte) => byte === 0) && holes-- > 0) continue;
    writeSync(fd, page, 0, page.length, at);
  }
  ftruncateSync(fd, bytes.length);
  closeSync(fd);
  return path;
}

it(`${SPARSE}: holes are absent, or zeros if they are asked for`, async () => {
  const expected = CASES.get(SPARSE) as Case;
  const path = sparse();
  expect(figures(await countsOf(await openImage(path)))).toEqual(figures(expected));
  const zero = await countsOf(await openImage(path, { holes: 'zero' }));
  expect(figures(zero)).toEqual(figures(expected.holes_as_zero as Case));
  expect(fingerprints.get(expected.holes_as_zero?.digest as string)).toEqual(new Set([zero.fingerprint]));
});

it('a truncated core says what is missing', async () => {
  const [source] = await openImage(join(images.path, 'cases/elf64-truncated.core'));
  expect(source?.notes).toEqual([
    'The file is truncated: 9 pages and 1,000 bytes of the memory that it states are missing.',
  ]);
  expect(source?.image?.partial).toBe(1);
});

it('a raw image that does not end on a page may be one of LiME', async () => {
  const path = join(images.path, 'cases/lime-raw.raw');
  expect((await openImage(path))[0]?.notes.join()).toMatch(/LiME.*format=lime/);
});

it('a file whose name has a # is that file', async () => {
  const [plain, named] = ['raw.mem', 'raw.mem#1'].map((name) => join(images.path, 'cases', name)) as [string, string];
  copyFileSync(join(images.path, 'cases/raw-odd.mem'), named);
  expect((await openImage(named))[0]).toMatchObject({ name: named, pages: 49 });
  expect((await failed(openImage(`${plain}#2`))).message).toContain('has no parts');
  expect((await failed(openImage(`${plain}x#2`))).code).toBe('ENOENT');
});
