/**
 * A snapshot is read from whatever gives bytes, in pieces of any length, and what is read from is let go of in the end.
 */
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Host, restoreHost, type SnapshotSource, snapshotOf } from '../../../src/index.ts';
import { busyHost, refusal, saved } from './helpers.ts';

let host: Host;
let whole: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  host = await busyHost();
  whole = await saved(host);
});

async function expectRestored(source: SnapshotSource): Promise<void> {
  expect(Buffer.compare(await saved(await restoreHost(source)), whole)).toBe(0);
}

function pieces(ends: readonly number[]): Uint8Array[] {
  const cuts = [0, ...[...ends].sort((a, b) => a - b), whole.length];
  return cuts.slice(1).map((end, index) => whole.subarray(cuts[index], end));
}

test('bytes, also in shared memory or in the middle of a buffer', async () => {
  await expectRestored(whole);
  await expectRestored(whole.buffer);
  const padded = new Uint8Array(whole.length + 13);
  padded.set(whole, 13);
  await expectRestored(padded.subarray(13));
  const shared = new Uint8Array(new SharedArrayBuffer(whole.length));
  shared.set(whole);
  await expectRestored(shared);
});

test('what a browser has: a Blob, and a stream', async () => {
  await expectRestored(new Blob([whole]));
  await expectRestored(new Blob([whole]).stream());
  await expectRestored(new Response(whole).body as ReadableStream<Uint8Array>);
});

test('what Node.js has: a Readable', async () => {
  await expectRestored(Readable.from(pieces([1000, 50_000])));
});

test('another host, without a file between', async () => {
  await expectRestored(snapshotOf(host));
});

test('pieces of any lengths', async () => {
  const inPieces = (ends: number[]): Promise<void> => expectRestored(pieces(ends));
  await fc.assert(fc.asyncProperty(fc.array(fc.nat(whole.length), { maxLength: 50 }), inPieces), { numRuns: 20 });
  await expectRestored(Array.from(whole, (_, at) => whole.subarray(at, at + 1)));
});

describe('a source that fails', () => {
  test('its own error passes through', async () => {
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield whole.subarray(0, 5000);
      throw new TypeError('the line is dead');
    };
    await expect(restoreHost(broken())).rejects.toThrow(new TypeError('the line is dead'));
  });

  test('pieces that are no bytes', async () => {
    const error = await refusal(restoreHost(['text'] as unknown as Iterable<Uint8Array>));
    expect(error.code).toBe('EINVAL');
    expect(error.message).toContain('string');
  });
});

test.each([5, true, null, undefined, {}, () => whole, Symbol('file'), 5n])('%o is no source', async (source) => {
  const error = await refusal(restoreHost(source as unknown as string));
  expect(error).toMatchObject({ code: 'EINVAL', message: expect.stringMatching(/^A snapshot is read from the path/) });
});

describe('let go of in the end', () => {
  /** Bytes in two pieces, and how they were left. */
  function watched(bytes: Uint8Array): { source: AsyncIterable<Uint8Array>; left: () => boolean } {
    let left = false;
    const give = async function* (): AsyncGenerator<Uint8Array> {
      try {
        yield bytes.subarray(0, 100);
        yield bytes.subarray(100);
      } finally {
        left = true;
      }
    };
    return { source: give(), left: () => left };
  }

  test('an iterable, restored or refused', async () => {
    for (const bytes of [whole, whole.subarray(0, 5000), new Uint8Array(1000)]) {
      const { source, left } = watched(bytes);
      await restoreHost(source).catch(() => undefined);
      expect(left()).toBe(true);
    }
  });

  test('a stream is cancelled where it is refused', async () => {
    let cancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(1000)),
      cancel: () => {
        cancelled = true;
      },
    });
    expect((await refusal(restoreHost(stream))).code).toBe('EFORMAT');
    expect(cancelled).toBe(true);
  });
});
