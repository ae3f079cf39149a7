/**
 * Names for pages that change all the time: another one before each pass, which no other page has. So the engine finds, as ksmd would, that
 * their checksums differ from pass to pass.
 */
import { PAGE_BYTES } from '../image/index.ts';
import { BASE_PAGE } from './engines.ts';
import type { Placed } from './placed.ts';

/** Odd constants of splitmix64 and others: what they multiply is spread over all bits. */
const [ONE, TWO, THREE] = [0x9e37_79b9, 0x85eb_ca6b, 0xc2b2_ae35];

/** A name like that of a content, of its own for each page and round. Contents have it with the chance of any hash. */
export function freshName(source: number, page: number, round: number): bigint {
  const low = mixed(mixed(page) ^ Math.imul(source + 1, ONE) ^ Math.imul(round, TWO));
  const high = mixed(low ^ mixed(source + 1) ^ Math.imul(round + 1, THREE));
  return (BigInt(high) << 32n) | BigInt((low | 1) >>> 0);
}

/** One to one over 32 bits. */
function mixed(word: number): number {
  let value = word >>> 0;
  value = Math.imul(value ^ (value >>> 16), TWO);
  value = Math.imul(value ^ (value >>> 13), THREE);
  return (value ^ (value >>> 16)) >>> 0;
}

export class Restless {
  readonly #isRestless: (source: number, page: number) => boolean;
  #round = 0;

  constructor(isRestless: (source: number, page: number) => boolean) {
    this.#isRestless = isRestless;
  }

  /** Each page that is restless gets its next name. */
  stir(placed: readonly Placed[]): void {
    this.#round++;
    for (const [at, { pages, spaces, dealt }] of placed.entries()) {
      for (const piece of pages.pieces(0, pages.count)) {
        for (let i = 0; i < piece.pages; i++) {
          if (!this.#isRestless(at, piece.page + i)) continue;
          const index = piece.index + i;
          const [engine, place] = dealt === undefined ? [0, index] : [dealt.engineOf(index), dealt.placeOf(index)];
          spaces[engine]?.setName((BASE_PAGE + place) * PAGE_BYTES, freshName(at, piece.page + i, this.#round));
        }
      }
    }
  }
}
