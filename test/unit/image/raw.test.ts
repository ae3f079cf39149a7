/** openImage against files: what must come out is the file's own bytes, and zeros up to the next page. */

import { appendFileSync, chmodSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PAGE_BYTES } from '../../../src/image/source.ts';
import { Dice } from '../../support/dice.ts';
import { failed, openFiles, openOne, readAll, unprivileged } from '../../support/image.ts';

const MIB = 1 << 20;
/** What may be wrong with such a file. */
const LIME =
  'If LiME wrote it with format=raw, its pages are out of step behind the first range, and the figures are wrong: take format=lime.';
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ksm-raw-'));
  chmodSync(folder, 0o755);
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Bytes without a short period, so that a page in the wrong place is seen. */
function content(bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  const dice = new Dice(bytes);
  for (let i = 0; i < bytes; i++) buffer[i] = dice.below(256);
  return buffer;
}

function file(name: string, bytes: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

describe('a file as an image', () => {
  it('is its bytes, padded with zeros to whole pages, at any size', async () => {
    const near = fc.integer({ min: -5, max: 5 });
    const size = fc.oneof(
      fc.integer({ min: 1, max: 3 * PAGE_BYTES }),
      fc.tuple(fc.integer({ min: 1, max: 3 }), near).map(([n, d]) => n * MIB + d),
    );
    await fc.assert(
      fc.asyncProperty(size, async (bytes) => {
        const wanted = content(bytes);
        const source = await openOne(file('any', wanted));
        const pages = await readAll(source);
        const whole = Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
        expect(pages.size).toBe(whole / PAGE_BYTES);
        expect(source.pages).toBe(pages.size);
        const got = Buffer.concat([...pages.values()]);
        expect(got.equals(Buffer.concat([wanted, Buffer.alloc(whole - bytes)]))).toBe(true);
        const zeros = whole - bytes;
        expect(source.notes.join()).toBe(
          zeros === 0
            ? ''
            : 'The file does not end on a page: the last page was filled up with ' +
                `${zeros} zero byte${zeros === 1 ? '' : 's'}.,${LIME}`,
        );
      }),
      { numRuns: 40 },
    );
  });

  it('is one range at offset 0', async () => {
    const source = await openOne(file('range', content(PAGE_BYTES + 1)));
    expect(source.ranges).toEqual([{ page: 0, pages: 2, address: 0n, label: '' }]);
    expect(source.kind).toBe('image');
    expect(source.name).toBe(join(folder, 'range'));
  });

  it('may be sparse: holes are zeros if they are asked for', async () => {
    const path = file('sparse', Buffer.from('start'));
    truncateSync(path, 8 * MIB);
    const source = await openOne(path, { holes: 'zero' });
    expect(source.image).toEqual({ format: 'raw', title: 'raw pages', absent: 0, partial: 0 });
    const bytes = Buffer.concat([...(await readAll(source)).values()]);
    expect(bytes.length).toBe(8 * MIB);
    expect(bytes.subarray(0, 5).toString()).toBe('start');
    expect(bytes.subarray(5).equals(Buffer.alloc(8 * MIB - 5))).toBe(true);
  });

  it('can be read twice, with the same notes', async () => {
    const source = await openOne(file('twice', content(100)));
    await readAll(source);
    const [pages, notes] = [await readAll(source), [...source.notes]];
    expect(pages.get(0)?.subarray(0, 100).equals(content(100))).toBe(true);
    expect(notes).toHaveLength(2);
  });

  it('is shown without control characters in its name', async () => {
    const source = await openOne(file('a\nb\u001b[31m', content(1)));
    expect(source.name).toBe(join(folder, 'a?b?[31m'));
  });
});

describe('a file that changes while it is read', () => {
  it('gives what is left when it shrinks, pads the last page, and says what is lost', async () => {
    const path = file('shrinks', content(4 * MIB));
    const source = await openOne(path);
    const got: Buffer[] = [];
    for await (const { bytes } of source.read()) {
      if (got.length === 0) truncateSync(path, 2 * MIB + 10);
      got.push(Buffer.from(bytes));
    }
    const wanted = Buffer.concat([content(4 * MIB).subarray(0, 2 * MIB + 10), Buffer.alloc(PAGE_BYTES - 10)]);
    expect(Buffer.concat(got).equals(wanted)).toBe(true);
    // 1024 pages were there; 512 and the beginning of one more were read.
    expect(source.notes).toEqual(['The file shrank from 4194304 to 2097162 bytes while it was read: 511 pages lost.']);
  });

  it('gives nothing when it is emptied', async () => {
    const path = file('emptied', content(PAGE_BYTES));
    const source = await openOne(path);
    truncateSync(path, 0);
    expect((await readAll(source)).size).toBe(0);
    expect(source.notes).toEqual(['The file shrank from 4096 to 0 bytes while it was read: 1 page lost.']);
  });

  it('gives what it had when it grows', async () => {
    const path = file('grows', content(100));
    const source = await openOne(path);
    appendFileSync(path, 'more');
    const page = (await readAll(source)).get(0);
    expect(page?.equals(Buffer.concat([content(100), Buffer.alloc(PAGE_BYTES - 100)]))).toBe(true);
    expect(source.notes[2]).toBe('The file grew from 100 to 104 bytes while it was read: what was added was not read.');
  });

  it('fails with ENOENT when it was removed before', async () => {
    const path = file('removed', content(100));
    const source = await openOne(path);
    rmSync(path);
    expect((await failed(readAll(source))).code).toBe('ENOENT');
  });
});

describe('open files', () => {
  it('none before read(), none after an early stop, an abort or a failure of the consumer', async () => {
    const path = file('leak', content(3 * MIB));
    const isOpen = () => openFiles().includes(path);
    const source = await openOne(path);
    expect(isOpen()).toBe(false);
    for await (const _ of source.read()) {
      expect(isOpen()).toBe(true);
      break;
    }
    expect(isOpen()).toBe(false);

    const abort = new AbortController();
    const reading = (async () => {
      for await (const _ of source.read({ signal: abort.signal })) abort.abort(new Error('enough'));
    })();
    await expect(reading).rejects.toThrow('enough');
    expect(isOpen()).toBe(false);

    const throwing = (async () => {
      for await (const _ of source.read()) throw new Error('consumer');
    })();
    await expect(throwing).rejects.toThrow('consumer');
    expect(isOpen()).toBe(false);
  });

  it('an aborted signal reads nothing', async () => {
    const source = await openOne(file('aborted', content(10)));
    await expect(readAll(source, AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
  });
});

describe('what is no image', () => {
  it('a missing file: ENOENT', async () => {
    const error = await failed(openOne(join(folder, 'nowhere')));
    expect(error.code).toBe('ENOENT');
    expect(error.message).toContain(join(folder, 'nowhere'));
  });

  it('a path through a file: an error with the path', async () => {
    const error = await failed(openOne(join(file('plain', content(1)), 'inside')));
    expect(error.message).toContain('inside');
  });

  it('an empty file: EINVAL', async () => {
    const error = await failed(openOne(file('empty', Buffer.alloc(0))));
    expect(error.code).toBe('EINVAL');
    expect(error.message).toContain('empty');
  });

  it('a directory: EINVAL', async () => {
    const error = await failed(openOne(folder));
    expect(error.code).toBe('EINVAL');
    expect(error.message).toContain('is a directory');
  });

  it('a device that is no disk: EINVAL', async () => {
    const device = await failed(openOne('/dev/zero'));
    expect(device.code).toBe('EINVAL');
    expect(device.message).toContain('is a device');
  });

  it('a socket: EINVAL', async () => {
    const path = join(folder, 'socket');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    expect((await failed(openOne(path))).message).toContain('is a socket');
    await new Promise((resolve) => server.close(resolve));
  });

  it('a file that may not be read: EACCES', async () => {
    const path = file('secret', content(1));
    chmodSync(path, 0);
    expect((await unprivileged(() => failed(openOne(path)))).code).toBe('EACCES');
  });
});
