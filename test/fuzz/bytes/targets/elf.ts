/** ELF cores, of all classes and orders. */
import { takeImage } from '../images.ts';
import type { Word } from '../target.ts';

export const name = 'elf';
export const most: number = 16 * 1024;
export const words: readonly Word[] = [
  '\x7fELF',
  '\x01\x01',
  '\x02\x02',
  '\xff\xff',
  '\xff'.repeat(8),
  '\0\x10\0\0\0\0\0\0',
  '\0'.repeat(56),
  'VMCOREINFO\0',
  'QEMU\0',
].map((word) => Buffer.from(word, 'latin1'));

export function run(bytes: Uint8Array): Promise<void> {
  return takeImage(bytes, name, 'elf');
}
