/** Options of all calls: names that there are not, and values of a wrong kind or size, are refused; only an object's own count. */
import { describe, expect, test } from 'vitest';
import { attachHost, createHost, restoreHost } from '../../../src/index.ts';
import { PAGE } from '../../support/page.ts';
import { guest, SMALL } from './guest.ts';
import { refusal, refused } from './refusal.ts';

describe('options', () => {
  test('that there are not are refused, and the nearest is named', async () => {
    const { host, space } = await guest();
    await expect(createHost({ memmory: '16M' } as never)).rejects.toEqual(
      refusal('EINVAL', '"memmory"', 'Did you mean "memory"?'),
    );
    await expect(restoreHost(new Uint8Array(1), { recovr: true } as never)).rejects.toEqual(
      refusal('EINVAL', 'recover'),
    );
    await expect(host.ksmd.start({ scaners: 2 } as never)).rejects.toEqual(refusal('EINVAL', '"scanners"'));
    await expect(host.ksmd.run({ singal: 1 } as never).next()).rejects.toEqual(refusal('EINVAL', '"signal"'));
    refused(() => attachHost(host.share(), { wroker: 1 } as never), 'EINVAL', '"worker"');
    refused(() => space.mmap(0, PAGE, { hugepages: true } as never), 'EINVAL', '"hugepage"');
    refused(() => host.spawn({ nodes: 1 } as never), 'EINVAL', '"node"');
    refused(() => host.ksm.scan(1, { noww: 1 } as never), 'EINVAL', '"now"');
    await expect(createHost({ cures: { smartscan: true } } as never)).rejects.toEqual(
      refusal('EINVAL', 'smartScanPhase'),
    );
  });

  test.each([5, 'memory', null, [], new Map(), () => 1, new (class Options {})()])(
    'are an object: not %s',
    async (given) => {
      await expect(createHost(given as never)).rejects.toEqual(refusal('EINVAL'));
    },
  );

  test.each([
    { memory: Number.NaN },
    { memory: 2 ** 33 },
    { memory: 16n },
    { memory: '16Q' },
    { memory: {} },
    { pages: 0 },
    { pages: '5' },
    { processes: 0.5 },
    { vmas: -1 },
    { nodes: 17 },
    { index: 'hashed' },
    { checksum: 'crc' },
    { dirtyTracking: true },
    { scanners: 0 },
    { scanners: 65 },
    { seed: -1 },
    { seed: 2n ** 64n },
    { seed: 2 ** 60 },
    { seed: 0.5 },
    { seed: '1' },
    { debug: 1 },
    { wasm: 5 },
    { wasm: new Uint8Array(3) },
    { clock: {} },
    { clock: { now: 1 } },
    { cures: true },
    { workerUrl: 5 },
    { onWarning: 'x' },
  ])('of a wrong kind or size: %o', async (given) => {
    const code = given.wasm instanceof Uint8Array ? 'EFORMAT' : 'EINVAL';
    await expect(createHost(given as never)).rejects.toEqual(refusal(code));
  });

  test('count only if they are the object’s own', async () => {
    const prototype = Object.prototype as unknown as Record<string, unknown>;
    const { host } = await guest();
    const space = host.spawn();
    try {
      for (const [name, value] of Object.entries({
        prot: 'none',
        node: 99,
        shared: true,
        now: 'x',
        memory: 'nothing',
      })) {
        Object.defineProperty(prototype, name, { value, configurable: true, enumerable: true });
      }
      space.mmap(0, PAGE, { hugepage: false });
      space.write(0, Uint8Array.of(1));
      host.spawn({});
      host.ksm.settings.run = 1;
      host.ksm.scan(1, {});
      await createHost({ ...SMALL });
    } finally {
      for (const name of ['prot', 'node', 'shared', 'now', 'memory']) delete prototype[name];
    }
    expect(space.read(0, 1)[0]).toBe(1);
  });
});
