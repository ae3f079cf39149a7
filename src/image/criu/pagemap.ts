/**
 * The pagemap of a process or of shared memory: which runs of pages there are, and where.
 *
 * Either in a file of pages, back to back, or in the dump that this one builds on, or nowhere (a page that was to be fetched when needed).
 */
import type { ByteSource } from '../bytes/byte-source.ts';
import { damaged, Fields, refused } from '../bytes/fields.ts';
import { PAGE_BYTES } from '../source.ts';
import { readMessage } from './message.ts';

/** The first eight bytes of a pagemap: of any image of CRIU, and of this kind. */
export const MAGIC: readonly number[] = [0x19, 0x43, 0x56, 0x54, 0x25, 0x40, 0x08, 0x56];

/** Flags of a run. Older dumps have none: what is not in the parent is here. */
const IN_PARENT = 1n;
const PRESENT = 4n;
const KNOWN = 7n;
/** Numbers of fields. */
const PAGES_ID = 1;
const [ADDRESS, PAGES, IS_IN_PARENT, FLAGS] = [1, 2, 3, 4];
const MOST_BYTES = 1024;

export interface Run {
  readonly address: bigint;
  readonly pages: number;
  readonly where: 'here' | 'parent' | 'nowhere';
  /** Where its pages begin in the file of pages, if they are here. */
  readonly offset: number;
}

export interface Pagemap {
  /** Number of its file of pages. */
  readonly id: number;
  readonly runs: readonly Run[];
}

export function readPagemap(bytes: ByteSource): Pagemap {
  const fields = new Fields(bytes);
  const magic = fields.slice(0, MAGIC.length);
  if (!MAGIC.every((byte, at) => magic[at] === byte)) throw damaged(bytes, 'it does not begin like a pagemap');
  const [head, ...entries] = messagesOf(fields);
  const id = head?.get(PAGES_ID);
  if (id === undefined) throw damaged(bytes, 'it does not say where its pages are');
  const runs: Run[] = [];
  let offset = 0;
  for (const entry of entries) {
    const [address, pages] = [entry.get(ADDRESS) ?? 0n, entry.get(PAGES) ?? 0n];
    const end = address + pages * BigInt(PAGE_BYTES);
    if (address % BigInt(PAGE_BYTES) !== 0n || end > 2n ** 64n) {
      throw damaged(bytes, `it has a run of ${pages} pages at address ${address}`);
    }
    if ([...entry.keys()].some((field) => field > FLAGS) || ((entry.get(FLAGS) ?? 0n) & ~KNOWN) !== 0n) {
      throw refused(
        bytes,
        'is of a CRIU that is newer than ksm, such as with packed pages',
        'dump without packing the pages',
      );
    }
    const where = whereIs(entry.get(FLAGS), entry.get(IS_IN_PARENT) === 1n);
    runs.push({ address, pages: Number(pages), where, offset });
    if (where === 'here') offset += Number(pages) * PAGE_BYTES;
    if (!Number.isSafeInteger(offset)) throw damaged(bytes, 'it has more pages than any file');
  }
  return { id: Number(id), runs };
}

function whereIs(flags: bigint | undefined, isInParent: boolean): Run['where'] {
  if (isInParent || ((flags ?? 0n) & IN_PARENT) !== 0n) return 'parent';
  return flags === undefined || (flags & PRESENT) !== 0n ? 'here' : 'nowhere';
}

function messagesOf(fields: Fields): ReadonlyMap<number, bigint>[] {
  const { bytes } = fields;
  const messages: ReadonlyMap<number, bigint>[] = [];
  for (let at = MAGIC.length; at < bytes.size; ) {
    const length = fields.u32(at);
    if (length > MOST_BYTES) throw damaged(bytes, `the entry at byte ${at} has ${length} bytes`);
    const message = readMessage(fields.slice(at + 4, length));
    if (message === undefined) throw damaged(bytes, `the entry at byte ${at} makes no sense`);
    messages.push(message);
    at += 4 + length;
  }
  return messages;
}
