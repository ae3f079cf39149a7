/** Readers of the formats of memory images, each with what its files are made of. */
import { writeFileSync } from 'node:fs';
import { takeImage } from '../images.ts';
import { scratch } from '../scratch.ts';
import type { Target, Word } from '../target.ts';

const PAGE_BYTES = 4096;
/** As large as a header with a few pages, in blocks of 4 KiB. */
const MOST = 32 * 1024;
/** What sizes, counts and addresses are when they are not sound. */
const NUMBERS: readonly string[] = [
  '\xff'.repeat(4),
  '\xff'.repeat(8),
  '\0\0\0\x80',
  '\x7f\xff\xff\xff\xff\xff\xff\xff',
  '\0\x10\0\0\0\0\0\0',
];

const wordsOf = (words: readonly string[]): Word[] => [...NUMBERS, ...words].map((word) => Buffer.from(word, 'latin1'));

/** `format`: undefined for what is around others, which is told by its first bytes. */
function targetOf(name: string, format: string | undefined, words: readonly string[]): Target {
  return { name, most: MOST, words: wordsOf(words), run: (bytes) => takeImage(bytes, name, format) };
}

export const kdump: Target = targetOf('kdump', 'kdump', [
  'KDUMP   ',
  '\x11\0\0',
  '\x01\0\0\0',
  '\x02\0\0\0',
  '\x04\0\0\0',
  '\x20\0\0\0',
  '\0\0\x01\0',
]);
export const lime: Target = targetOf('lime', 'lime', ['EMiL\x01\0\0\0']);
export const avml: Target = targetOf('avml', 'avml', [
  'AVML\x02\0\0\0',
  '\xff\x06\0\0sNaPpY',
  '\0\x05\0\0',
  '\x01\x05\0\0',
  '\xfe\x01\0',
]);
export const qemu: Target = targetOf('qemu', 'qemu', [
  ...[
    'QEVM\0\0\0\x03',
    'configuration/capabilities',
    'mapped-ram',
    'x-ignore-shared',
    'configuration/target-page-bits',
    '\x03ram',
  ],
  ...[
    '\x08\0\x0b\0\0',
    '\0\0\0\0\0\0\0\x10',
    '\0\0\0\0\0\0\x10\x22',
    '\0\0\0\0\0\0\x10\x28',
    '\x7e\0\0\0\x02',
    '\x02\0\0\0\x02',
    '\x03\0\0\0\x02',
  ],
]);
export const minidump: Target = targetOf('minidump', 'minidump', ['MDMP', '\x05\0\0\0', '\x09\0\0\0']);
export const windows: Target = targetOf('windows', 'windows', ['PAGEDU64', 'SDMPDUMP', 'FDMPDUMP', '\x05\0\0\0']);
export const wrapped: Target = targetOf('wrapped', undefined, [
  ...[
    'makedumpfile\0\0\0\0',
    'QFI\xfb\0\0\0\x03',
    'LibvirtQemudSave',
    'LibvirtQemudPart',
    'QEVM\0\0\0\x03',
    'KDUMP   ',
  ],
]);

/** A pagemap, beside a file of a few pages. */
export const criu: Target = {
  name: 'criu',
  words: wordsOf([
    '\x19\x43\x56\x54\x25\x40\x08\x56',
    '\x02\0\0\0\x08\x01',
    '\x08\x80\x20\x10\x01\x20\x04',
    '\x18\x01',
    '\x20\x06',
  ]),
  run: (bytes) => {
    writeFileSync(scratch('pages-1.img'), new Uint8Array(4 * PAGE_BYTES).fill(7));
    return takeImage(bytes, 'pagemap-1.img', 'criu');
  },
};
