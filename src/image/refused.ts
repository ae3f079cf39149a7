/**
 * Files that are no raw memory, although they could be read as such: each is told by its magic, and refused with what to do. A figure for
 * them would look right and be wrong.
 */
import { KsmError } from '../errors.ts';
import type { ByteSource } from './bytes/byte-source.ts';

interface Refused {
  matches(head: Buffer): boolean;
  /** "is …", and what to do. */
  readonly sentence: string;
}

const at =
  (offset: number, ...magics: readonly string[]): Refused['matches'] =>
  (head) =>
    magics.some((magic) => head.toString('latin1', offset, offset + magic.length) === magic);

const HIBERNATED = at(0, 'HIBR', 'hibr', 'WAKE', 'wake', 'RSTR', 'rstr');
/** Numbers follow a file's magic, letters follow a word. */
const isWord = (head: Buffer): boolean => /^[\x20-\x7e]{4}$/.test(head.toString('latin1', 4, 8));

/** Where the header of a Windows executable is. */
function isPortableExecutable(head: Buffer): boolean {
  if (!at(0, 'MZ')(head) || head.length < 64) return false;
  return at(head.readUInt32LE(60), 'PE\0\0')(head);
}

const REFUSED: readonly Refused[] = [
  {
    matches: (head) => HIBERNATED(head) && !isWord(head),
    sentence:
      'is a file of a hibernated Windows, which packs its memory its own way: take a complete memory dump, or an image with WinPmem',
  },
  {
    matches: at(
      0,
      '\xd0\xbe\xd2\xbe',
      '\xd1\xbe\xd2\xbe',
      '\xd2\xbe\xd2\xbe',
      '\xd3\xbe\xd2\xbe',
      '\xd3\xbe\xd3\xbe',
      '\xd1\xba\xd1\xba',
    ),
    sentence: 'is a state of VMware (.vmss, .vmsn) without the pages: give the .vmem file beside it',
  },
  {
    matches: at(0, '\x7fVirtualBox SavedState'),
    sentence:
      'is a saved state of VirtualBox, which packs memory in units: write a core with VBoxManage debugvm VM dumpvmcore --filename FILE',
  },
  {
    matches: (head) => at(0, '\xcf\xfa\xed\xfe', '\xce\xfa\xed\xfe', '\xfe\xed\xfa\xcf', '\xfe\xed\xfa\xce')(head),
    sentence: 'is a Mach-O file of macOS, which ksm does not read',
  },
  {
    matches: isPortableExecutable,
    sentence:
      'is an executable of Windows, not an image of memory: read its bytes as pages with --format raw, if that is meant',
  },
  {
    matches: at(
      0,
      'KDMV',
      '# Disk DescriptorFile',
      'vhdxfile',
      'conectix',
      '<<< Oracle VM VirtualBox Disk Image',
      '<<< QEMU VM Virtual Disk',
    ),
    sentence:
      'is a disk of a virtual machine, not its memory: take an image of the memory, with virsh dump --memory-only for example',
  },
  {
    matches: (head) =>
      at(0, 'PK\x03\x04', '7z\xbc\xaf\x27\x1c', 'Rar!\x1a\x07')(head) || at(257, 'ustar\0', 'ustar  \0')(head),
    sentence: 'is an archive: unpack it, and scan the files that are in it',
  },
  {
    matches: at(
      0,
      '\x89LZO\0\r\n\x1a\n',
      '\xff\x06\0\0sNaPpY',
      '\x1f\x9d',
      'LZIP\x01',
      'LRZI\0',
      '\x5d\0\0\x80\0',
      '\x5d\0\0\0\x04',
    ),
    sentence:
      'is packed by lzop, snappy, compress, lzip, lrzip or lzma, which ksm does not unpack: unpack it, and pipe what comes out ' +
      'into ksm scan -',
  },
];

/** Throws EFORMAT for what is known, and no raw memory. */
export function refuse(head: Uint8Array, bytes: ByteSource): void {
  const start = Buffer.from(head.buffer, head.byteOffset, head.length);
  const found = REFUSED.find(({ matches }) => matches(start));
  if (found !== undefined) throw new KsmError('EFORMAT', `${bytes.name} ${found.sentence}`);
}
