/** A host whose pages are names: how it is laid out, and what it refuses. */
import { expect, test } from 'vitest';
import { layout } from '../../../src/engine/index.ts';
import { createContents, createHost, type KsmError } from '../../../src/index.ts';
import { engineOf } from '../../support/inside.ts';

function refusalOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return (error as KsmError).code;
  }
}

test('a tree has a root for a few frames at any size; of bytes, a few roots for a frame', async () => {
  for (const [page, fewest] of [
    ['bytes', 0.25],
    ['names', 1],
  ] as const) {
    for (const memory of ['8M', '64M', '256M']) {
      const host = await createHost({ memory, page, pages: 2 ** 16, processes: 16, vmas: 64 });
      const frames = host.limits.frames / engineOf(host).u32(layout.H_ROOT_COUNT);
      expect(frames, `${page}, ${memory}`).toBeGreaterThan(fewest);
      expect(frames, `${page}, ${memory}`).toBeLessThanOrEqual(4 * fewest);
      host[Symbol.dispose]();
    }
  }
});

test('bytes are refused where pages are names, names where they are bytes, and what names do not have', async () => {
  const small = { memory: '8M', pages: 1024, processes: 4, vmas: 16 } as const;
  const [names, bytes] = await Promise.all([createHost({ ...small, page: 'names' }), createHost(small)]);
  for (const host of [names, bytes]) host.spawn().mmap(0, 4096);
  const [named, plain] = [names.processes[0], bytes.processes[0]];
  expect(refusalOf(() => named?.write(0, Uint8Array.of(1)))).toBe('EINVAL');
  expect(refusalOf(() => named?.read(0, 1))).toBe('EINVAL');
  expect(refusalOf(() => plain?.setName(0, 1n))).toBe('EINVAL');
  expect(refusalOf(() => plain?.getName(0))).toBe('EINVAL');
  expect(named?.getName(0)).toBe(0n);
  expect(refusalOf(() => named?.setName(4096, 1n))).toBe('EFAULT');
  await expect(createHost({ ...small, checksum: 'xxh64', page: 'names' })).rejects.toMatchObject({ code: 'EINVAL' });
  const ordered = await createHost({ ...small, index: 'content', page: 'names' });
  await expect(createContents({ host: ordered, read: () => new Uint8Array(4096) })).rejects.toMatchObject({
    code: 'EINVAL',
    message: expect.stringContaining('content order'),
  });
});

test.each(['alone', 'shared'])(
  'many names at once are the same as one by one, up to the page that cannot have its own (%s)',
  async (how) => {
    const host = await createHost({ memory: '8M', pages: 1024, processes: 4, vmas: 16, page: 'names' });
    if (how === 'shared') host.share();
    const space = host.spawn();
    space.mmap(0, 3 * 4096);
    const names = BigUint64Array.of(5n, 0n, 2n ** 64n - 1n, 9n);
    space.setNames(0, names.subarray(0, 3));
    expect([0, 1, 2].map((page) => space.getName(page * 4096))).toEqual([5n, 0n, 2n ** 64n - 1n]);
    expect(refusalOf(() => space.setNames(4096, names))).toBe('EFAULT');
    expect([0, 1, 2].map((page) => space.getName(page * 4096))).toEqual([5n, 5n, 0n]);
    space.setNames(4096, new BigUint64Array());
    expect(refusalOf(() => space.setNames(0, new Float64Array(1) as never))).toBe('EINVAL');
    expect(refusalOf(() => space.setNames(2 ** 39 - 4096, names))).toBe('EFAULT');
  },
);
