/** Whatever is told by its first bytes: wrappings, formats, and what is refused. */
import { takeImage } from '../images.ts';
import type { Word } from '../target.ts';

export const name = 'packed';
export const most: number = 8 * 1024;
export const words: readonly Word[] = [
  ...[
    '\x1f\x8b\x08\0',
    '\x04\x22\x4d\x18\x64\x40\xa7',
    '\x02\x21\x4c\x18',
    '\x50\x2a\x4d\x18',
    '\x28\xb5\x2f\xfd',
    'BZh91AY&SY',
  ],
  ...[
    '\xff\xff\xff\x7f',
    '\0\0\0\0',
    '\xff'.repeat(4),
    '\x7fELF',
    'HIBR',
    'MZ',
    'KDMV',
    '\xd0\xbe\xd2\xbe',
    'PK\x03\x04',
  ],
].map((word) => Buffer.from(word, 'latin1'));

export function run(bytes: Uint8Array): Promise<void> {
  return takeImage(bytes, name, undefined);
}
