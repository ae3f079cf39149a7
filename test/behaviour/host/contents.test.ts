/** Pages that an embedder has named, where random operations do not get: what is refused, what fails, what is given instead of read. */
import { beforeEach, expect, test } from 'vitest';
import {
  type AddressSpace,
  type Contents,
  type ContentsOptions,
  createContents,
  createHost,
  type Host,
  type PageNamer,
} from '../../../src/index.ts';
import { PAGE } from '../../support/page.ts';

const PAGES = 8;
const LIMITS = { memory: '2M', pages: 1024, processes: 4, vmas: 16, seed: 1 } as const;
/** All contents have one hash, zeros too. */
const one: PageNamer = { name: (bytes) => new BigUint64Array(bytes.byteLength / PAGE).fill(5n) };

let host: Host;
let guest: AddressSpace;
let memory: Uint8Array;

beforeEach(async () => {
  host = await createHost({ ...LIMITS, page: 'names' });
  guest = guestOf(host);
  memory = new Uint8Array(PAGES * PAGE);
});

function guestOf(owner: Host): AddressSpace {
  const space = owner.spawn();
  space.mmap(0, PAGES * PAGE);
  space.madvise(0, PAGES * PAGE, 'MERGEABLE');
  return space;
}

const bytesOf = (page: number): Uint8Array => memory.subarray(page * PAGE, (page + 1) * PAGE);
const read = (_: AddressSpace, address: number): Uint8Array => bytesOf(address / PAGE);

function write(contents: Contents, page: number, content: number): void {
  bytesOf(page).fill(content);
  contents.update(guest, page * PAGE);
}

test('names that were given are compared when one is seen again, and pages of other names are not read', async () => {
  const asked: number[] = [];
  const contents = await createContents({
    host,
    read: (space, address) => {
      asked.push(address / PAGE);
      return read(space, address);
    },
  });
  for (const page of [1, 2, 3]) bytesOf(page).fill(page === 3 ? 9 : 7);
  contents.update(guest, 0, BigUint64Array.of(1n, 5n, 5n, 5n));
  contents.flush();
  const names = [0, 1, 2, 3].map((page) => guest.getName(page * PAGE));
  expect(names.slice(0, 3)).toEqual([1n, 5n, 5n]);
  expect(new Set(names).size).toBe(3);
  expect(asked).not.toContain(0);
  expect(contents.usage).toMatchObject({ pages: 4, contents: 3, renamed: 1 });
});

test('a false match gets the same name in every run, and its content keeps it when the other is gone', async () => {
  const names = await Promise.all(
    [1, 2].map(async () => {
      const contents = await createContents({ host, read, namer: one });
      for (const [page, content] of [7, 9, 9].entries()) write(contents, page, content);
      contents.flush();
      return [0, 1, 2].map((page) => guest.getName(page * PAGE));
    }),
  );
  expect(names[1]).toEqual(names[0]);
  expect(names[0]?.[2]).toBe(names[0]?.[1]);

  const contents = await createContents({ host, read, namer: one });
  for (const [page, content] of [7, 9].entries()) write(contents, page, content);
  contents.flush();
  write(contents, 0, 8);
  write(contents, 2, 9);
  contents.flush();
  expect(guest.getName(2 * PAGE)).toBe(guest.getName(PAGE));
  expect(guest.getName(0)).not.toBe(guest.getName(PAGE));
});

test('a page that was mapped anew is no witness, though it is present', async () => {
  const contents = await createContents({ host, read, namer: one });
  write(contents, 0, 7);
  contents.flush();
  guest.munmap(0, PAGE);
  guest.mmap(0, PAGE);
  guest.touch(0, 1);
  bytesOf(0).fill(9);
  write(contents, 1, 9);
  contents.flush();
  expect(contents.usage).toMatchObject({ pages: 1, contents: 1, renamed: 0 });
});

test('what is kept of a process goes with it, and of pages that were unmapped when that is said', async () => {
  const contents = await createContents({ host, read });
  for (let page = 0; page < PAGES; page++) write(contents, page, page);
  contents.flush();
  expect(contents.usage).toMatchObject({ pages: PAGES, contents: PAGES });
  contents.forget(guest, 0, PAGES * PAGE); // they are there
  expect(contents.usage.pages).toBe(PAGES);
  guest.munmap(0, 2 * PAGE);
  contents.forget(guest, 0, 2 * PAGE);
  expect(contents.usage.pages).toBe(PAGES - 2);
  guest.exit();
  contents.flush();
  expect(contents.usage).toMatchObject({ pages: 0, contents: 0 });
});

test('on a host that is shared, equal pages share a frame until one is about to be written', async () => {
  host.share();
  const contents = await createContents({ host, read });
  for (const [page, content] of [7, 7, 9].entries()) write(contents, page, content);
  contents.flush();
  host.ksm.settings.run = 1;
  for (let pass = 0; pass < 3; pass++) host.ksm.scan(100, { now: 0 });
  const pages = [0, PAGE].map((address) => ({ process: guest, address }));
  expect([...contents.groups()]).toEqual([{ frame: guest.frameOf(0), pages }]);
  expect(contents.sharedWith(guest, 0)).toEqual(pages.slice(1));
  expect(contents.willWrite(guest, 0)).toBe(true);
  expect(contents.willWrite(guest, 0)).toBe(false);
  expect([...contents.groups()]).toEqual([]);
  host.leave();
});

test('what fails stays noted', async () => {
  const contents = await createContents({ host, read });
  write(contents, 0, 7);
  write(contents, 1, 7);
  guest.mprotect(0, PAGE, 'r');
  expect(() => contents.flush()).toThrow(expect.objectContaining({ code: 'EFAULT' }));
  expect(() => contents.flush()).toThrow(expect.objectContaining({ code: 'EFAULT' }));
  guest.mprotect(0, PAGE, 'rw');
  contents.flush();
  expect(guest.getName(0)).toBe(guest.getName(PAGE));
  expect(contents.usage).toMatchObject({ pages: 2, contents: 1 });
});

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['a page too short', new Uint8Array(PAGE - 1)],
  ['bytes of another type', new Uint16Array(PAGE)],
])('%s is no page', async (_, given) => {
  const contents = await createContents({ host, read: () => given as Uint8Array });
  contents.update(guest, 0);
  expect(() => contents.flush()).toThrow(expect.objectContaining({ code: 'EINVAL' }));
});

test('processes of other hosts, those that have ended and pages that are not mapped are refused', async () => {
  const contents = await createContents({ host, read });
  const foreign = guestOf(await createHost({ ...LIMITS, page: 'names' }));
  const calls = [
    (space: AddressSpace) => contents.update(space, 0),
    (space: AddressSpace) => contents.willWrite(space, 0),
    (space: AddressSpace) => contents.sharedWith(space, 0),
    (space: AddressSpace) => contents.fork(space),
  ];
  for (const call of calls) {
    for (const given of [foreign, undefined, {}, 1])
      expect(() => call(given as AddressSpace)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  }
  expect(() => contents.update(guest, PAGES * PAGE)).toThrow(expect.objectContaining({ code: 'EFAULT' }));
  expect(() => contents.update(guest, 0, '1' as never)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  guest.exit();
  for (const call of calls) expect(() => call(guest)).toThrow(expect.objectContaining({ code: 'ESRCH' }));
});

test.each<[string, () => object]>([
  ['no host', () => ({ read })],
  ['no function to read', () => ({ host })],
  ['a namer that names nothing', () => ({ host, read, namer: {} })],
  ['an unknown option', () => ({ host, read, nmer: one })],
])('%s is refused', async (_, options) => {
  await expect(createContents(options() as ContentsOptions)).rejects.toMatchObject({ code: 'EINVAL' });
});

test('a host over bytes is refused, and so is what a namer gives that are no names', async () => {
  const bytes = await createHost({ ...LIMITS, memory: '4M' });
  await expect(createContents({ host: bytes, read })).rejects.toMatchObject({ code: 'EINVAL' });
  const contents = await createContents({ host, read, namer: { name: () => new BigUint64Array(2) } });
  contents.update(guest, 0);
  expect(() => contents.flush()).toThrow(expect.objectContaining({ code: 'EINVAL' }));
});
