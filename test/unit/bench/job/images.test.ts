/** The images of the whole job: how often contents occur in them, and what follows from that. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { imagesOf } from '../../../../bench/job/bench.ts';
import { expectedFrom, expectedOf } from '../../../../bench/job/expected.ts';
import { MIX, mixedContents, RUN, writeMixed, writeUnique } from '../../../../bench/job/images.ts';
import { PAGE } from '../../../support/page.ts';

const folder = mkdtempSync(join(tmpdir(), 'job-images-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('mixed contents', () => {
  const pages = 100 * RUN;
  const images = [0, 1, 2, 3].map((image) => mixedContents(image, pages, 7));

  test('each has its part of zero pages, of pages that all have, that two have, and of its own', () => {
    for (const image of images) {
      const others = images.filter((other) => other !== image).map((other) => new Set(other));
      const parts = { zero: 0, common: 0, pair: 0, own: 0 };
      for (const content of image) {
        const having = others.filter((other) => other.has(content)).length;
        parts[content === 0 ? 'zero' : having === 3 ? 'common' : having === 1 ? 'pair' : 'own']++;
      }
      const wanted = Object.entries(MIX).map(([kind, part]) => [kind, Math.round(part * pages)]);
      expect(parts).toEqual(Object.fromEntries(wanted));
    }
  });

  test('but for zero pages an image has nothing twice', () => {
    for (const image of images) {
      const contents = image.filter((content) => content !== 0);
      expect(new Set(contents).size).toBe(contents.length);
    }
  });

  test('a number of pages that the parts do not divide is full all the same, and the seed decides on the order', () => {
    expect(mixedContents(0, 7 * RUN, 1)).toHaveLength(7 * RUN);
    expect(mixedContents(0, pages, 7)).toEqual(images[0]);
    expect(mixedContents(0, pages, 8)).not.toEqual(images[0]);
  });
});

describe('what has to be found', () => {
  test('copies are pages beyond the first of each content', () => {
    expect(expectedFrom([1, 1, 1])).toEqual({ pages: 3, copies: 0, sharing: 0 });
    expect(expectedFrom([1, 2, 5])).toEqual({ pages: 8, copies: 5, sharing: 5 });
  });

  // max_page_sharing in Linux's documentation: a page may be shared by so many at most, and 256 is the default
  test.each([
    [256, 255], // one frame
    [257, 255], // one frame, and a page that has nobody to merge with
    [258, 256], // two frames
    [512, 510],
    [1025, 1020], // four full frames, and one page alone
  ])('%i equal pages: pages_sharing is %i', (count, sharing) => {
    expect(expectedFrom([count]).sharing).toBe(sharing);
  });

  test('from files: mixed ones, and one whose pages all differ', () => {
    const files = writeMixed(folder, 2, 20 * RUN, 1);
    // zero 7 runs of 20, common 4, pair 2, its own 7: two images of one pair
    expect(expectedOf(files)).toMatchObject({ pages: 40 * RUN, copies: 14 * RUN - 1 + 6 * RUN });
    expect(expectedOf([writeUnique(folder, 300, 1)])).toEqual({ pages: 300, copies: 0, sharing: 0 });
  });

  test('a page that is not whole does not count', () => {
    const file = join(folder, 'part.img');
    writeFileSync(file, Buffer.alloc(3 * PAGE + 5));
    expect(expectedOf([file]).pages).toBe(3);
  });
});

test('images are files, or the *.img of a folder; what is missing is named', () => {
  writeFileSync(join(folder, 'a.img'), '');
  writeFileSync(join(folder, 'note.txt'), '');
  expect(imagesOf([folder])).toContain(join(folder, 'a.img'));
  expect(imagesOf([folder])).not.toContain(join(folder, 'note.txt'));
  expect(imagesOf([join(folder, 'note.txt')])).toEqual([join(folder, 'note.txt')]);
  expect(() => imagesOf([join(folder, 'none')])).toThrow('there is no image');
});
