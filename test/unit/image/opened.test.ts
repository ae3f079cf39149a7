/** What a file is told to be, and what becomes of it: wrappings are taken off, formats are chosen, and others are refused by name. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import zlib, { gzipSync } from 'node:zlib';
import { afterAll, expect, it } from 'vitest';
import { sourceOf } from '../../../src/image/index.ts';
import { openImage } from '../../../src/image/open.ts';
import { PAGE_BYTES, type Shareable } from '../../../src/image/source.ts';
import { failed, openOne, pattern, readAll } from '../../support/image.ts';

const folder = mkdtempSync(join(tmpdir(), 'ksm-opened-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const PAGES = pattern(1, 3 * PAGE_BYTES);

it('gzip in gzip is its pages, also for another thread, until it is closed', async () => {
  const source = await openOne(file('twice.gz', gzipSync(gzipSync(PAGES))));
  expect(source.image).toMatchObject({ format: 'raw', title: 'raw pages in gzip in gzip' });
  expect(Buffer.concat([...(await readAll(source)).values()]).equals(PAGES)).toBe(true);
  const apart = sourceOf(structuredClone((source.shareable as Shareable).data));
  expect(Buffer.concat([...(await readAll(apart)).values()]).equals(PAGES)).toBe(true);
  const reader = source.openReader?.();
  const page = new Uint8Array(PAGE_BYTES);
  expect(reader?.read(2, page)).toBe(1);
  expect(Buffer.compare(page, PAGES.subarray(2 * PAGE_BYTES))).toBe(0);
  reader?.close();
  source.close?.();
  expect((await failed(readAll(source))).code).toBe('EBADF');
});

it('a part that is not there is refused, and nothing is read in its place', async () => {
  const error = await failed(openImage(`${file('whole.img', PAGES)}#half`));
  expect(error).toMatchObject({
    code: 'ENOENT',
    message: expect.stringMatching(/whole\.img#half: no such file, and \S+whole\.img has no parts$/),
  });
});

it('nothing is unpacked that is said to be raw', async () => {
  const packed = gzipSync(PAGES);
  const source = await openOne(file('as-is.gz', packed), { format: 'raw' });
  const all = Buffer.concat([...(await readAll(source)).values()]);
  expect(all.subarray(0, packed.length).equals(packed)).toBe(true);
});

it('what is wrapped without end is refused', async () => {
  let packed: Buffer = PAGES;
  for (let times = 0; times < 9; times++) packed = gzipSync(packed);
  const error = await failed(openImage(file('nine.gz', packed)));
  expect(error).toMatchObject({ code: 'EFORMAT', message: expect.stringContaining('more than 8 times') });
});

it('what is wrapped around nothing has no pages', async () => {
  const error = await failed(openImage(file('nothing.gz', gzipSync(''))));
  expect(error.code).toBe('EINVAL');
  expect(error.message).toContain('is empty');
});

it('zstd is unpacked by Node.js, or a package is named that does it', async () => {
  const path = file('image.zst', Buffer.from('28b52ffd0400010000', 'hex'));
  const error = await failed(openImage(path));
  if ('createZstdDecompress' in zlib) expect(error.code).toBe('EFORMAT');
  else expect(error).toMatchObject({ code: 'EINVAL', message: expect.stringMatching(/npm install fzstd.*zstd -d/) });
});

it.each([
  ['hiberfil.sys', 'HIBR\0\0\0\0', /hibernated Windows/],
  ['guest.vmss', Buffer.from('d2bed2be08000000', 'hex'), /VMware.*\.vmem/],
  ['guest.sav', '\x7fVirtualBox SavedState V2.0\n', /VirtualBox.*dumpvmcore/],
  ['memory.dmp', 'PAGEDUMP', /crash dump of 32-bit Windows/],
  [
    'program.exe',
    Buffer.concat([Buffer.from('MZ'), Buffer.alloc(58), Buffer.from('40000000', 'hex'), Buffer.from('PE\0\0')]),
    /executable of Windows/,
  ],
  ['disk.vmdk', 'KDMV\x01\0\0\0', /disk of a virtual machine/],
  ['image.bz2', Buffer.from('425a6839314159265359', 'hex'), /bzip2 -dc/],
  ['image.zip', 'PK\x03\x04', /archive/],
  ['image.lzo', Buffer.from('894c5a4f000d0a1a0a', 'hex'), /lzop/],
])('%s is refused by name', async (name, bytes, why) => {
  const path = file(name, Buffer.concat([Buffer.from(bytes as string, 'latin1'), Buffer.alloc(PAGE_BYTES)]));
  expect(await failed(openImage(path))).toMatchObject({ code: 'EFORMAT', message: expect.stringMatching(why) });
  expect((await openOne(path, { format: 'raw' })).pages).toBe(2);
});

it.each(['wake up, and more of this text', 'MZ is a word', 'BZh, too'])('%j is text, not a magic', async (text) => {
  expect((await openOne(file('text', text))).image).toMatchObject({ format: 'raw' });
});

it('a format that is not known is wrong usage', async () => {
  const error = await failed(openImage(file('some', 'thing'), { format: 'elv' }));
  expect(error).toMatchObject({ code: 'EUSAGE', message: expect.stringContaining('expected auto, ') });
});
