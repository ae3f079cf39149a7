/** Makes kdumps from their description: header, sub header, two bitmaps, descriptors, pages. */
import { deflateSync } from 'node:zlib';
import { u32be, u32le, u64be, u64le } from './bytes.ts';

export interface Kdump {
  readonly block?: number;
  readonly order?: 'little' | 'big';
  /** By number. */
  readonly pages: ReadonlyMap<number, Uint8Array>;
  /** Numbers of pages that the machine had besides those. */
  readonly filtered?: readonly number[];
  readonly level?: number;
  /** Only what is numbered so is in this file. */
  readonly split?: readonly [first: number, end: number];
  /** Of all pages: number of the last plus one. */
  readonly most: number;
  readonly status?: number;
  /** Default: by zlib. */
  readonly pack?: (page: Uint8Array, number: number) => { readonly bytes: Uint8Array; readonly flags: number };
}

const byZlib: NonNullable<Kdump['pack']> = (page) => ({ bytes: deflateSync(page), flags: 1 });

function bitmap(numbers: Iterable<number>, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (const number of numbers) bytes[number >> 3] = (bytes[number >> 3] as number) | (1 << (number & 7));
  return bytes;
}

export function makeKdump(given: Kdump): Buffer {
  const {
    block = 4096,
    order = 'little',
    pages,
    filtered = [],
    level = 0,
    split,
    most,
    status = 1,
    pack = byZlib,
  } = given;
  const [u32, u64] = order === 'little' ? [u32le, u64le] : [u32be, u64be];
  const half = Math.ceil(most / 8 / block);
  const header = Buffer.alloc(block);
  header.write('KDUMP   ');
  u32(6).copy(header, 8);
  [status, block, 1, 2 * half, Math.min(most, 0xffff_ffff)].forEach(
    (value, index) => void u32(value).copy(header, 424 + 4 * index),
  );
  const sub = Buffer.alloc(block);
  u32(level).copy(sub, 8);
  u32(split === undefined ? 0 : 1).copy(sub, 12);
  (split ?? [0, 0]).forEach((value, index) => void u64(value).copy(sub, 80 + 8 * index));
  u64(most).copy(sub, 96);
  const numbers = [...pages.keys()].sort((a, b) => a - b);
  const kept = numbers.filter((number) => split === undefined || (number >= split[0] && number < split[1]));
  const descriptors: Buffer[] = [];
  const data: Uint8Array[] = [];
  let offset = block * (2 + 2 * half) + 24 * kept.length;
  const places = new Map<string, number>();
  for (const number of kept) {
    const page = pages.get(number) as Uint8Array;
    const { bytes, flags } = pack(page, number);
    // As makedumpfile does it: what has been written once is not written again if it is zeros.
    const key = page.every((byte) => byte === 0) ? 'zeros' : `page ${number}`;
    const place = places.get(key) ?? offset;
    if (!places.has(key)) {
      data.push(bytes);
      offset += bytes.length;
    }
    places.set(key, place);
    descriptors.push(Buffer.concat([u64(place), u32(bytes.length), u32(flags), u64(0)]));
  }
  const maps = [bitmap([...numbers, ...filtered], half * block), bitmap(numbers, half * block)];
  return Buffer.concat([header, sub, ...maps, ...descriptors, ...data]);
}
