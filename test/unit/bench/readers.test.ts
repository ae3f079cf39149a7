/** Two threads that read together read each page once: their sum is that of the words, counted here. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { instantiate } from '../../../src/engine/index.ts';
import { loadModule } from '../../../src/load.ts';
import { PAGE } from '../../support/page.ts';
import { translated } from '../../support/translated.ts';

const { Readers } = (await import(
  new URL('readers.js', translated('bench')).href
)) as typeof import('../../../bench/readers.ts');

const MEBIBYTES = 8;
const memory = new WebAssembly.Memory({ initial: MEBIBYTES * 16, maximum: 65536, shared: true });
const words = new Uint32Array(memory.buffer).map((_, index) => Math.imul(index + 1, 0x9e3779b1));
let readers: Awaited<ReturnType<typeof Readers.start>>;

beforeAll(async () => {
  new Uint32Array(memory.buffer).set(words);
  readers = await Readers.start(memory, instantiate(await loadModule(), memory).readPages);
});
afterAll(() => readers.stop());

/** Sum of the u64 words of some pages, modulo 2^32: their upper halves do not matter. */
function sumOf(first: number, pages: number): number {
  let sum = 0;
  for (let word = (first * PAGE) / 4; word < ((first + pages) * PAGE) / 4; word += 2) sum += words[word] ?? 0;
  return sum % 2 ** 32;
}

test.each([
  [1, 1],
  [16, 256],
  [3, 257],
  [100, 1900],
  [1, 2047],
])('from page %i on, %i pages', (first, pages) => {
  for (let again = 0; again < 20; again++) expect(readers.read(first * PAGE, pages)).toBe(sumOf(first, pages));
});
