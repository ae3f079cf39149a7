/**
 * What mprotect denies is denied to every access, whatever becomes of the page meanwhile: with the host to itself, and beside other
 * threads, where reads do not ask the engine. As mprotect(2): an access that is not allowed fails (EFAULT in a system call).
 */
import { describe, expect, test } from 'vitest';
import { type AddressSpace, createHost, type Host } from '../../../src/index.ts';
import { checkHost } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';

const BASE = 2 ** 21;
const HUGE = 512;

async function makeHost(isShared: boolean): Promise<Host> {
  const host = await createHost({ memory: '32M', seed: 1 });
  if (isShared) host.share();
  host.ksm.settings.smart_scan = false;
  host.ksm.settings.use_zero_pages = true;
  host.ksm.settings.run = 1;
  return host;
}

function scan(host: Host): void {
  for (let pass = 0; pass < 3; pass++) while (!host.ksm.scan(10_000).passEnded);
}

function expectDenied(space: AddressSpace, pages: number): void {
  for (let page = 0; page < pages; page++) {
    const at = BASE + page * PAGE;
    expect(() => space.read(at, 1), `page ${page}`).toThrow(expect.objectContaining({ code: 'EFAULT' }));
    expect(() => space.write(at, Uint8Array.of(1)), `page ${page}`).toThrow(
      expect.objectContaining({ code: 'EFAULT' }),
    );
  }
}

describe.each([
  ['with the host to itself', false],
  ['beside other threads', true],
])('%s', (_, isShared) => {
  test.each([false, true])('pages that are merged, unmerged, forked (huge: %s)', async (hugepage) => {
    const host = await makeHost(isShared);
    const space = host.spawn();
    const pages = hugepage ? HUGE : 6;
    space.mmap(BASE, pages * PAGE, { hugepage });
    space.madvise(BASE, pages * PAGE, 'MERGEABLE');
    const contents = [1, 1, 0, 2, 1, 0]; // equal pages, zero-filled ones, one of its own
    contents.forEach((byte, page) => {
      space.write(BASE + page * PAGE, new Uint8Array(PAGE).fill(byte));
    });
    for (const page of [0, 1]) expect(space.read(BASE + page * PAGE, 1)[0]).toBe(1); // so that they may be remembered
    space.mprotect(BASE, pages * PAGE, 'none');
    expectDenied(space, contents.length);
    scan(host);
    const counters = host.ksm.counters();
    expect(counters.pages_sharing).toBe(2);
    expect(counters.ksm_zero_pages).toBe(hugepage ? 0 : 2); // of a huge page the split finds them, before KSM does
    expectDenied(space, contents.length);
    const child = space.fork();
    expectDenied(child, contents.length);
    host.ksm.settings.run = 2;
    expectDenied(space, contents.length);
    checkHost(host);
    space.mprotect(BASE, pages * PAGE, 'r');
    const seen = contents.map((byte, page) => [byte, space.read(BASE + page * PAGE, 1)[0]]);
    for (const [byte, read] of seen) expect(read).toBe(byte);
    expect(() => space.write(BASE, Uint8Array.of(9))).toThrow(expect.objectContaining({ code: 'EFAULT' }));
    expectDenied(child, contents.length);
    space.mprotect(BASE, pages * PAGE, 'rw');
    space.write(BASE, Uint8Array.of(9));
    expect(space.read(BASE, 2)).toEqual(Uint8Array.of(9, 1));
    checkHost(host);
  });

  test('a part of a mapping, shared memory, memory denied from the start', async () => {
    const host = await makeHost(isShared);
    const space = host.spawn();
    space.mmap(BASE, 3 * PAGE, { shared: true });
    for (const page of [0, 1, 2]) space.write(BASE + page * PAGE, Uint8Array.of(7));
    const child = space.fork();
    child.touch(BASE, 3 * PAGE);
    child.mprotect(BASE + PAGE, PAGE, 'none');
    expect(() => child.read(BASE + PAGE, 1)).toThrow(expect.objectContaining({ code: 'EFAULT' }));
    for (const page of [0, 2]) expect(child.read(BASE + page * PAGE, 1)[0]).toBe(7);
    expect(space.read(BASE + PAGE, 1)[0]).toBe(7);
    child.mprotect(BASE + PAGE, PAGE, 'rw');
    child.write(BASE + PAGE, Uint8Array.of(8));
    expect(space.read(BASE + PAGE, 1)[0]).toBe(8);
    const other = 2 * BASE;
    space.mmap(other, PAGE, { prot: 'none' });
    expect(() => space.read(other, 1)).toThrow(expect.objectContaining({ code: 'EFAULT' }));
    space.mprotect(other, PAGE, 'r');
    expect(space.read(other, 1)[0]).toBe(0);
    checkHost(host);
  });
});
