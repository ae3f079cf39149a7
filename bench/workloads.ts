/**
 * What the benches scan: seeded pages, made so cheaply that filling memory takes about as long as touching it.
 *
 * A workload says which content each page has, as a u32; what bytes a content stands for is a rule of its own, which
 * bench/kernel/ksmd.c follows too, so that ksmd and this engine scan the same bytes. Equal contents are equal bytes,
 * different contents are different bytes, content 0 is the zero page.
 */

import type { AddressSpace } from '../src/index.ts';

/** Bytes and 32-bit words of a page. */
export const PAGE = 4096;
const WORDS = PAGE / 4;

/** Set in contents whose page is zero but for its last 256 bytes, as barely used heap and stack pages are. */
export const SPARSE = 0x80000000;
const SPARSE_START = WORDS - 64;

/**
 * unique: no two pages are equal. half: every content twice, in random places. 16:1: every content sixteen times, in
 * random places. zero: zero pages only. linux: eight processes of one program (see process()).
 */
export type Workload = 'unique' | 'half' | '16:1' | 'zero' | 'linux';

/** The content of each of `pages` pages. */
export function contentsOf(workload: Workload, pages: number, seed: number): Uint32Array {
  if (workload === 'linux') return processes(pages);
  const copies = { unique: 1, half: 2, '16:1': 16, zero: Number.POSITIVE_INFINITY }[workload];
  const contents = Uint32Array.from({ length: pages }, (_, page) =>
    workload === 'zero' ? 0 : 1 + Math.floor(page / copies),
  );
  return copies === 1 ? contents : shuffle(contents, seed);
}

const PROCESSES = 8;

/**
 * Eight processes of one program: 30 % of each is the same in all, in the same order (code and read-only data that was
 * copied into anonymous memory), 20 % is zero, 10 % is sparse and its own, the rest is its own. The shares are
 * chosen, not measured.
 */
function processes(pages: number): Uint32Array {
  const size = Math.ceil(pages / PROCESSES);
  return Uint32Array.from({ length: pages }, (_, page) => {
    const place = (page % size) / size;
    if (place < 0.3) return 1 + (page % size);
    if (place < 0.5) return 0;
    return place < 0.6 ? SPARSE + page : 1 + size + page;
  });
}

/** Fisher and Yates's shuffle, in place. */
function shuffle(contents: Uint32Array, seed: number): Uint32Array {
  let state = mix(seed) || 1;
  for (let left = contents.length; left > 1; left--) {
    state = xorshift(state);
    const at = left - 1;
    const other = Math.floor((state / 2 ** 32) * left);
    const content = contents[at] ?? 0;
    contents[at] = contents[other] ?? 0;
    contents[other] = content;
  }
  return contents;
}

/** A bijection of u32 that keeps 0: different contents start the generator at different places. */
export function mix(value: number): number {
  value = Math.imul(value ^ (value >>> 16), 0x7feb352d);
  value = Math.imul(value ^ (value >>> 15), 0x846ca68b);
  return (value ^ (value >>> 16)) >>> 0;
}

/** Marsaglia's xorshift32, "Xorshift RNGs" (2003), the triple 13, 17, 5. Keeps 0. */
export function xorshift(state: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return state >>> 0;
}

/** Writes the bytes that `content` stands for into the 1024 words of a page. */
export function writePage(words: Uint32Array, content: number, seed: number): void {
  const start = content >= SPARSE ? SPARSE_START : 0;
  let state = mix(Math.imul(content, 2 * seed + 1));
  words.fill(0, 0, start);
  for (let word = start; word < WORDS; word++) {
    state = xorshift(state);
    words[word] = state;
  }
}

/** Writes the pages of `contents` into `space` from `base` on, one write a page. */
export function fillSpace(space: AddressSpace, base: number, contents: Uint32Array, seed: number): void {
  const words = new Uint32Array(WORDS);
  const bytes = new Uint8Array(words.buffer);
  contents.forEach((content, page) => {
    writePage(words, content, seed);
    space.write(base + page * PAGE, bytes);
  });
}

/** Names the pages of `contents` in `space` from `base` on: equal contents have equal names, and content 0 has name 0. */
export function nameSpace(space: AddressSpace, base: number, contents: Uint32Array): void {
  contents.forEach((content, page) => {
    // Upper halves tell contents apart as lower ones do: both are bijections.
    const name = (BigInt(mix(content)) << 32n) | BigInt(mix(mix(content)));
    space.setName(base + page * PAGE, name);
  });
}
