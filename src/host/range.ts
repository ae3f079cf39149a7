/** Byte ranges of an address space, page by page. */
import { layout } from '../engine/index.ts';
import { KsmError } from '../errors.ts';

const { PAGE_SIZE } = layout;
export const ADDRESS_END: number = layout.MM_PAGES * PAGE_SIZE;

/** Do `length` bytes from `offset` of `page` on exist, and lie in that page? Most accesses do, and are spared what the others need. */
export function isInOnePage(page: number, offset: number, length: number): boolean {
  const isAddress = page >= 0 && page < layout.MM_PAGES && offset >= 0 && (offset | 0) === offset;
  return isAddress && length > 0 && offset + length <= PAGE_SIZE;
}

/** Calls `visit` for each page of a range, with the address of the page's part of it, and which part that is. EFAULT where there is no such range. */
export function eachPage(
  call: string,
  address: number,
  length: number,
  visit: (address: number, from: number, to: number) => void,
): void {
  if (!Number.isInteger(address) || address < 0 || address + length > ADDRESS_END) {
    throw new KsmError('EFAULT', `${call}: no address range of ${length} bytes begins at ${address}.`);
  }
  for (let from = 0; from < length; ) {
    const at = address + from;
    const to = Math.min(length, from + PAGE_SIZE - (at % PAGE_SIZE));
    visit(at, from, to);
    from = to;
  }
}
