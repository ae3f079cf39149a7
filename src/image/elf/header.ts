/**
 * The headers of an ELF file (the System V ABI, chapters 4 and 5), of both classes and both byte orders, as numbers that fit a BigInt.
 *
 * A header may say anything: what is in the file is checked against its size, and nothing is made room for that is not there.
 */
import { KsmError } from '../../errors.ts';
import type { ByteSource } from '../bytes/byte-source.ts';

export interface ElfHeader {
  readonly is64: boolean;
  readonly isLittle: boolean;
  /** e_type. */
  readonly type: number;
  readonly segments: { readonly offset: number; readonly entryBytes: number; readonly count: number };
  readonly hasSections: boolean;
}

/** A program header. */
export interface Segment {
  /** p_type. */
  readonly type: number;
  readonly offset: bigint;
  readonly virtual: bigint;
  readonly physical: bigint;
  readonly fileBytes: bigint;
  readonly memoryBytes: bigint;
}

export const PT_LOAD = 1;
export const PT_NOTE = 4;
export const ET_CORE = 4;

/** e_phnum, if there are more than fit: the first section says how many. */
const PN_XNUM = 0xffff;
const HEAD_32 = 52;
const HEAD_64 = 64;
const ENTRY_32 = 32;
const ENTRY_64 = 56;
/** Program headers that are read at a time. */
const BATCH = 4096;
/** Offsets in a file are plain numbers. */
const MOST_OFFSET = BigInt(Number.MAX_SAFE_INTEGER);

export function isElf(head: Uint8Array): boolean {
  return head[0] === 0x7f && head[1] === 0x45 && head[2] === 0x4c && head[3] === 0x46;
}

/** Throws EFORMAT. */
export function readHeader(bytes: ByteSource): ElfHeader {
  const head = new Uint8Array(HEAD_64);
  const read = bytes.read(head, 0);
  const [is64, isLittle] = [head[4] === 2, head[5] === 1];
  const isKnown = (head[4] === 1 || is64) && (isLittle || head[5] === 2);
  if (!isKnown || read < (is64 ? HEAD_64 : HEAD_32)) throw broken(bytes, 'its ELF header is cut or of no known class');
  const fields = new Fields(head, is64, isLittle);
  const header = {
    is64,
    isLittle,
    type: fields.half(16),
    hasSections: fields.word(is64 ? 40 : 32) !== 0n,
  };
  const offset = fields.word(is64 ? 32 : 28);
  const entryBytes = fields.half(is64 ? 54 : 42);
  const stated = fields.half(is64 ? 56 : 44);
  const sections = fields.word(is64 ? 40 : 32);
  const count = stated === PN_XNUM ? manySegments(bytes, sections, is64, isLittle) : stated;
  if (count > 0 && entryBytes < (is64 ? ENTRY_64 : ENTRY_32)) throw broken(bytes, 'its program headers are too short');
  if (count > 0 && offset + BigInt(count) * BigInt(entryBytes) > BigInt(bytes.size)) {
    throw broken(bytes, `it ends before its ${count} program headers do`);
  }
  return { ...header, segments: { offset: Number(offset), entryBytes, count } };
}

/** sh_info of section 0. */
function manySegments(bytes: ByteSource, sections: bigint, is64: boolean, isLittle: boolean): number {
  const [length, at] = is64 ? [64, 44] : [40, 28];
  const section = new Uint8Array(length);
  if (sections === 0n || sections > MOST_OFFSET || bytes.read(section, Number(sections)) < length) {
    throw broken(bytes, 'section 0, which should say how many program headers there are (PN_XNUM), is not there');
  }
  return new Fields(section, is64, isLittle).int(at);
}

/** All program headers of some types, in their order. */
export function* segmentsOf(bytes: ByteSource, { segments, is64, isLittle }: ElfHeader): Generator<Segment> {
  const { offset, entryBytes, count } = segments;
  for (let first = 0; first < count; first += BATCH) {
    const some = Math.min(BATCH, count - first);
    const table = new Uint8Array(some * entryBytes);
    if (bytes.read(table, offset + first * entryBytes) < table.length) throw broken(bytes, 'it has become shorter');
    for (let at = 0; at < table.length; at += entryBytes) {
      yield segmentOf(new Fields(table.subarray(at, at + entryBytes), is64, isLittle));
    }
  }
}

function segmentOf(fields: Fields): Segment {
  const type = fields.int(0);
  const word = fields.is64 ? ([8, 16, 24, 32, 40] as const) : ([4, 8, 12, 16, 20] as const);
  const [offset, virtual, physical, fileBytes, memoryBytes] = word.map((at) => fields.word(at)) as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  return { type, offset, virtual, physical, fileBytes, memoryBytes };
}

/** Fields of a record, by their places. */
export class Fields {
  readonly is64: boolean;
  readonly #view: DataView;
  readonly #isLittle: boolean;

  constructor(bytes: Uint8Array, is64: boolean, isLittle: boolean) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.is64 = is64;
    this.#isLittle = isLittle;
  }

  half(at: number): number {
    return this.#view.getUint16(at, this.#isLittle);
  }

  int(at: number): number {
    return this.#view.getUint32(at, this.#isLittle);
  }

  /** As wide as the class. */
  word(at: number): bigint {
    return this.is64 ? this.#view.getBigUint64(at, this.#isLittle) : BigInt(this.int(at));
  }
}

export function broken(bytes: ByteSource, why: string): KsmError {
  return new KsmError(
    'EFORMAT',
    `${bytes.name} is an ELF file, but ${why}: write the dump again, or read it with --format raw`,
  );
}
