/** Pipes as images: what comes out is what a writer wrote, however it did that, filled up to whole pages; and nothing keeps waiting. */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { PAGE_BYTES, type PageSource } from '../../../src/image/source.ts';
import { failed, openFiles, openOne, pattern, readAll } from '../../support/image.ts';
import { until } from '../../support/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'ksm-stream-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Nothing is looked at before it is read. */
const RAW = { format: 'raw' };

let pipes = 0;

/** A pipe of its own that has nobody at either end yet. */
function pipe(): string {
  const path = join(folder, `pipe-${pipes++}`);
  execFileSync('mkfifo', [path]);
  return path;
}

/** What a source gives while `pieces` are written to its pipe one by one. */
async function through(path: string, source: PageSource, pieces: readonly Buffer[]): Promise<Buffer> {
  const reading = readAll(source);
  reading.catch(() => {});
  const writer = createWriteStream(path);
  for (const piece of pieces) {
    await new Promise((written) => writer.write(piece, written));
    await turn();
  }
  await new Promise<void>((closed) => writer.end(closed));
  return Buffer.concat([...(await reading).values()]);
}

it.each([1, PAGE_BYTES - 1, PAGE_BYTES, PAGE_BYTES + 1, 2 ** 18, 2 ** 18 + 5, 2 ** 20 + 4095])(
  '%i bytes, filled up to whole pages',
  async (bytes) => {
    const path = pipe();
    const source = await openOne(path, RAW);
    expect(source).toMatchObject({ kind: 'image', name: path, isRepeatable: false, pages: 0, ranges: [] });
    const wanted = pattern(bytes, 2 ** 21).subarray(0, bytes);
    const pages = Math.ceil(bytes / PAGE_BYTES);
    const filled = pages * PAGE_BYTES - bytes;
    const got = await through(path, source, [wanted]);
    expect(got.equals(Buffer.concat([wanted, Buffer.alloc(filled)]))).toBe(true);
    expect(source.ranges).toEqual([{ page: 0, pages, address: 0n, label: '' }]);
    const zeros = filled === 1 ? '1 zero byte' : `${filled} zero bytes`;
    const note = `The stream did not end on a page: the last page was filled up with ${zeros}.`;
    expect(source.notes).toEqual(filled === 0 ? [] : [note]);
  },
);

it('a slow writer', async () => {
  const path = pipe();
  const wanted = pattern(1, 3 * PAGE_BYTES);
  const pieces = Array.from({ length: 96 }, (_, i) => wanted.subarray(i * 128, (i + 1) * 128));
  expect((await through(path, await openOne(path, RAW), pieces)).equals(wanted)).toBe(true);
});

it('a writer that says nothing: EINVAL', async () => {
  const path = pipe();
  const error = await failed(through(path, await openOne(path, RAW), []));
  expect(error).toMatchObject({ code: 'EINVAL', message: `${path} is empty; an image has at least one byte` });
});

it('a writer that dies: what it wrote', async () => {
  const path = pipe();
  const reading = readAll(await openOne(path, RAW));
  const code = `const fs = require('node:fs');
    fs.writeSync(fs.openSync(process.argv[1], 'w'), Buffer.alloc(5000, 7));
    process.kill(process.pid, 'SIGKILL');`;
  const child = spawn(process.execPath, ['-e', code, path]);
  expect((await once(child, 'exit'))[1]).toBe('SIGKILL');
  expect(Buffer.concat([...(await reading).values()])).toEqual(
    Buffer.concat([Buffer.alloc(5000, 7), Buffer.alloc(2 * PAGE_BYTES - 5000)]),
  );
});

it('is read only once', async () => {
  const path = pipe();
  const source = await openOne(path, RAW);
  await through(path, source, [Buffer.alloc(1)]);
  expect(await failed(readAll(source))).toMatchObject({
    code: 'EINVAL',
    message: expect.stringContaining('only once'),
  });
});

it('is open only while it is read, and an abort ends a read that waits', async () => {
  const path = pipe();
  const source = await openOne(path, RAW);
  expect(openFiles()).not.toContain(path);
  const abort = new AbortController();
  const reading = readAll(source, abort.signal);
  reading.catch(() => {});
  await until(() => openFiles().includes(path));
  abort.abort(new Error('enough'));
  await expect(reading).rejects.toThrow('enough');
  await until(() => !openFiles().includes(path));
});

it('a consumer that stops closes it', async () => {
  const path = pipe();
  const source = await openOne(path, RAW);
  const writer = createWriteStream(path).on('error', () => {});
  writer.write(Buffer.alloc(2 ** 20));
  for await (const _ of source.read()) break;
  await until(() => openFiles().filter((open) => open === path).length <= 1);
  writer.destroy();
});
