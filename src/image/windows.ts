/**
 * Crash dumps of 64-bit Windows: runs of physical pages, or a bitmap that says which pages there are.
 *
 * Written from public descriptions of the headers.
 */
import { Bitmap } from './bytes/bitmap.ts';
import { damaged, Fields, refused, startsWith } from './bytes/fields.ts';
import { cutTo } from './cut.ts';
import type { ImageFormat } from './format.ts';
import { type Piece, pieced } from './pieces.ts';
import { PAGE_BYTES } from './source.ts';

/** Where in the header: the runs, and what kind of dump it is. */
const RUNS_AT = 0x88;
const TYPE_AT = 0xf98;
const FULL = 1;
/** Behind the header: pages, or the bitmap's own header. */
const BODY_AT = 0x2000;
/** A page's number has 52 bits. */
const MOST_PAGES = 2 ** 52;

export const windowsDump: ImageFormat = {
  name: 'windows',
  title: 'Windows crash dump',
  matches: (head) => startsWith(head, 'PAGEDU64') || startsWith(head, 'PAGEDUMP'),
  open: (bytes) => {
    const fields = new Fields(bytes);
    if (startsWith(fields.slice(0, 8), 'PAGEDUMP')) {
      throw refused(bytes, 'is a crash dump of 32-bit Windows', 'give a raw image of that memory');
    }
    const type = fields.u32(TYPE_AT);
    const pages = type === FULL ? runsOf(fields) : mappedOf(fields, type);
    const { pieces, missing, notes } = cutTo(bytes, pages);
    return [pieced(bytes, pieces, { missing, notes: type === FULL ? notes : [...notes, partOf(type)] })];
  },
};

/** A complete dump: the pages of all runs lie back to back. */
function runsOf(fields: Fields): Piece[] {
  const count = fields.u32(RUNS_AT);
  if (RUNS_AT + 16 + count * 16 > BODY_AT) throw damaged(fields.bytes, `its header says that there are ${count} runs`);
  const pieces: Piece[] = [];
  let offset = BODY_AT;
  for (let at = RUNS_AT + 16; pieces.length < count; at += 16) {
    const [first, pages] = [fields.u64(at), fields.u64(at + 8)];
    if (first + pages > MOST_PAGES || pages * PAGE_BYTES + offset > Number.MAX_SAFE_INTEGER) {
      throw damaged(fields.bytes, `the run at byte ${at} has ${pages} pages from number ${first} on`);
    }
    pieces.push(piece(first, offset, pages));
    offset += pages * PAGE_BYTES;
  }
  return pieces;
}

/** A dump with a bitmap: a bit for each page of the machine, and the pages whose bits are set back to back. */
function mappedOf(fields: Fields, type: number): Piece[] {
  const magic = fields.text(BODY_AT, 8);
  if (magic !== 'SDMPDUMP' && magic !== 'FDMPDUMP') {
    throw refused(fields.bytes, `is a Windows dump of type ${type}`, 'write a complete or a kernel memory dump');
  }
  const bits = fields.u64(BODY_AT + 0x30);
  const map = BODY_AT + 0x38;
  if (map + bits / 8 > fields.bytes.size) throw damaged(fields.bytes, `its bitmap has ${bits} bits`);
  const pieces: { -readonly [Key in keyof Piece]: Piece[Key] }[] = [];
  const bitmap = new Bitmap(fields.bytes, map);
  let offset = fields.u64(BODY_AT + 0x20);
  let first = 0;
  let length = 0;
  for (let page = 0; page <= bits; page++) {
    if (length === 0) page = bitmap.skip(page, bits);
    if (page < bits && bitmap.has(page)) {
      if (length++ === 0) first = page;
    } else if (length > 0) {
      // What lies behind the end of the file is only counted: as one, so that a bitmap alone makes no long list.
      const before = pieces.at(-1);
      if (before !== undefined && offset >= fields.bytes.size) before.bytes += length * PAGE_BYTES;
      else pieces.push(piece(first, offset, length));
      offset += length * PAGE_BYTES;
      length = 0;
    }
  }
  return pieces;
}

function piece(first: number, offset: number, pages: number): Piece {
  return { address: BigInt(first) * BigInt(PAGE_BYTES), offset, bytes: pages * PAGE_BYTES, label: '' };
}

function partOf(type: number): string {
  return (
    `This is a dump with a bitmap (type ${type}): pages that Windows chose to leave out are missing, so less is saved here ` +
    'than on the host.'
  );
}
