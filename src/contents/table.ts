/**
 * Which contents there are, what each is called, and which pages have it.
 *
 * A content is known by its hash, and is called by it unless another content has that name already: then it gets the next free one of a
 * sequence that begins at the hash. It has its name as long as a page has the content. Bytes are not looked at here.
 *
 * Pages of a content are a ring, so that any of them can leave and the next one stands in for it. Records are numbers into plain arrays:
 * 12 bytes a page and 20 a content, of as many as there ever were at once; arrays double where they are full.
 */

/** No content, no page. */
export const NONE = 0;
/** The content of a page of zeros, which is always there. Its name is 0, and no other's. */
export const ZEROS = 1;

const FIRST_SIZE = 1024;
/** 2^64 / the golden ratio, the step of splitmix64. */
const STEP = 0x9e3779b97f4a7c15n;

export class ContentTable {
  #hash: BigUint64Array = new BigUint64Array(FIRST_SIZE);
  /** A page of the content. */
  #page: Uint32Array = new Uint32Array(FIRST_SIZE);
  /** The next content in the same bucket, or the next free record. */
  #next: Uint32Array = new Uint32Array(FIRST_SIZE);
  /** By the lowest bits of the hash. As many as there is room for contents. */
  #buckets: Uint32Array = new Uint32Array(FIRST_SIZE);
  #fresh: number = NONE + 1;
  #free: number = NONE;
  #contents = 0;
  #pages = 0;
  /** Names of contents that are not called by their hash. */
  readonly #otherNames: Map<number, bigint> = new Map();
  /** These, and those that `reserve` gave to somebody else. */
  readonly #reserved: Set<bigint> = new Set();

  /** By page. */
  #content: Uint32Array = new Uint32Array(0);
  #after: Uint32Array = new Uint32Array(0);
  #before: Uint32Array = new Uint32Array(0);

  constructor() {
    this.add(0n);
  }

  /** How many contents pages have, how many pages have one, how many contents are not called by their hash, and bytes of the arrays. */
  get usage(): { contents: number; pages: number; renamed: number; bytes: number } {
    const arrays = [this.#hash, this.#page, this.#next, this.#buckets, this.#content, this.#after, this.#before];
    return {
      contents: this.#contents - (this.#page[ZEROS] === NONE ? 1 : 0),
      pages: this.#pages,
      renamed: this.#otherNames.size,
      bytes: arrays.reduce((sum, { byteLength }) => sum + byteLength, 0),
    };
  }

  /** The first content with this hash, or NONE. */
  first(hash: bigint): number {
    return this.#from(this.#buckets[this.#bucketOf(hash)] as number, hash);
  }

  /** The next content with the hash of `content`, or NONE. */
  following(content: number): number {
    return this.#from(this.#next[content] as number, this.#hash[content] as bigint);
  }

  #from(first: number, hash: bigint): number {
    let content = first;
    while (content !== NONE && this.#hash[content] !== hash) content = this.#next[content] as number;
    return content;
  }

  nameOf(content: number): bigint {
    return this.#otherNames.get(content) ?? (this.#hash[content] as bigint);
  }

  /** A new content, which no page has yet. */
  add(hash: bigint): number {
    const isFree = !this.#isTaken(hash);
    const content = this.#record();
    if (!isFree) this.#otherNames.set(content, this.reserve(hash));
    this.#hash[content] = hash;
    this.#enter(content);
    this.#contents++;
    return content;
  }

  /** A name that nobody has, and nobody gets before `release`. For the same `hash` it is the same if the same names are taken. */
  reserve(hash: bigint): bigint {
    let [step, name] = [hash, 0n];
    while (this.#isTaken(name)) {
      step = BigInt.asUintN(64, step + STEP);
      name = mixed(step);
    }
    this.#reserved.add(name);
    return name;
  }

  release(name: bigint): void {
    this.#reserved.delete(name);
  }

  #isTaken(name: bigint): boolean {
    if (this.#reserved.has(name)) return true;
    let content = this.first(name);
    while (content !== NONE && this.#otherNames.has(content)) content = this.following(content);
    return content !== NONE;
  }

  /** Room for pages below `end`. */
  makeRoom(end: number): void {
    if (end <= this.#content.length) return;
    const size = Math.max(end, 2 * this.#content.length, FIRST_SIZE);
    this.#content = grown(this.#content, size);
    this.#after = grown(this.#after, size);
    this.#before = grown(this.#before, size);
  }

  /** The content of a page, or NONE. */
  contentOf(page: number): number {
    return this.#content[page] as number;
  }

  /** A page that has the content, or NONE. */
  pageOf(content: number): number {
    return this.#page[content] as number;
  }

  /** All that have it, in the order in which they got it. */
  *pagesOf(content: number): Generator<number> {
    const first = this.pageOf(content);
    if (first === NONE) return;
    yield first;
    for (let page = this.#after[first] as number; page !== first; page = this.#after[page] as number) yield page;
  }

  /** The contents that two pages have, or more. */
  *shared(): Generator<number> {
    for (let content = ZEROS; content < this.#fresh; content++) {
      const page = this.pageOf(content);
      if (page !== NONE && this.#after[page] !== page) yield content;
    }
  }

  /** `page`, which has none, has this content now. */
  attach(page: number, content: number): void {
    const first = this.pageOf(content);
    const last = first === NONE ? page : (this.#before[first] as number);
    this.#join(last, page);
    this.#join(page, first === NONE ? page : first);
    if (first === NONE) this.#page[content] = page;
    this.#content[page] = content;
    this.#pages++;
  }

  /** `page` has no content any more. One that no page has goes, and its name is free. */
  detach(page: number): void {
    const content = this.contentOf(page);
    if (content === NONE) return;
    const next = this.#after[page] as number;
    this.#join(this.#before[page] as number, next);
    if (this.pageOf(content) === page) this.#page[content] = next === page ? NONE : next;
    this.#content[page] = NONE;
    this.#pages--;
    if (this.pageOf(content) === NONE && content !== ZEROS) this.#remove(content);
  }

  #join(page: number, next: number): void {
    this.#after[page] = next;
    this.#before[next] = page;
  }

  #bucketOf(hash: bigint): number {
    return Number(BigInt.asUintN(32, hash)) & (this.#buckets.length - 1);
  }

  #enter(content: number): void {
    const bucket = this.#bucketOf(this.#hash[content] as bigint);
    this.#next[content] = this.#buckets[bucket] as number;
    this.#buckets[bucket] = content;
  }

  #record(): number {
    const content = this.#free;
    if (content !== NONE) {
      this.#free = this.#next[content] as number;
      return content;
    }
    if (this.#fresh === this.#buckets.length) this.#grow();
    return this.#fresh++;
  }

  /** For when all records are in use. */
  #grow(): void {
    const size = 2 * this.#buckets.length;
    this.#hash = grown(this.#hash, size);
    this.#page = grown(this.#page, size);
    this.#next = grown(this.#next, size);
    this.#buckets = new Uint32Array(size);
    for (let content = ZEROS; content < this.#fresh; content++) this.#enter(content);
  }

  #remove(content: number): void {
    const bucket = this.#bucketOf(this.#hash[content] as bigint);
    const next = this.#next[content] as number;
    let before = this.#buckets[bucket] as number;
    if (before === content) this.#buckets[bucket] = next;
    else {
      while (this.#next[before] !== content) before = this.#next[before] as number;
      this.#next[before] = next;
    }
    this.#next[content] = this.#free;
    this.#free = content;
    const other = this.#otherNames.get(content);
    if (other !== undefined) this.release(other);
    this.#otherNames.delete(content);
    this.#contents--;
  }
}

function grown<Words extends Uint32Array | BigUint64Array>(words: Words, size: number): Words {
  const larger = new (words.constructor as new (size: number) => Words)(size);
  larger.set(words as never);
  return larger;
}

/** The output function of splitmix64: 64 bits, each of which depends on all of those given. */
function mixed(bits: bigint): bigint {
  let x = bits;
  x = BigInt.asUintN(64, (x ^ (x >> 30n)) * 0xbf58476d1ce4e5b9n);
  x = BigInt.asUintN(64, (x ^ (x >> 27n)) * 0x94d049bb133111ebn);
  return x ^ (x >> 31n);
}
