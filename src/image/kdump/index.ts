/**
 * kdump-compressed files: what makedumpfile, the kernel's crash kernel and `dump-guest-memory -z` of QEMU keep of a machine.
 *
 * Each page that was dumped has a descriptor, in the order of addresses; each says how the page is packed. Which pages those are a bitmap
 * says, and another which pages the machine has: the difference was filtered out.
 */
import { Bitmap } from '../bytes/bitmap.ts';
import type { ByteSource } from '../bytes/byte-source.ts';
import { refused, startsWith } from '../bytes/fields.ts';
import { count } from '../failure.ts';
import type { ImageFormat, Missing, PageSpace, SpaceRange } from '../format.ts';
import { PAGE_BYTES } from '../source.ts';
import { Blocks } from './blocks.ts';
import { Descriptors, KNOWN, ZSTD } from './descriptors.ts';
import { type KdumpHeader, readHeader } from './header.ts';
import { type UnpackZstd, unpackerOfZstd } from './zstd.ts';

/** The dump was given up when the disk was full. */
const INCOMPLETE = 8;
/** What a dump level leaves out: all that KSM merges is among it, but for pages of zeros. */
const LEFT_OUT: ReadonlyMap<number, string> = new Map([
  [1, 'pages of zeros'],
  [2, 'page cache'],
  [4, 'private page cache'],
  [8, 'user pages'],
  [16, 'free pages'],
]);

export const kdump: ImageFormat = {
  name: 'kdump',
  title: 'kdump',
  matches: (head) => startsWith(head, 'KDUMP   ') || startsWith(head, 'DISKDUMP'),
  open: async (bytes) => {
    const header = readHeader(bytes);
    const found = layOut(bytes, header);
    const zstd = (found.flags & ZSTD) === 0 ? undefined : await unpackerOfZstd(bytes);
    return [spaceOf(bytes, header, found, zstd)];
  },
};

/** Which blocks there are. */
interface Layout {
  /** Of runs of consecutive blocks: the first's number, how many, and the number of its descriptor. */
  readonly first: number[];
  readonly blocks: number[];
  readonly descriptor: number[];
  /** Flags that any descriptor has. */
  readonly flags: number;
  /** Blocks that the machine has and the file has not. */
  readonly filtered: number;
  readonly cut: number;
}

function layOut(bytes: ByteSource, header: KdumpHeader): Layout {
  const { first, end } = header;
  const [present, dumped] = [new Bitmap(bytes, header.present), new Bitmap(bytes, header.dumped)];
  const descriptors = new Descriptors(header);
  const layout: Layout = { first: [], blocks: [], descriptor: [], flags: 0, filtered: 0, cut: 0 };
  let [flags, filtered, cut, index] = [0, 0, 0, 0];
  for (let pfn = first; pfn < end; pfn++) {
    if (!dumped.has(pfn)) {
      if (present.has(pfn)) filtered++;
      else pfn = dumped.skip(pfn + 1, present.skip(pfn + 1, end)) - 1;
      continue;
    }
    const here = descriptors.at(index);
    if (here === undefined) {
      cut++;
    } else {
      flags |= here.flags;
      add(layout, pfn, index);
    }
    index++;
  }
  return { ...layout, flags, filtered, cut };
}

function add({ first, blocks, descriptor }: Layout, pfn: number, index: number): void {
  const last = first.length - 1;
  const length = blocks[last] ?? 0;
  if (last >= 0 && first[last] === pfn - length && descriptor[last] === index - length) {
    blocks[last] = length + 1;
  } else {
    first.push(pfn);
    blocks.push(1);
    descriptor.push(index);
  }
}

function spaceOf(bytes: ByteSource, header: KdumpHeader, found: Layout, zstd: UnpackZstd | undefined): PageSpace {
  if ((found.flags & ~KNOWN) !== 0) {
    throw refused(
      bytes,
      `has pages packed in a way unknown here (flags ${found.flags & ~KNOWN})`,
      'convert it with makedumpfile -c',
    );
  }
  const each = header.block / PAGE_BYTES;
  const ranges = found.first.map((pfn, run): SpaceRange => {
    return { address: BigInt(pfn) * BigInt(header.block), pages: (found.blocks[run] as number) * each, label: '' };
  });
  const missing: Missing[] = [
    { reason: 'filtered', pages: found.filtered * each },
    { reason: 'truncated', pages: found.cut * each },
  ];
  const blocks = new Blocks(header, zstd, found);
  return {
    name: '',
    ranges,
    missing: missing.filter(({ pages }) => pages > 0),
    partial: 0,
    notes: [...notesOf(header, found.filtered * each), ...(found.cut > 0 ? [cutNote(bytes, found.cut * each)] : [])],
    read: (page, into) => blocks.read(page, into),
  };
}

function notesOf({ level, status, isSplit }: KdumpHeader, pages: number): string[] {
  const notes: string[] = [];
  const what = [...LEFT_OUT].filter(([bit]) => (level & bit) !== 0).map(([, name]) => name);
  if (what.length > 0 && (pages > 0 || (level & 30) !== 0)) {
    const worth =
      (level & 30) === 0
        ? ''
        : ' What KSM merges is among them: these figures are not those of the machine. Dump with -d 0.';
    notes.push(`Filtered: dump_level ${level} left out ${what.join(', ')}; ${count(pages, 'page')} missing.${worth}`);
  }
  if ((status & INCOMPLETE) !== 0) notes.push('Incomplete: makedumpfile says that it could not write all of the dump.');
  if (isSplit) notes.push('This is one of several files of a split dump: give all of them.');
  return notes;
}

function cutNote({ size }: ByteSource, pages: number): string {
  return `Truncated: the file ends at byte ${size}, before ${count(pages, 'page')} that it should have: all figures are too low.`;
}
