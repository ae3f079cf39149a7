/** Frames by number: what is out of their range is refused by the engine, and no guest's page is touched by it. */
import { describe, expect, test } from 'vitest';
import { layout } from '../../../src/engine/index.ts';
import { createHost, type FrameId, type Host } from '../../../src/index.ts';
import { checkHost } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';

const SMALL = { memory: '4M', pages: 2048, processes: 8, vmas: 64, nodes: 2, seed: 1 } as const;
const NUMBERS = [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 20, 2 ** 32, '5', 5n, undefined, null, {}];

/** A guest that has all frames, full of a word that means something in frame words. */
async function full(): Promise<{ host: Host; pages: () => Uint8Array[] }> {
  const host = await createHost(SMALL);
  const guest = host.spawn();
  const count = host.limits.frames - 4;
  guest.mmap(0, count * PAGE);
  const evil = new Uint8Array(new Uint32Array(PAGE / 4).fill(layout.FRAME_OFFLINE).buffer);
  for (let page = 0; page < count; page++) guest.write(page * PAGE, evil);
  return { host, pages: () => Array.from({ length: count }, (_, page) => guest.read(page * PAGE, PAGE)) };
}

describe.each(['online', 'offline'] as const)('%s', (call) => {
  test('refuses frames that there are not, and changes nothing', async () => {
    const { host, pages } = await full();
    const before = Buffer.concat(pages());
    const { limits } = host;
    const ranges = [
      [0, limits.frames + 5000],
      [0, limits.frames + 2],
      [limits.frames, 2],
      [0, 0],
      [0, 2 ** 32],
      [0, -1],
      ...NUMBERS.map((number) => [number, 1]),
      ...NUMBERS.map((number) => [1, number]),
    ] as [FrameId, number][];
    for (const [first, count] of ranges) {
      expect(() => host[call](first, count), `${String(first)}, ${String(count)}`).toThrow(
        expect.objectContaining({ code: 'EINVAL' }),
      );
    }
    checkHost(host);
    expect(Buffer.compare(Buffer.concat(pages()), before)).toBe(0);
  });

  test('takes the last frame that there is', async () => {
    const host = await createHost(SMALL);
    host[call](host.frame(host.limits.frames), 1);
    checkHost(host);
  });
});

test('offline refuses the zero frame, which cannot go', async () => {
  const host = await createHost(SMALL);
  expect(() => host.offline(host.frame(0), 1)).toThrow(expect.objectContaining({ code: 'EBUSY' }));
});

test.each(NUMBERS)('migrate and adoptPin refuse frame %s', async (frame) => {
  const host = await createHost(SMALL);
  for (const call of [() => host.migrate(frame as FrameId, 1), () => host.adoptPin(frame as FrameId)]) {
    expect(call).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  }
  checkHost(host);
});

test('migrate refuses NUMA nodes that there are not', async () => {
  const host = await createHost(SMALL);
  const space = host.spawn();
  space.mmap(0, PAGE);
  space.write(0, Uint8Array.of(1));
  for (const node of [2, ...NUMBERS]) {
    expect(() => host.migrate(space.frameOf(0) as FrameId, node as number)).toThrow(
      expect.objectContaining({ code: 'EINVAL' }),
    );
  }
});

test('frameOf shows nothing beyond the end of the address space', async () => {
  const host = await createHost(SMALL);
  const [one, other] = [host.spawn(), host.spawn()];
  for (const space of [one, other]) {
    space.mmap(0, 16 * PAGE);
    space.write(0, new Uint8Array(16 * PAGE).fill(1));
  }
  for (let far = 2 ** 39; far < 2 ** 52; far *= 2) {
    for (let page = 0; page < 16; page++) {
      expect(() => one.frameOf(far + page * PAGE)).toThrow(expect.objectContaining({ code: 'EFAULT' }));
    }
  }
});
