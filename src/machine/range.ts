/** Addresses, lengths and ranges of an address space: what callers give, checked, and page by page. */
import { layout } from '../engine/index.ts';
import { KsmError } from '../errors.ts';
import { invalid } from '../validate.ts';

const { PAGE_SIZE } = layout;
export const ADDRESS_END: number = layout.MM_PAGES * PAGE_SIZE;

/** Do `length` bytes from `offset` of `page` on exist, and lie in that page? Most accesses do, and are spared what the others need. */
export function isInOnePage(page: number, offset: number, length: number): boolean {
  const isAddress = page >= 0 && page < layout.MM_PAGES && offset >= 0 && (offset | 0) === offset;
  return isAddress && length > 0 && offset + length <= PAGE_SIZE;
}

/** Number of the page that begins at `address`. EINVAL if none does. */
export function pageOf(call: string, address: unknown): number {
  const isWhole = typeof address === 'number' && Number.isInteger(address);
  if (isWhole && address >= 0 && address < ADDRESS_END && address % PAGE_SIZE === 0) return address / PAGE_SIZE;
  throw invalid(`${call}: the address`, address, `a multiple of ${PAGE_SIZE} below 512 GiB`);
}

/** How many pages `length` bytes need. EINVAL if that is no length. */
export function pagesOf(call: string, length: unknown): number {
  const isWhole = typeof length === 'number' && Number.isInteger(length);
  if (isWhole && length >= 0 && length <= ADDRESS_END) return Math.ceil(length / PAGE_SIZE);
  throw invalid(`${call}: the length`, length, 'a whole number of bytes from 0 to 512 GiB');
}

/** Number of the page in which `address` lies. EINVAL if it is no whole number, EFAULT if it is beyond the address space. */
export function pageAt(call: string, address: unknown): number {
  expectRange(call, address, 1);
  return Math.floor((address as number) / PAGE_SIZE);
}

/** EINVAL if address or length is no whole number, or the length negative; EFAULT if there is no such range. */
export function expectRange(call: string, address: unknown, length: unknown): void {
  if (typeof address !== 'number' || !Number.isInteger(address)) {
    throw invalid(`${call}: the address`, address, 'a whole number');
  }
  if (typeof length !== 'number' || !Number.isInteger(length) || length < 0) {
    throw invalid(`${call}: the length`, length, 'a whole number of bytes from 0 on');
  }
  if (address >= 0 && address + length <= ADDRESS_END) return;
  throw new KsmError('EFAULT', `${call}: no address range of ${length} bytes begins at ${address}.`);
}

/** Calls `visit` for each page of a range, with the address of the page's part of it, and which part that is. Throws as expectRange. */
export function eachPage(
  call: string,
  address: number,
  length: number,
  visit: (address: number, from: number, to: number) => void,
): void {
  expectRange(call, address, length);
  for (let from = 0; from < length; ) {
    const at = address + from;
    const to = Math.min(length, from + PAGE_SIZE - (at % PAGE_SIZE));
    visit(at, from, to);
    from = to;
  }
}
