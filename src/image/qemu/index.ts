/**
 * Migration streams of QEMU: what `migrate "exec:cat > FILE"` or `migrate file:FILE` writes, and what snapshots and libvirt keep.
 *
 * Each block of RAM becomes an address space. A page may be sent several times, as the guest ran on: the last one counts.
 */
import type { ByteSource } from '../bytes/byte-source.ts';
import { refused, startsWith } from '../bytes/fields.ts';
import type { ImageFormat, PageSpace } from '../format.ts';
import { mappedSpace } from './mapped.ts';
import { sentSpace } from './sent.ts';
import { readStream } from './stream.ts';

export const qemu: ImageFormat = {
  name: 'qemu',
  title: 'QEMU stream',
  matches: (head) => startsWith(head, 'QEVM'),
  open: (bytes) => {
    const stream = readStream(bytes);
    const { blocks, isCut } = stream;
    if (blocks.length === 0)
      throw refused(bytes, 'is a stream of QEMU without RAM', 'save the machine with its memory');
    const isMapped = blocks.some(({ mapped }) => mapped !== undefined);
    if (!isMapped && blocks.every(({ sent }) => sent.isEmpty)) throw noPages(bytes, isCut);
    const notes = isCut ? [cutNote(bytes)] : [];
    return blocks.map((block, index): PageSpace => {
      const space =
        block.mapped === undefined ? sentSpace(bytes, block, isCut) : mappedSpace(bytes, block, block.mapped);
      return { ...space, notes: index === 0 ? [...notes, ...space.notes] : space.notes };
    });
  },
};

function noPages(bytes: ByteSource, isCut: boolean): Error {
  return refused(
    bytes,
    isCut
      ? 'is a stream of QEMU that ends before its first page'
      : 'is a stream of QEMU without pages, as with multifd but without mapped-ram',
    'save it with mapped-ram as well, or without multifd',
  );
}

function cutNote({ size }: ByteSource): string {
  return `Truncated: the stream ends at byte ${size}, before the end of RAM: pages are missing, and all figures are too low.`;
}
