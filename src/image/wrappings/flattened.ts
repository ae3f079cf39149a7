/**
 * Flattened dumps: what makedumpfile -F and `dump-guest-memory -z` of QEMU write into a pipe, where nothing can be written twice.
 *
 * Records say where in the dump their bytes belong, in any order; where they overlap, the last counts, and the header comes twice for that.
 * Nothing is copied: a read looks up the records. They cost 24 bytes each.
 */
import type { ByteSource } from '../bytes/byte-source.ts';
import { damaged, Fields, startsWith } from '../bytes/fields.ts';
import { lastWins, type Records } from '../bytes/overlap.ts';
import type { Wrapping } from '../wrapping.ts';

const SIGNATURE = 'makedumpfile\0\0\0\0';
const HEADER_BYTES = 4096;
/** Where the bytes of a record belong, and how many they are. */
const RECORD_BYTES = 16;
const SPARE_BYTES = 1 << 24;
/** In the place of an offset: no more records. */
const END = 2n ** 64n - 1n;

export const flattened: Wrapping = {
  name: 'flattened',
  title: 'flattened kdump',
  holds: ['kdump', 'elf'],
  matches: (head) => startsWith(head, SIGNATURE),
  unwrap: async (bytes) => {
    const dump = new Unflattened(bytes, lastWins(recordsOf(bytes)));
    // Nothing is left out of a dump but the ends of blocks.
    if (dump.size > 2 * bytes.size + SPARE_BYTES)
      throw damaged(bytes, `its records are of a dump of ${dump.size} bytes, which it has not`);
    return dump;
  },
};

function recordsOf(bytes: ByteSource): Records {
  const fields = new Fields(bytes, 'big');
  const [type, version] = [fields.u64(16), fields.u64(24)];
  if (type !== 1 || version !== 1)
    throw damaged(bytes, `its header says type ${type}, version ${version} instead of 1 and 1`);
  const [starts, lengths, positions]: [number[], number[], number[]] = [[], [], []];
  for (let at = HEADER_BYTES; ; ) {
    if (at + RECORD_BYTES > bytes.size)
      throw damaged(bytes, 'it ends without a record that says so, so a part of the dump is missing');
    if (fields.big(at) === END) return { starts, lengths, positions };
    const [start, length] = [fields.u64(at), fields.u64(at + 8)];
    const next = at + RECORD_BYTES + length;
    if (length === 0 || next > bytes.size || !Number.isSafeInteger(start + length)) {
      throw damaged(bytes, `the record at byte ${at} has ${length} bytes for byte ${start} of the dump`);
    }
    starts.push(start);
    lengths.push(length);
    positions.push(at + RECORD_BYTES);
    at = next;
  }
}

class Unflattened implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #file: ByteSource;
  readonly #records: Records;

  /** `records`: by their start, not overlapping. */
  constructor(file: ByteSource, records: Records) {
    this.name = file.name;
    this.#file = file;
    this.#records = records;
    this.size = (records.starts.at(-1) ?? 0) + (records.lengths.at(-1) ?? 0);
  }

  read(into: Uint8Array, position: number): number {
    const { starts, lengths, positions } = this.#records;
    const wanted = into.subarray(0, Math.max(0, Math.min(into.length, this.size - position)));
    let done = 0;
    for (let index = this.#firstBehind(position); index < starts.length && done < wanted.length; index++) {
      const start = starts[index] as number;
      const skipped = Math.max(0, position - start);
      const from = start + skipped - position;
      if (from >= wanted.length) break;
      wanted.fill(0, done, from);
      const part = wanted.subarray(from, from + (lengths[index] as number) - skipped);
      const read = this.#file.read(part, (positions[index] as number) + skipped);
      if (read < part.length) return from + read;
      done = from + read;
    }
    wanted.fill(0, done);
    return wanted.length;
  }

  /** The first record that ends behind that position. */
  #firstBehind(position: number): number {
    const { starts, lengths } = this.#records;
    let [low, high] = [0, starts.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] as number) + (lengths[middle] as number) > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
