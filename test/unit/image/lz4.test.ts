/** XXH32 against the vectors of its specification's reference, and LZ4 frames of each kind that were put together by hand. */
import { expect, it } from 'vitest';
import type { ByteSource } from '../../../src/image/bytes/byte-source.ts';
import { unpackBlock } from '../../../src/image/wrappings/lz4/block.ts';
import { lz4 } from '../../../src/image/wrappings/lz4/lz4.ts';
import { Xxh32, xxh32 } from '../../../src/image/wrappings/lz4/xxh32.ts';

/** Published: of nothing, and of two texts, with seed 0. */
it.each([
  ['', 0x02cc_5d05],
  ['abc', 0x32d1_53ff],
  ['Nobody inspects the spammish repetition', 0xe229_3b2f],
])('XXH32 of %j', (text, hash) => {
  expect(xxh32(Buffer.from(text))).toBe(hash);
  const pieces = new Xxh32();
  for (const byte of Buffer.from(text)) pieces.add(Uint8Array.of(byte));
  expect(pieces.value).toBe(hash);
});

class Memory implements ByteSource {
  readonly name = 'memory';
  readonly size: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.size = bytes.length;
  }

  read(into: Uint8Array, position: number): number {
    const some = this.#bytes.subarray(position, position + into.length);
    into.set(some);
    return some.length;
  }
}

/** What comes out of lz4. */
async function unpacked(...parts: readonly Uint8Array[]): Promise<string> {
  const chunks: Uint8Array[] = [];
  await lz4.unwrap(new Memory(Buffer.concat(parts)), {
    spool: async (_, all) => {
      for await (const chunk of all) chunks.push(chunk);
      return new Memory(new Uint8Array());
    },
  });
  return Buffer.concat(chunks).toString();
}

const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};

/** Flags and size of blocks with their checksum. */
function head(flags: number): Buffer {
  const descriptor = Uint8Array.of(flags, 0x40);
  return Buffer.concat([word(0x184d_2204), descriptor, Uint8Array.of((xxh32(descriptor) >>> 8) & 0xff)]);
}

/** "abcabcabcabcX": three literals, nine bytes from three back, one literal. */
const PACKED = Uint8Array.of(0x35, 0x61, 0x62, 0x63, 3, 0, 0x10, 0x58);
const TEXT = 'abcabcabcabcX';
const BLOCK = Buffer.concat([word(PACKED.length), PACKED]);
const END = word(0);
const plain = (text: string): Buffer => Buffer.concat([word(2 ** 31 + text.length), Buffer.from(text)]);

it('a block', () => {
  const out = new Uint8Array(64);
  expect(unpackBlock(PACKED, out, 0)).toBe(TEXT.length);
  expect(Buffer.from(out.subarray(0, TEXT.length)).toString()).toBe(TEXT);
});

it.each([
  ['nothing', []],
  ['a distance of 0', [0x30, 0x61, 0x62, 0x63, 0, 0, 0x10, 0x58]],
  ['more than there was', [0x30, 0x61, 0x62, 0x63, 4, 0, 0x10, 0x58]],
  ['literals that are not there', [0xf0, 200, 0x61]],
  ['a length without an end', [0xf0, 255, 255]],
  ['no last literals', [0x30, 0x61, 0x62, 0x63, 3, 0]],
  ['half a distance', [0x30, 0x61, 0x62, 0x63, 3]],
  ['more than fits', [0x3f, 0x61, 0x62, 0x63, 3, 0, 255, 255, 0, 0x10, 0x58]],
])('a block of %s is refused', (_, bytes) => {
  expect(unpackBlock(Uint8Array.from(bytes), new Uint8Array(64), 0)).toBeUndefined();
});

it('frames one behind the other, with checksums and without, packed or not, and one to be skipped', async () => {
  const sums = Buffer.concat([head(0x74), BLOCK, word(xxh32(PACKED)), END, word(xxh32(Buffer.from(TEXT)))]);
  const skipped = Buffer.concat([word(0x184d_2a5f), word(3), Buffer.from('???')]);
  expect(await unpacked(head(0x60), plain('one '), BLOCK, END, skipped, sums)).toBe(`one ${TEXT}${TEXT}`);
});

it('blocks that reach back into those before', async () => {
  const back = Uint8Array.of(0x02, 13, 0, 0x10, 0x59); // six bytes from thirteen back, and one literal
  expect(await unpacked(head(0x40), BLOCK, word(back.length), back, END)).toBe(`${TEXT}abcabcY`);
  await expect(unpacked(head(0x60), BLOCK, word(back.length), back, END)).rejects.toThrow('cannot be unpacked');
});

it('the legacy kind, up to the end of the file or another frame', async () => {
  const legacy = Buffer.concat([word(0x184c_2102), BLOCK]);
  expect(await unpacked(legacy, head(0x60), plain('two'), END, legacy)).toBe(`${TEXT}two${TEXT}`);
});

it.each([
  ['cut in a block', [head(0x60), BLOCK.subarray(0, 9)], 'unexpected end of file'],
  ['without an end', [head(0x60), BLOCK], 'unexpected end of file'],
  ['another checksum of the frame', [head(0x64), BLOCK, END, word(1)], 'wrong checksum'],
  ['another checksum of a block', [head(0x70), BLOCK, word(1), END], 'wrong checksum'],
  [
    'another checksum of the head',
    [Buffer.concat([head(0x60).subarray(0, 6), Uint8Array.of(0)]), END],
    'wrong checksum',
  ],
  ['a block beyond its size', [head(0x60), word(70_000), Buffer.alloc(70_000)], 'too large'],
  ['something behind it', [head(0x60), END, Buffer.from('more')], 'no frame'],
])('%s: EFORMAT', async (_, parts, why) => {
  await expect(unpacked(...parts)).rejects.toMatchObject({ code: 'EFORMAT', message: expect.stringContaining(why) });
});
