/**
 * AVML with compression: ranges of physical memory as in LiME, the bytes of each as frames of Snappy, and behind those how long they were.
 *
 * A chunk of a frame has at most 64 KiB, so a page is found by unpacking one chunk. Opening reads the headers of all chunks.
 */
import type { ByteSource } from './bytes/byte-source.ts';
import { damaged, Fields, refused, startsWith } from './bytes/fields.ts';
import { snappyLength, unpackSnappy } from './codecs/snappy.ts';
import { truncated } from './cut.ts';
import type { ImageFormat } from './format.ts';
import { HEADER_BYTES, rangeHeader } from './lime.ts';
import { type Piece, pieced } from './pieces.ts';
import { PAGE_BYTES } from './source.ts';

/** Of a chunk, unpacked. */
const MOST_BYTES = 65_536;
/** Types of chunks. Others from 0x80 on may be skipped, and those below must not. */
const COMPRESSED = 0;
const PLAIN = 1;
const SKIPPABLE = 0x80;
/** Type and length; chunks of data have a checksum behind that. */
const CHUNK_HEADER = 4;
const CHECKSUM = 4;

export const avml: ImageFormat = {
  name: 'avml',
  title: 'AVML',
  matches: (head) => startsWith(head, 'AVML'),
  open: (bytes) => {
    const { chunks, pieces, lost } = readRanges(new Fields(bytes));
    const { missing, notes } = truncated(bytes, lost, Math.floor(lost / PAGE_BYTES));
    const blocks =
      'AVML leaves out blocks of 16 MiB that are all zeros, if it is new enough; the file does not say which.';
    return [pieced(new Unpacked(bytes, chunks), pieces, { missing, notes: [...notes, blocks] })];
  },
};

/** Where the chunks are in the file, and in the bytes that they come to, back to back. */
interface Chunks {
  readonly positions: number[];
  readonly starts: number[];
}

interface Ranges {
  readonly chunks: Chunks;
  /** Their offsets are those in the unpacked bytes. */
  readonly pieces: readonly Piece[];
  /** Bytes that the last range should have and that the file has not. */
  readonly lost: number;
}

function readRanges(fields: Fields): Ranges {
  const { size } = fields.bytes;
  const chunks: Chunks = { positions: [], starts: [] };
  const pieces: Piece[] = [];
  let [at, unpacked, lost] = [0, 0, 0];
  while (at < size) {
    if (fields.u32(at + 4) === 1) throw refused(fields.bytes, 'is AVML of version 1', 'version 2 is known, and LiME');
    const { address, length } = rangeHeader(fields, at, 'AVML', 2);
    const range = readFrames(fields, at + HEADER_BYTES, length, chunks, unpacked);
    pieces.push({ address, offset: unpacked, bytes: range.bytes, label: '' });
    unpacked += range.bytes;
    lost += length - range.bytes;
    at = range.end + 8; // the length of the frames
  }
  chunks.starts.push(unpacked);
  return { chunks, pieces, lost };
}

/** The frames of one range: adds its chunks. Fewer bytes than the range has only at the end of the file. */
function readFrames(
  fields: Fields,
  from: number,
  length: number,
  { positions, starts }: Chunks,
  unpacked: number,
): { bytes: number; end: number } {
  const { bytes: file } = fields;
  let [at, done] = [from, 0];
  while (done < length) {
    if (at + CHUNK_HEADER > file.size) break;
    const type = fields.u8(at);
    const stored = fields.u32(at) >>> 8;
    const next = at + CHUNK_HEADER + stored;
    if (next > file.size) break;
    if (type === COMPRESSED || type === PLAIN) {
      const size = dataOf(fields, at, type, stored);
      if (size === 0 || size > length - done) throw damaged(file, `the chunk at byte ${at} has ${size} bytes`);
      positions.push(at);
      starts.push(unpacked + done);
      done += size;
    } else if (type < SKIPPABLE) {
      throw damaged(file, `the chunk at byte ${at} is of the unknown type ${type}`);
    }
    at = next;
  }
  return { bytes: done, end: done < length ? file.size : at };
}

/** How many bytes a chunk of data has, unpacked. */
function dataOf(fields: Fields, at: number, type: number, stored: number): number {
  const most = type === PLAIN ? MOST_BYTES + CHECKSUM : 2 * MOST_BYTES;
  if (stored < CHECKSUM || stored > most)
    throw damaged(fields.bytes, `the chunk at byte ${at} says it has ${stored} bytes`);
  if (type === PLAIN) return stored - CHECKSUM;
  const length = snappyLength(fields.slice(at + CHUNK_HEADER + CHECKSUM, Math.min(5, stored - CHECKSUM)))?.length;
  if (length === undefined || length > MOST_BYTES) throw damaged(fields.bytes, `the chunk at byte ${at} has no length`);
  return length;
}

/** What the chunks come to. The one that was unpacked last is kept. */
class Unpacked implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #fields: Fields;
  readonly #positions: Float64Array;
  readonly #starts: Float64Array;
  readonly #buffer: Uint8Array = new Uint8Array(MOST_BYTES);
  #kept = -1;

  constructor(file: ByteSource, { positions, starts }: Chunks) {
    this.name = file.name;
    this.size = starts.at(-1) ?? 0;
    this.#fields = new Fields(file);
    this.#positions = Float64Array.from(positions);
    this.#starts = Float64Array.from(starts);
  }

  read(into: Uint8Array, position: number): number {
    let done = 0;
    for (let chunk = this.#chunkAt(position); done < into.length && chunk < this.#positions.length; chunk++) {
      const start = this.#starts[chunk] as number;
      const bytes = this.#unpack(chunk, (this.#starts[chunk + 1] as number) - start);
      const from = position + done - start;
      const part = bytes.subarray(from, from + into.length - done);
      into.set(part, done);
      done += part.length;
    }
    return done;
  }

  /** The last that does not begin behind that position. */
  #chunkAt(position: number): number {
    let [low, high] = [0, this.#positions.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle + 1] as number) > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #unpack(chunk: number, size: number): Uint8Array {
    const bytes = this.#buffer.subarray(0, size);
    if (this.#kept === chunk) return bytes;
    const at = this.#positions[chunk] as number;
    const head = this.#fields.u32(at);
    const stored = this.#fields.slice(at + CHUNK_HEADER + CHECKSUM, (head >>> 8) - CHECKSUM);
    this.#kept = -1;
    if ((head & 255) === PLAIN) bytes.set(stored);
    else if (unpackSnappy(stored, bytes) !== size) {
      throw damaged(this.#fields.bytes, `the chunk at byte ${at} cannot be unpacked`);
    }
    this.#kept = chunk;
    return bytes;
  }
}
