/**
 * Minidumps of Windows programs (also of Breakpad and Crashpad): the memory of one process, if it was asked for.
 *
 * A directory of streams; one of two of them lists ranges of memory. Without either there is nothing to scan.
 */
import type { ByteSource } from './bytes/byte-source.ts';
import { damaged, Fields, refused, startsWith } from './bytes/fields.ts';
import { cutTo } from './cut.ts';
import type { ImageFormat } from './format.ts';
import { type Piece, pieced } from './pieces.ts';

const STREAM_BYTES = 12;
/** Kinds of streams. */
const MEMORY_LIST = 5;
const MEMORY_64_LIST = 9;
const RANGE_BYTES = 16;

export const minidump: ImageFormat = {
  name: 'minidump',
  title: 'minidump',
  matches: (head) => startsWith(head, 'MDMP'),
  open: (bytes) => {
    const { pieces, missing, notes } = cutTo(bytes, rangesOf(new Fields(bytes)));
    return [pieced(bytes, pieces, { missing, notes })];
  },
};

function rangesOf(fields: Fields): Piece[] {
  const [streams, directory] = [fields.u32(8), fields.u32(12)];
  expectRoom(fields.bytes, directory, streams, STREAM_BYTES, 'streams');
  const at = new Map<number, number>();
  for (let i = 0; i < streams; i++) {
    const entry = directory + i * STREAM_BYTES;
    at.set(fields.u32(entry), fields.u32(entry + 8));
  }
  const [full, list] = [at.get(MEMORY_64_LIST), at.get(MEMORY_LIST)];
  if (full !== undefined) return memory64(fields, full);
  if (list !== undefined) return memory(fields, list);
  throw refused(
    fields.bytes,
    'is a minidump without memory',
    'write it with full memory (MiniDumpWithFullMemory, procdump -ma)',
  );
}

/** All ranges lie behind one another. */
function memory64(fields: Fields, at: number): Piece[] {
  const count = fields.u64(at);
  let offset = fields.u64(at + 8);
  expectRoom(fields.bytes, at + 16, count, RANGE_BYTES, 'ranges');
  return Array.from({ length: count }, (_, i) => {
    const entry = at + 16 + i * RANGE_BYTES;
    const bytes = fields.u64(entry + 8);
    const piece = { address: addressOf(fields, entry, bytes), offset, bytes, label: '' };
    offset += bytes;
    if (!Number.isSafeInteger(offset))
      throw damaged(fields.bytes, `the range at byte ${entry} is larger than any file`);
    return piece;
  });
}

/** Each range says where it lies: most often stacks only. */
function memory(fields: Fields, at: number): Piece[] {
  const count = fields.u32(at);
  expectRoom(fields.bytes, at + 4, count, RANGE_BYTES, 'ranges');
  return Array.from({ length: count }, (_, i) => {
    const entry = at + 4 + i * RANGE_BYTES;
    const bytes = fields.u32(entry + 8);
    return { address: addressOf(fields, entry, bytes), offset: fields.u32(entry + 12), bytes, label: '' };
  });
}

function addressOf(fields: Fields, at: number, bytes: number): bigint {
  const address = fields.big(at);
  if (address + BigInt(bytes) <= 2n ** 64n) return address;
  throw damaged(fields.bytes, `the range at byte ${at} ends behind the last address`);
}

function expectRoom(file: ByteSource, at: number, count: number, each: number, what: string): void {
  if (at + count * each <= file.size) return;
  throw damaged(file, `${count} ${what} should be listed at byte ${at}, and it ends at byte ${file.size}`);
}
