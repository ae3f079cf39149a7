/** Contents of frames beside each other. */
import { PAGE_SIZE } from '../../assembly/layout/index.ts';

/** Order of the 4096 bytes at two addresses of a memory, as memcmp has it. */
export function compareContents(words: Uint32Array, a: number, b: number): number {
  const left = a >>> 2;
  const right = b >>> 2;
  for (let i = 0; i < PAGE_SIZE / 4; i++) {
    const x = words[left + i] as number;
    const y = words[right + i] as number;
    if (x === y) continue;
    const differs = x ^ y;
    const shift = (31 - Math.clz32(differs & -differs)) & 24; // the lowest byte is the first
    return ((x >>> shift) & 255) - ((y >>> shift) & 255);
  }
  return 0;
}
