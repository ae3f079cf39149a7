/**
 * Names in the order of contents, for trees that are Linux's: the engine is told a content's rank, and half of its name behind it.
 *
 * All names are sorted by the first four bytes of their contents, which were noted while they were read. Contents that begin alike are read
 * again, a page of each, and compared. That takes sources which are the same whenever they are read; where they are not, or copies are too
 * few for all contents that begin alike, names cannot be ordered.
 */
import { count } from '../format.ts';
import type { PageRun, PageSource } from '../image/index.ts';
import type { Window } from '../names/index.ts';
import { readAgain } from './chunks.ts';
import { Distinct } from './distinct.ts';
import type { Naming } from './naming.ts';
import { addPage } from './rename.ts';
import type { Watch } from './watch.ts';

/** Names cannot be ordered; the message is why: a whole sentence. */
export class NoOrder extends Error {}

/** Throws NoOrder if one of the sources may be different when it is read again. */
export function expectImages(sources: readonly PageSource[]): void {
  const other = sources.find(({ kind, isRepeatable }) => kind !== 'image' || !isRepeatable);
  if (other !== undefined) throw new NoOrder(`${other.name} is no image that can be read twice`);
}

/** From `first` to before `end`, in the order of contents. */
interface Group {
  readonly first: number;
  readonly end: number;
}

export class ContentOrder {
  readonly #distinct = new Distinct();
  /** By place in the order: the number of the name. */
  #numbers: Uint32Array = new Uint32Array();
  /** By number: rank, from 1 on. The page of zeros is the first content of all, and has 0. */
  #ranks: Uint32Array = new Uint32Array();

  /** See Distinct.note. */
  note(source: number, page: number, names: BigUint64Array, window: Window): void {
    this.#distinct.note(source, page, names, window);
  }

  /** Ranks all contents that were noted. Throws NoOrder if more than `copies` of them begin alike, or a source has changed. */
  async rank(sources: readonly PageSource[], naming: Naming, copies: number, watch: Watch): Promise<void> {
    this.#numbers = sortedBy(this.#distinct.prefixes.subarray(0, this.#distinct.count));
    for (const groups of batches(this.#alike(), copies)) {
      const copyOf = await this.#keep(groups, sources, naming, watch);
      const order = (one: number, other: number): number =>
        naming.window.compareCopies(copyOf[one] as number, copyOf[other] as number);
      for (const { first, end } of groups) this.#numbers.subarray(first, end).sort(order);
    }
    this.#ranks = new Uint32Array(this.#distinct.count);
    for (const [place, number] of this.#numbers.entries()) this.#ranks[number] = place + 1;
  }

  /** What the engine is told in place of these names. */
  tell(names: BigUint64Array): BigUint64Array {
    const words = new Uint32Array(names.buffer, names.byteOffset, 2 * names.length);
    const told = new Uint32Array(words.length);
    for (let at = 0; at < words.length; at += 2) {
      const [low, high] = [words[at] as number, words[at + 1] as number];
      if ((low | high) === 0) continue;
      told[at] = low;
      told[at + 1] = this.#ranks[this.#distinct.numberOf(low, high)] as number;
    }
    return new BigUint64Array(told.buffer);
  }

  /** The name that is meant by what the engine was told. */
  nameOf(told: bigint): bigint {
    return told === 0n ? 0n : (this.#distinct.names[this.#numbers[Number(told >> 32n) - 1] as number] as bigint);
  }

  /** Contents that begin alike, if there are several. */
  *#alike(): Generator<Group> {
    const prefixAt = (place: number): number | undefined => this.#distinct.prefixes[this.#numbers[place] as number];
    for (let first = 0, end = 1; first < this.#numbers.length; first = end++) {
      while (end < this.#numbers.length && prefixAt(end) === prefixAt(first)) end++;
      if (end - first > 1) yield { first, end };
    }
  }

  /** Reads a page of each content of the groups, and keeps a copy; which, by the number of the name. */
  async #keep(
    groups: readonly Group[],
    sources: readonly PageSource[],
    naming: Naming,
    watch: Watch,
  ): Promise<Uint32Array> {
    const copyOf = new Uint32Array(this.#distinct.count);
    const wanted: number[][] = sources.map(() => []);
    for (const { first, end } of groups) {
      for (const number of this.#numbers.subarray(first, end))
        wanted[this.#distinct.sources[number] as number]?.push(number);
    }
    const whole = wanted.reduce((total, { length }) => total + length, 0);
    let kept = 0;
    const keep = (number: number, page: number): void => {
      naming.window.keep(page, kept);
      copyOf[number] = kept++;
    };
    for (const [at, source] of sources.entries()) await this.#visit(source, wanted[at] ?? [], naming, watch, keep);
    if (kept < whole) throw new NoOrder('the images changed while they were read');
    return copyOf;
  }

  /** Reads the pages of a source by which names were noted. `keep` gets those that have their names still, by number in the window. */
  async #visit(
    source: PageSource,
    numbers: readonly number[],
    naming: Naming,
    watch: Watch,
    keep: (number: number, page: number) => void,
  ): Promise<void> {
    const { pages, names } = this.#distinct;
    const waiting = numbers.map((number) => ({ number, page: pages[number] as number }));
    waiting.sort((one, other) => one.page - other.page);
    const runs: PageRun[] = [];
    for (const { page } of waiting) addPage(runs, page);
    let next = 0;
    await readAgain(source, naming.window, { signal: watch.signal, runs }, async (first, count) => {
      for (let one = waiting[next]; one !== undefined && one.page < first + count; one = waiting[++next]) {
        const index = one.page - first;
        const isSame = index >= 0 && naming.levelOf(index, names[one.number] as bigint) !== undefined;
        if (isSame) keep(one.number, index);
      }
      await watch.look('ordering contents', next, waiting.length);
    });
  }
}

/** The indexes of the keys, by ascending key. */
function sortedBy(keys: Uint32Array): Uint32Array {
  const words = new Uint32Array(2 * keys.length);
  for (const [index, key] of keys.entries()) {
    words[2 * index] = index;
    words[2 * index + 1] = key;
  }
  new BigUint64Array(words.buffer).sort(); // key, then index: without a function to call, ten times as fast
  return Uint32Array.from({ length: keys.length }, (_, place) => words[2 * place] as number);
}

/** As many groups at a time as there are copies for. */
function* batches(groups: Iterable<Group>, copies: number): Generator<Group[]> {
  let [batch, size]: [Group[], number] = [[], 0];
  for (const group of groups) {
    const contents = group.end - group.first;
    if (contents > copies)
      throw new NoOrder(`${count(contents)} contents begin alike, and there is memory to compare ${count(copies)}`);
    if (size + contents > copies) {
      yield batch;
      [batch, size] = [[], 0];
    }
    batch.push(group);
    size += contents;
  }
  if (size > 0) yield batch;
}
