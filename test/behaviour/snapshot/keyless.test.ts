/**
 * Snapshots without the key of the keyed hash: nothing of it and nothing that was computed with it is in the file, the
 * restored host has a key of its own, what is merged stays merged, and all other pages count as never seen.
 */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { layout } from '../../../src/engine/index.ts';
import { type Host, restoreHost, type SnapshotOptions, snapshotOf } from '../../../src/index.ts';
import { BusyMachine } from '../../support/busy.ts';
import { checkHost, engineOf } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';
import { scene } from '../../support/scene.ts';
import { collect, guest, memoryOf, parse, pass, refusal, saved, smallHost } from './helpers.ts';

type Order = 'hash' | 'content';
const ORDERS: readonly Order[] = ['hash', 'content'];

function savedAs(host: Host, options: SnapshotOptions): Promise<Uint8Array<ArrayBuffer>> {
  return collect(snapshotOf(host, options));
}

/** The words of the memory of a snapshot that lie before its frames. */
function wordsBeforeFrames(host: Host, file: Uint8Array): Uint32Array {
  return new Uint32Array(memoryOf(parse(file)).buffer).subarray(0, engineOf(host).u32(layout.H_FRAMES) / 4);
}

function keyOf(host: Host): Uint32Array {
  return engineOf(host).words.slice(layout.HASH_KEY / 4, (layout.HASH_KEY + layout.HASH_KEY_BYTES) / 4);
}

/** Every checksum that the memory holds: of items, of the zero page, and in hash order the keys of stable nodes. */
function checksumsIn(host: Host): Set<number> {
  const engine = engineOf(host);
  const found = new Set<number>([engine.u32(layout.H_ZERO_CHECKSUM)]);
  const collectAll = (base: number, count: number, bytes: number): void => {
    for (let record = 0; record < count; record++) found.add(engine.u32(engine.u32(base) + record * bytes));
  };
  const leaves = engine.u32(layout.H_FREE_LEAVES + layout.FREE_FRESH);
  collectAll(layout.H_ITEMS, leaves * layout.TABLE_ENTRIES, layout.ITEM_BYTES);
  const nodes = engine.u32(layout.H_FREE_NODES + layout.FREE_FRESH);
  if (engine.u32(layout.H_INDEX) === layout.INDEX_HASH) collectAll(layout.H_NODES, nodes, layout.NODE_BYTES);
  // Free nodes have a link there; links and small numbers are everywhere.
  for (const word of found) if (word < engine.bytes.length) found.delete(word);
  return found;
}

/** Which frame is behind each page, and what is in it. */
function contents(host: Host): unknown[] {
  return host.processes.map((space) =>
    [...space.resident()].map(({ address, frame }) => {
      const bytes = engineOf(host).bytes.slice(host.addressOf(frame), host.addressOf(frame) + PAGE);
      return `${address} ${frame} ${createHash('md5').update(bytes).digest('base64')}`;
    }),
  );
}

function frames(host: Host): unknown[] {
  return host.processes.map((space) => [...space.resident()]);
}

/** Merged pages, a full chain, and pages that are each alone; looked at for so many passes. */
async function settled(index: Order, passes: number): Promise<Host> {
  const host = await smallHost({ index, checksum: 'keyed' });
  Object.assign(host.ksm.settings, { max_page_sharing: 3, use_zero_pages: true });
  guest(host, 60, (page) => (page < 20 ? 100 + (page % 4) : page));
  guest(host, 20, (page) => (page === 0 ? 0 : 150 + page));
  for (let at = 0; at < passes; at++) pass(host);
  return host;
}

describe.each(ORDERS)('%s order', (index) => {
  test('the file has no word of the key, and no checksum', async () => {
    const host = await settled(index, 5);
    const checksums = checksumsIn(host);
    expect(checksums.size).toBeGreaterThan(50);
    const key = new Set(keyOf(host));
    key.delete(0);
    const found = (file: Uint8Array, words: Set<number>): number =>
      wordsBeforeFrames(host, file).reduce((sum, word) => sum + (words.has(word) ? 1 : 0), 0);
    const whole = await saved(host);
    expect(found(whole, key)).toBeGreaterThan(1000); // else this would show nothing
    expect(found(whole, checksums)).toBeGreaterThan(50);
    const keyless = await savedAs(host, { key: false });
    expect(found(keyless, key)).toBe(0);
    expect(found(keyless, checksums)).toBe(0);
  });

  test('the file does not depend on the key: two hosts that differ in it only give the same bytes', async () => {
    const files = [1, 2].map(async (seed) => {
      const host = await smallHost({ index, checksum: 'keyed', seed });
      guest(host, 100, (page) => page % 70);
      for (let at = 0; at < 4; at++) pass(host);
      return savedAs(host, { key: false });
    });
    const [one, other] = await Promise.all(files);
    expect(Buffer.compare(one as Uint8Array, other as Uint8Array)).toBe(0);
  });

  test('the restored host has a key of its own, another each time, or that of a seed', async () => {
    const host = await settled(index, 5);
    const file = await savedAs(host, { key: false });
    const [one, other] = [await restoreHost(file), await restoreHost(file)];
    for (const each of [one, other]) {
      checkHost(each);
      expect(keyOf(each)).not.toEqual(keyOf(host));
      expect(keyOf(each).filter((word) => word !== 0).length).toBeGreaterThan(1000);
    }
    expect(keyOf(one)).not.toEqual(keyOf(other));
    const seeded = await restoreHost(file, { seed: 77n });
    expect(keyOf(seeded)).toEqual(keyOf(await smallHost({ index, checksum: 'keyed', seed: 77 })));
    const again = await restoreHost(file, { seed: 77 });
    expect(Buffer.compare(await saved(again), await saved(seeded))).toBe(0);
  });

  test('what is merged stays merged, and nothing else is known of any page', async () => {
    const host = await settled(index, 3);
    const before = host.ksm.counters();
    expect(before.stable_node_chains).toBeGreaterThan(0);
    expect(before.pages_unshared).toBeGreaterThan(40);
    const restored = await restoreHost(await savedAs(host, { key: false }));
    checkHost(restored);
    expect(contents(restored)).toEqual(contents(host));
    const { pages_unshared, pages_volatile, ...others } = before;
    expect(restored.ksm.counters()).toEqual({
      ...others,
      pages_unshared: 0,
      pages_volatile: pages_volatile + pages_unshared,
    });
  });

  test('the next pass sees each page for the first time, the one after it merges', async () => {
    const host = await settled(index, 12); // smart scan skips most of them by now
    const skipped = host.ksm.counters().pages_skipped;
    expect(skipped).toBeGreaterThan(100);
    const [first, second] = host.processes;
    first?.write(25 * PAGE, new Uint8Array(PAGE).fill(101)); // in the stable tree
    first?.write(26 * PAGE, new Uint8Array(PAGE).fill(40)); // equal to page 40
    second?.write(5 * PAGE, new Uint8Array(PAGE)); // zero
    const before = host.ksm.counters();
    const restored = await restoreHost(await savedAs(host, { key: false }));
    pass(restored);
    checkHost(restored);
    const seen = restored.ksm.counters();
    expect(seen.pages_skipped).toBe(before.pages_skipped); // all are young again
    expect(seen.pages_unshared).toBe(0);
    const { pages_shared, pages_sharing, ksm_zero_pages } = before;
    expect(seen).toMatchObject({ pages_shared, pages_sharing, ksm_zero_pages });
    pass(restored);
    checkHost(restored);
    const merged = restored.ksm.counters();
    expect(merged.pages_skipped).toBe(before.pages_skipped);
    expect(merged.pages_volatile).toBe(1); // the zero page, until the scanner comes by again
    expect(merged.pages_shared + merged.pages_sharing).toBe(pages_shared + pages_sharing + 3);
    expect(merged.ksm_zero_pages).toBe(ksm_zero_pages + 1);
    const [again] = restored.processes;
    expect(again?.frameOf(26 * PAGE)).toBe(again?.frameOf(40 * PAGE));
  });

  test('of a scene with one of everything, in the middle of a pass', async () => {
    for (const checksum of ['keyed', 'xxh64'] as const) {
      const host = await scene(index, checksum);
      const restored = await restoreHost(await savedAs(host, { key: false }));
      checkHost(restored);
      expect(contents(restored)).toEqual(contents(host));
      for (let at = 0; at < 3; at++) {
        pass(restored);
        checkHost(restored);
      }
    }
  });

  test('recovered from as well', async () => {
    const host = await settled(index, 5);
    const restored = await restoreHost(await savedAs(host, { key: false }), { recover: true });
    checkHost(restored);
    expect(frames(restored)).toEqual(frames(host));
    expect(restored.ksm.counters().pages_sharing).toBe(host.ksm.counters().pages_sharing);
    expect(keyOf(restored)).not.toEqual(keyOf(host));
  });

  test('with XXH64 nothing hangs on the key: all is as if it were there', async () => {
    const host = await smallHost({ index, checksum: 'xxh64' });
    guest(host, 100, (page) => page % 70);
    for (let at = 0; at < 2; at++) pass(host);
    const restored = await restoreHost(await savedAs(host, { key: false }), { seed: 3 });
    const whole = await restoreHost(await saved(host));
    expect(keyOf(restored)).not.toEqual(keyOf(host));
    for (let at = 0; at < 3; at++) {
      for (const each of [restored, whole]) pass(each);
      expect(restored.ksm.counters()).toEqual(whole.ksm.counters());
      expect(frames(restored)).toEqual(frames(whole));
    }
  });

  test.each([1, 2, 3, 4])('of a busy machine, saved again and again (seed %i)', async (seed) => {
    let { host } = await BusyMachine.create(seed, { index, checksum: 'keyed' });
    for (let round = 0; round < 6; round++) {
      const machine = new BusyMachine(host, seed * 10 + round);
      for (let step = 0; step < 150; step++) machine.step();
      const restored = await restoreHost(await savedAs(host, { key: false }), { seed });
      checkHost(restored);
      expect(contents(restored)).toEqual(contents(host));
      expect(Buffer.compare(await saved(await restoreHost(await saved(restored))), await saved(restored))).toBe(0);
      host = restored;
    }
    expect(host.ksm.counters().pages_shared).toBeGreaterThan(0);
  });
});

describe('options', () => {
  test('a seed is refused where the snapshot has its key', async () => {
    const error = await refusal(restoreHost(await saved(await smallHost()), { seed: 1 }));
    expect(error).toMatchObject({ code: 'EINVAL', message: expect.stringMatching(/"seed".*has its key/) });
  });

  test('by default the key is in the file, and the restored host has it', async () => {
    const host = await settled('hash', 5);
    const file = await saved(host);
    for (const options of [{}, { key: true }, { key: undefined }] as SnapshotOptions[]) {
      expect(Buffer.compare(await savedAs(host, options), file)).toBe(0);
    }
    expect(keyOf(await restoreHost(file))).toEqual(keyOf(host));
  });

  test.each([
    [{ kee: false }, /no option "kee".* key.* macKey/],
    [{ key: 'no' }, /option "key" is /],
    [{ key: 0 }, /option "key" is /],
    [{ key: null }, /option "key" is /],
    [{ macKey: 'secret' }, /"macKey"/],
    [null, /options/],
    [7, /options/],
  ])('%o is refused', async (options, message) => {
    const host = await smallHost();
    const expected = expect.objectContaining({ code: 'EINVAL', message: expect.stringMatching(message) });
    expect(() => snapshotOf(host, options as SnapshotOptions)).toThrow(expected);
  });

  test.each([
    [{ recovr: true }, /no option "recovr"/],
    [{ recover: 'yes' }, /option "recover" is /],
    [{ macKey: 5 }, /"macKey"/],
    [{ seed: '1' }, /"seed" is /],
    [{ seed: 1.5 }, /"seed" is 1.5/],
  ])('%o is refused by restoreHost', async (options, message) => {
    const error = await refusal(restoreHost(await saved(await smallHost()), options as object));
    expect(error).toMatchObject({ code: 'EINVAL', message: expect.stringMatching(message) });
  });

  test('what every object inherits is not given', async () => {
    const host = await settled('hash', 3);
    const expected = await saved(host);
    for (const name of ['key', 'macKey']) {
      Object.defineProperty(Object.prototype, name, { value: false, configurable: true, writable: true });
    }
    try {
      expect(Buffer.compare(await savedAs(host, {}), expected)).toBe(0);
    } finally {
      for (const name of ['key', 'macKey']) Reflect.deleteProperty(Object.prototype, name);
    }
  });
});
