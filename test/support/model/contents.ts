/*
 * Pages as contents: what a content number of the trace format stands for, how two pages compare, and what a guest
 * reads back as a digest. A page is a Buffer of 4096 bytes that nobody ever changes: a write makes a new one. So pages
 * are shared by reference, and two references that are equal need no comparison.
 */
import { PAGE } from '../page.ts';

/** 4096 bytes that never change. */
export type Page = Buffer;

const MASK = (1n << 64n) - 1n;
const WORDS = PAGE / 8;

/** The page that a fresh mapping reads as. */
export const ZERO_PAGE: Page = Buffer.alloc(PAGE);

const cache = new Map<number, Page>([[0, ZERO_PAGE]]);

/** The splitmix64 step of the trace format, on unsigned 64-bit values. */
export function splitmix64(value: bigint): bigint {
  let x = (value + 0x9e3779b97f4a7c15n) & MASK;
  x = ((x ^ (x >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  x = ((x ^ (x >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return x ^ (x >> 31n);
}

/** The page that content number `content` (an integer >= 0) stands for; the same object for the same number. */
export function contentPage(content: number): Page {
  const known = cache.get(content);
  if (known) return known;
  const page = Buffer.alloc(PAGE);
  for (let word = 0; word < WORDS; word++) {
    page.writeBigUInt64LE(splitmix64((BigInt(content) * BigInt(WORDS) + BigInt(word)) & MASK), word * 8);
  }
  cache.set(content, page);
  return page;
}

/** `page` with one little-endian 64-bit word replaced; `offset` in bytes. */
export function pokedPage(page: Page, offset: number, value: number): Page {
  const poked = Buffer.from(page);
  poked.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), offset);
  return poked;
}

/** As memcmp over the 4096 bytes: negative, 0 or positive. */
export function comparePages(a: Page, b: Page): number {
  return a === b ? 0 : Buffer.compare(a, b);
}

/** The digest of the trace format over the pages in order: 16 hexadecimal digits. */
export function digestPages(pages: Iterable<Page>): string {
  let hash = 0n;
  for (const page of pages) {
    for (let offset = 0; offset < PAGE; offset += 8) hash = splitmix64(hash ^ page.readBigUInt64LE(offset));
  }
  return hash.toString(16).padStart(16, '0');
}
