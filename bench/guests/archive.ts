/**
 * Files as an archive that a kernel takes for its first root file system: cpio in the format "newc".
 *
 * An entry is a header of text, its name and its bytes, each padded to four bytes; the format is in Linux's documentation ("initramfs
 * buffer format"). Nothing in it depends on when or by whom it was made: the same entries are the same bytes.
 */

/** One entry; folders come before what lies in them. */
export interface Entry {
  /** Without a slash in front. */
  readonly name: string;
  /** Kind and permissions, as stat has them. */
  readonly mode: number;
  /** What is in a file, or where a link leads. */
  readonly bytes?: Uint8Array;
  /** Of a device. */
  readonly device?: { readonly major: number; readonly minor: number };
}

/** Kinds, to be added to the permissions of a mode. */
export const FILE = 0o100000;
export const FOLDER = 0o040000;
export const LINK = 0o120000;
export const CHARACTER_DEVICE = 0o020000;

const MAGIC = '070701';
const LAST = 'TRAILER!!!';
const NOTHING = new Uint8Array();

/** The archive of `entries`, in their order. */
export function archiveOf(entries: readonly Entry[]): Buffer {
  const all = [...entries, { name: LAST, mode: 0 }];
  return Buffer.concat(all.flatMap((entry, index) => entryOf(entry, index + 1)));
}

function entryOf({ name, mode, bytes = NOTHING, device = { major: 0, minor: 0 } }: Entry, inode: number): Uint8Array[] {
  const [links, user, group, time, check] = [1, 0, 0, 0, 0];
  const nameBytes = Buffer.byteLength(name) + 1;
  const { major, minor } = device;
  const fields = [inode, mode, links, user, group, time, bytes.length, 0, 0, major, minor, nameBytes, check];
  const head = Buffer.from(`${MAGIC}${fields.map(hexadecimal).join('')}${name}\0`);
  return [head, padding(head.length), bytes, padding(bytes.length)];
}

function hexadecimal(field: number): string {
  return field.toString(16).padStart(8, '0');
}

/** What brings `length` bytes to a multiple of four. */
function padding(length: number): Uint8Array {
  return new Uint8Array(-length & 3);
}
