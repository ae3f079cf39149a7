/** Snapshots with MACs: who has no key can neither make one nor change one, and nothing is made of one before that is known. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type Host,
  type MacKey,
  restoreHost,
  type SnapshotOptions,
  saveSnapshot,
  snapshotOf,
} from '../../../src/index.ts';
import { checkHost } from '../../support/inside.ts';
import { build, busyHost, collect, hmac, type Parts, parse, refusal, saved, sealed, smallHost } from './helpers.ts';

const KEY = Uint8Array.from({ length: 32 }, (_, at) => at * 7 + 1);
const OTHER = Uint8Array.from({ length: 32 }, (_, at) => at * 7 + 2);
const HMAC = { name: 'HMAC', hash: 'SHA-256' };

let host: Host;
let plain: Uint8Array<ArrayBuffer>;
let whole: Uint8Array<ArrayBuffer>;
let parts: Parts;

function savedWith(machine: Host, options: SnapshotOptions): Promise<Uint8Array<ArrayBuffer>> {
  return collect(snapshotOf(machine, options));
}

beforeAll(async () => {
  host = await busyHost();
  plain = await saved(host);
  whole = await savedWith(host, { macKey: KEY });
  parts = parse(whole);
});

/** Refused with one clear message, and without a memory having been made where the head tells. */
async function expectRefused(bytes: Uint8Array, macKey: MacKey | undefined, message: RegExp): Promise<void> {
  const error = await refusal(restoreHost(bytes, macKey === undefined ? {} : { macKey }));
  expect(error.code).toBe('EFORMAT');
  expect(error.message).toMatch(/^The snapshot is refused: /);
  expect(error.message).toMatch(message);
}

/** The same where the head is enough to refuse it. */
async function expectRefusedByHead(bytes: Uint8Array, macKey: MacKey | undefined, message: RegExp): Promise<void> {
  const { Memory } = WebAssembly;
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      throw new Error('a memory was made');
    }
  };
  try {
    await expectRefused(bytes, macKey, message);
  } finally {
    WebAssembly.Memory = Memory;
  }
}

describe('a file', () => {
  test('has the pieces of one without MACs, and after each digest its HMAC', () => {
    const without = parse(plain);
    expect(parts.chunks.length).toBeGreaterThan(1);
    expect(parts.chunks).toEqual(without.chunks);
    expect(parts.macs.length).toBe(parts.digests.length);
    for (const [at, digest] of parts.digests.entries()) {
      expect(Buffer.compare(parts.macs[at] as Uint8Array, hmac(KEY, digest))).toBe(0);
    }
    expect(parts.boundaries.at(-1)).toBe(whole.length);
    expect(Buffer.compare(build(parts, KEY), whole)).toBe(0);
  });

  test.each<[string, () => Promise<MacKey>]>([
    ['bytes', async () => KEY],
    ['an ArrayBuffer', async () => KEY.slice().buffer],
    ['a view of other elements', async () => new Uint16Array(KEY.slice().buffer)],
    [
      'a part of shared memory',
      async () => {
        const shared = new Uint8Array(new SharedArrayBuffer(40));
        shared.set(KEY, 4);
        return shared.subarray(4, 36);
      },
    ],
    ['a CryptoKey', () => crypto.subtle.importKey('raw', KEY, HMAC, false, ['sign', 'verify'])],
  ])('is the same and is restored, with a key given as %s', async (_, keyOf) => {
    const macKey = await keyOf();
    expect(Buffer.compare(await savedWith(host, { macKey }), whole)).toBe(0);
    const restored = await restoreHost(whole, { macKey });
    checkHost(restored);
    expect(Buffer.compare(await saved(restored), plain)).toBe(0);
  });

  test('does not change with the key’s bytes, once the call is made', async () => {
    const macKey = KEY.slice();
    const pieces = snapshotOf(host, { macKey });
    macKey.fill(0);
    expect(Buffer.compare(await collect(pieces), whole)).toBe(0);
  });

  test('goes without the key of the hash as well', async () => {
    const file = await savedWith(host, { macKey: KEY, key: false });
    (await restoreHost(file, { macKey: KEY })).check();
    await expectRefusedByHead(file, OTHER, /MAC/);
  });
});

describe('refused', () => {
  test('with another key: by the head alone', async () => {
    await expectRefusedByHead(whole, OTHER, /its head does not have the MAC of this "macKey"/);
  });

  test('with no key: MACs that cannot be checked', async () => {
    await expectRefusedByHead(whole, undefined, /it has MACs: give the "macKey"/);
  });

  test('without MACs, where a key is given', async () => {
    await expectRefusedByHead(plain, KEY, /it has no MAC, and a "macKey" was given/);
  });

  test('stripped of its MACs', async () => {
    await expectRefusedByHead(build(parts), KEY, /it has no MAC/);
  });

  test('changed by somebody who can make digests, in whichever chunk', async () => {
    const headBytes = whole.length - parts.chunks.reduce((sum, chunk) => sum + chunk.length + 64, 64);
    const head = whole.subarray(0, headBytes);
    for (const index of parts.chunks.keys()) {
      const chunks = parts.chunks.map((chunk) => chunk.slice());
      const changed = chunks[index] as Uint8Array;
      changed[changed.length - 1] = (changed.at(-1) as number) ^ 1;
      const forged = sealed(head, chunks, OTHER);
      // The MACs that were there, for digests that are right.
      const pieces = forged.map((piece, at) => (isMac(at) ? (parts.macs[Math.floor(at / 3)] as Uint8Array) : piece));
      await expectRefused(Buffer.concat([head, ...pieces]), KEY, new RegExp(`chunk ${index} does not have the MAC`));
    }
  });

  /** Pieces behind a head: digest, MAC, and then for each chunk its bytes, digest, MAC. */
  function isMac(at: number): boolean {
    return at === 1 || (at > 1 && (at - 2) % 3 === 2);
  }

  test('made of pieces of two files with the same key', async () => {
    const other = await busyHost();
    other.processes[0]?.write(0, Uint8Array.of(200));
    const second = parse(await savedWith(other, { macKey: KEY }));
    const at = (file: Parts): number => file.boundaries.length - 3 * (file.chunks.length - 1) - 1;
    const [cut, from] = [parts.boundaries[at(parts)] as number, second.boundaries[at(second)] as number];
    const rest = (await savedWith(other, { macKey: KEY })).subarray(from);
    await expectRefused(Buffer.concat([whole.subarray(0, cut), rest]), KEY, /damaged/);
  });

  test('with any bit of a MAC flipped, or cut off anywhere', async () => {
    const bits = fc.tuple(fc.nat(parts.macs.length - 1), fc.nat(255));
    const flipAt = async ([mac, bit]: [number, number]): Promise<void> => {
      const copy = whole.slice();
      const at = (parts.macs[mac] as Uint8Array).byteOffset + (bit >> 3);
      copy[at] = (copy[at] as number) ^ (1 << (bit & 7));
      await expectRefused(copy, KEY, /does not have the MAC/);
    };
    await fc.assert(fc.asyncProperty(bits, flipAt), { numRuns: 30 });
    for (const end of parts.boundaries.slice(-8, -1)) await expectRefused(whole.subarray(0, end), KEY, /ends after/);
  });

  test('damage is called damage, whatever the key', async () => {
    const copy = whole.slice();
    copy[44] = (copy[44] as number) ^ 1;
    for (const key of [KEY, OTHER, undefined]) await expectRefusedByHead(copy, key, /its head is damaged/);
  });
});

describe('keys that are none are refused before anything is done', () => {
  test.each<[string, () => Promise<unknown>, RegExp]>([
    ['too short', async () => new Uint8Array(15), /has 15 bytes; expected at least 16 secret bytes/],
    ['empty', async () => new ArrayBuffer(0), /has 0 bytes/],
    ['an object', async () => ({ length: 32 }), /macKey/],
    [
      'for another algorithm',
      () => crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt']),
      /AES-GCM/,
    ],
    [
      'for another hash',
      () => crypto.subtle.importKey('raw', KEY, { name: 'HMAC', hash: 'SHA-1' }, false, ['sign', 'verify']),
      /HMAC/,
    ],
  ])('%s', async (_, keyOf, message) => {
    const macKey = (await keyOf()) as MacKey;
    const expected = { code: 'EINVAL', message: expect.stringMatching(message) };
    expect(() => snapshotOf(host, { macKey })).toThrow(expect.objectContaining(expected));
    expect(await refusal(saveSnapshot(host, '/nowhere/at/all', { macKey }))).toMatchObject(expected);
    expect(await refusal(restoreHost(whole, { macKey }))).toMatchObject(expected);
  });

  test('a CryptoKey that may not do what is wanted', async () => {
    const signs = await crypto.subtle.importKey('raw', KEY, HMAC, false, ['sign']);
    const verifies = await crypto.subtle.importKey('raw', KEY, HMAC, false, ['verify']);
    const file = await savedWith(await smallHost(), { macKey: signs });
    (await restoreHost(file, { macKey: verifies })).check();
    expect(await refusal(restoreHost(file, { macKey: signs }))).toMatchObject({ code: 'EINVAL' });
    expect(() => snapshotOf(host, { macKey: verifies })).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });
});
