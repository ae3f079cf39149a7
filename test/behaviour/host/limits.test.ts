/** What is full says so, by the name of the limit and the option that raises it, and nothing is lost or half-done. */
import { describe, expect, test } from 'vitest';
import { type AddressSpace, createHost, type Host, KsmError, restoreHost, snapshotOf } from '../../../src/index.ts';
import { checkHost } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';

const SMALL = { memory: '2M', pages: 1024, processes: 8, vmas: 16, seed: 1 } as const;

/** Calls `action` until it fails, at most 10000 times; the error. */
function untilRefused(action: (turn: number) => void): KsmError {
  for (let turn = 0; turn < 10_000; turn++) {
    try {
      action(turn);
    } catch (error) {
      if (error instanceof KsmError) return error;
      throw error;
    }
  }
  throw new Error('nothing was refused');
}

function guestWith(host: Host, pages: number): AddressSpace {
  const guest = host.spawn();
  guest.mmap(0, pages * PAGE);
  return guest;
}

const page = (byte: number): Uint8Array => new Uint8Array(PAGE).fill(byte);

test('usage: a frame and a leaf of page tables, with all that follows from them', async () => {
  const host = await createHost(SMALL);
  const guest = guestWith(host, 1024);
  guest.write(0, page(1));
  const before = host.usage();
  guest.write(512 * PAGE, page(1)); // in the next leaf of the same middle table
  const after = host.usage();
  expect([after.frames - before.frames, after.pages - before.pages]).toEqual([1, 512]);
  const leaf = 16 + 512 * (4 + 4 + 16) + 512 / 8;
  expect(after.metadataBytes - before.metadataBytes).toBe(leaf + 8);
});

describe('limits', () => {
  test('processes: ENOMEM, and an ended one makes room', async () => {
    const host = await createHost(SMALL);
    const error = untilRefused(() => host.spawn());
    expect(error).toMatchObject({ code: 'ENOMEM', message: expect.stringContaining('"processes"') });
    expect(host.processes.length).toBe(SMALL.processes);
    host.processes[0]?.exit();
    host.spawn();
    checkHost(host);
  });

  test('processes: fork fails as a whole', async () => {
    const host = await createHost(SMALL);
    const guest = guestWith(host, 4);
    guest.write(0, page(5));
    const error = untilRefused(() => guest.fork());
    expect(error).toMatchObject({ code: 'ENOMEM', message: expect.stringContaining('"processes"') });
    expect(guest.read(0, PAGE)).toEqual(page(5));
    checkHost(host);
  });

  test('vmas: mmap is refused and the mappings before it stay', async () => {
    const host = await createHost(SMALL);
    const guest = host.spawn();
    const error = untilRefused((turn) => guest.mmap(turn * 2 * PAGE, PAGE));
    expect(error).toMatchObject({ code: 'ENOMEM', message: expect.stringContaining('"vmas"') });
    expect(host.usage().vmas).toBe(SMALL.vmas);
    guest.write(0, page(1));
    guest.munmap(2 * PAGE, PAGE);
    guest.mmap(2 * PAGE, PAGE);
    checkHost(host);
  });

  test('vmas: a madvise that would have to split is refused with EAGAIN, as on Linux at its limit', async () => {
    const host = await createHost(SMALL);
    const guest = guestWith(host, 200);
    const error = untilRefused((turn) => guest.madvise((turn * 4 + 1) * PAGE, PAGE, 'MERGEABLE'));
    expect(error).toMatchObject({ code: 'EAGAIN', message: expect.stringContaining('"vmas"') });
    checkHost(host);
  });

  test('pages: page tables run out', async () => {
    const host = await createHost({ ...SMALL, memory: '4M', vmas: 64 });
    const guest = host.spawn();
    guest.mmap(0, 2 ** 36);
    const error = untilRefused((turn) => guest.touch(turn * 512 * PAGE, 1));
    expect(error).toMatchObject({ code: 'ENOMEM', message: expect.stringContaining('"pages"') });
    guest.munmap(0, 2 ** 36);
    guest.mmap(0, PAGE);
    guest.touch(0, 1);
    checkHost(host);
  });

  test.each(['content', 'hash'] as const)(
    'frames: a write that needs a copy fails, its old bytes stay (%s order)',
    async (index) => {
      const host = await createHost({ ...SMALL, pages: 4096, index });
      const pages = host.limits.frames + 2;
      const guest = guestWith(host, pages + 1);
      guest.madvise(0, (pages + 1) * PAGE, 'MERGEABLE');
      guest.write(0, page(7));
      guest.write(PAGE, page(7));
      host.ksm.settings.run = 1;
      for (let pass = 0; pass < 3; pass++) host.ksm.scan(1000);
      expect(host.ksm.counters()).toMatchObject({ pages_shared: 1, pages_sharing: 1 });
      const error = untilRefused((turn) => guest.write((turn + 2) * PAGE, page(turn)));
      expect(error).toMatchObject({ code: 'ENOMEM', message: expect.stringContaining('"memory"') });
      expect(() => guest.write(PAGE, page(8))).toThrow(expect.objectContaining({ code: 'ENOMEM' }));
      expect(guest.read(PAGE, PAGE)).toEqual(page(7));
      checkHost(host);
      guest.madvise(10 * PAGE, PAGE, 'DONTNEED');
      guest.write(PAGE, page(8));
      expect([guest.read(0, PAGE), guest.read(PAGE, PAGE)]).toEqual([page(7), page(8)]);
      checkHost(host);
    },
  );

  test.each(['content', 'hash'] as const)(
    'frames: run = 2 needs one for each merged page; where they run out, run is 0, no byte is lost, and scanning goes on (%s order)',
    async (index) => {
      const host = await createHost({ ...SMALL, pages: 4096, index });
      const pages = host.limits.frames - 2;
      const guest = guestWith(host, 2 * pages);
      guest.madvise(0, 2 * pages * PAGE, 'MERGEABLE');
      host.ksm.settings.smart_scan = false;
      host.ksm.settings.run = 1;
      for (let i = 0; i < 40; i++) guest.write(i * PAGE, i < 30 ? Uint8Array.of(1, i) : page(3));
      for (let pass = 0; pass < 3; pass++) host.ksm.scan(1000);
      untilRefused((turn) => guest.write((50 + turn) * PAGE, Uint8Array.of(turn, turn >> 8, 9)));
      for (let pass = 0; pass < 2; pass++) host.ksm.scan(1000);
      host.ksm.scan(20); // in the middle of a pass
      expect(() => host.ksm.write('run', '2')).toThrow(expect.objectContaining({ code: 'ENOMEM' }));
      expect(host.ksm.read('run')).toBe('0\n');
      checkHost(host);
      for (let i = 30; i < 40; i++) expect(guest.read(i * PAGE, PAGE)).toEqual(page(3));
      host.ksm.settings.run = 1;
      for (let pass = 0; pass < 4; pass++) {
        host.ksm.scan(30);
        checkHost(host);
      }
    },
  );

  test.each([
    ['memory', { memory: '12X' }],
    ['memory', { memory: 2 ** 33 }],
    ['pages', { pages: 0 }],
    ['processes', { processes: 1.5 }],
    ['vmas', { vmas: -1 }],
    ['nodes', { nodes: 17 }],
  ])('a wrong option %s is named', async (name, options) => {
    const refused = createHost(options as object).catch((error: unknown) => error);
    const error = (await refused) as KsmError;
    expect(error.code).toBe('EINVAL');
    expect(error.message).toContain(
      name === 'memory' && 'memory' in options && typeof options.memory === 'string' ? '12X' : name,
    );
  });

  test.each(['bytes', 'names'] as const)('frames: exactly so many, however large the memory is (%s)', async (kind) => {
    const host = await createHost({ ...SMALL, memory: '4M', page: kind, frames: 100 });
    const guest = guestWith(host, 200);
    const write = (at: number): void =>
      kind === 'bytes' ? guest.write(at * PAGE, page(1 + at)) : guest.setName(at * PAGE, BigInt(1 + at));
    for (let at = 0; at < 100; at++) write(at);
    expect([host.limits.frames, host.usage().frames]).toEqual([100, 100]);
    const error = untilRefused((turn) => write(100 + turn));
    expect(error).toMatchObject({ code: 'ENOMEM', message: expect.stringContaining('"frames"') });
    expect(host.usage().frames).toBe(100);
    checkHost(host);
    guest.madvise(0, PAGE, 'DONTNEED');
    write(150);
    checkHost(host);
    expect((await restoreHost(snapshotOf(host))).limits.frames).toBe(100);
  });

  test('frames: a memory that has no room for them says so, and NUMA nodes share them', async () => {
    const refused = createHost({ ...SMALL, frames: 1000 });
    const names = expect.stringMatching(/no room for 1000 frames.*"memory".*"frames"/);
    await expect(refused).rejects.toMatchObject({ code: 'ENOMEM', message: names });
    await expect(createHost({ ...SMALL, nodes: 4, frames: 7 })).rejects.toMatchObject({ code: 'EINVAL' });
    const host = await createHost({ ...SMALL, nodes: 4, frames: 8 });
    expect(host.limits.frames).toBe(8);
    checkHost(host);
  });

  test('a memory too small for the limits says what to change', async () => {
    const refused = createHost({ memory: '1M', pages: 2 ** 20 });
    await expect(refused).rejects.toMatchObject({ code: 'ENOMEM', message: expect.stringContaining('"memory"') });
  });

  test('a process that ended answers ESRCH', async () => {
    const guest = guestWith(await createHost(SMALL), 1);
    guest.exit();
    expect(() => guest.read(0, 1)).toThrow(expect.objectContaining({ code: 'ESRCH' }));
  });
});
