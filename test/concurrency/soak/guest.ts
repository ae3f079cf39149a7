/**
 * A guest that trusts nobody: it works on its processes' memory at random, and compares all that it reads with a copy of its own. What
 * a page holds, bytes or a name, only those who extend it know (./bytes, ./names).
 *
 * Most pages lie still with one of a few contents and so are merged; some are hot, written again and again and then
 * put back; now and then a page that lies still is written with what it holds, which breaks the sharing and lets it
 * merge again.
 */
import type { AddressSpace, Host } from '../../../src/index.ts';
import { Dice } from '../../support/dice.ts';
import { PAGE } from '../../support/page.ts';
import type { Book } from './book.ts';
import { ByteContent } from './bytes.ts';
import { BASE, BYTES, type Content, PAGES } from './content.ts';
import { noiseOf } from './contents.ts';
import { NameContent } from './names.ts';

const PROCESSES = 4;
/** Pages of a process that are written all the time, and after how many operations they become others. */
const HOT = 6;
const HOT_FOR = 512;
/** One of so many operations is a system call. */
const CALLS = 2048;

interface Process {
  readonly space: AddressSpace;
  readonly content: Content;
  hot: number[];
}

/** Who a guest is. */
export interface Doer {
  readonly name: string;
  readonly seed: number;
  readonly page: 'bytes' | 'names';
}

export class Guest {
  operations = 0;
  readonly #host: Host;
  readonly #name: string;
  readonly #book: Book;
  readonly #dice: Dice;
  readonly #contentOf: (space: AddressSpace) => Content;
  readonly #processes: Process[];

  /** `name` is what failures call it; `seed` decides on all that it does; `page` is what a page of the host is. */
  constructor(host: Host, { name, seed, page }: Doer, book: Book) {
    this.#host = host;
    this.#name = `${name}, seed ${seed}`;
    this.#book = book;
    this.#dice = new Dice(seed);
    const dice = this.#dice;
    const noise = noiseOf(seed);
    this.#contentOf =
      page === 'bytes' ? (space) => new ByteContent(space, dice, noise) : (space) => new NameContent(space, dice, seed);
    this.#processes = Array.from({ length: PROCESSES }, () => this.#spawn());
  }

  /** Does `count` operations. Throws at the first byte that is not what it was. */
  run(count: number): void {
    for (let end = this.operations + count; this.operations < end; ) {
      const bits = this.#dice.bits();
      const process = this.#processes[bits & (PROCESSES - 1)] as Process;
      const kind = (bits >>> 2) & 255;
      if (kind < 150) this.#expect(process, process.content.readSome());
      else if (kind < 212) this.#writeNoise(process);
      else if (kind < 244) process.content.putBack(process.hot[this.#dice.below(HOT)] as number);
      else process.content.writeSame();
      this.operations++;
      if (this.operations % HOT_FOR === 0) this.#moveOn(process);
      if (this.operations % CALLS === 0) this.#systemCall(process);
    }
  }

  /** Compares all that its processes hold. */
  compareAll(): void {
    for (const process of this.#processes) this.#expect(process, process.content.compare());
  }

  /** Ends its processes. */
  end(): void {
    for (const process of this.#processes.splice(0)) this.#exit(process);
  }

  #expect({ space }: Process, wrong: string | undefined): void {
    if (wrong === undefined) return;
    throw new Error(`${this.#name}, operation ${this.operations}: process ${space.id}, ${wrong}`);
  }

  #writeNoise({ content, hot }: Process): void {
    content.writeNoise(hot[this.#dice.below(HOT)] as number);
  }

  /** What was hot lies still, with what others hold too, and so does what a write has crossed into. */
  #moveOn(process: Process): void {
    for (const page of process.hot) {
      process.content.putBack(page);
      if (page + 1 < PAGES) process.content.putBack(page + 1);
    }
    process.hot = this.#hotPages();
  }

  #hotPages(): number[] {
    return Array.from({ length: HOT }, () => this.#dice.below(PAGES));
  }

  #systemCall(process: Process): void {
    const first = this.#dice.below(PAGES);
    const pages = 1 + this.#dice.below(PAGES - first);
    const [address, length] = [BASE + first * PAGE, pages * PAGE];
    const { space, content } = process;
    const kind = this.#dice.below(16);
    if (kind < 4) space.madvise(address, length, 'UNMERGEABLE');
    else if (kind < 9) space.madvise(BASE, BYTES, 'MERGEABLE');
    else if (kind < 11) space.madvise(address, length, 'DONTNEED');
    else if (kind < 13) this.#mapAnew(process, address, length);
    else if (kind < 14) this.#mapAnew(process, BASE, BYTES);
    else if (kind < 15) this.#fork(process);
    else this.#replace(process, this.#spawn());
    if (kind === 9 || kind === 10 || kind === 11 || kind === 12) content.clear(first, pages);
    if (kind === 13) content.clear(0, PAGES);
  }

  #mapAnew({ space }: Process, address: number, length: number): void {
    space.munmap(address, length);
    space.mmap(address, length);
    space.madvise(address, length, 'MERGEABLE');
  }

  /**
   * The child has what the parent has, and what one of them writes is its own. The child may take another process's
   * place.
   */
  #fork(parent: Process): void {
    const space = parent.space.fork();
    this.#book.enter(space.handle);
    const child: Process = { space, content: parent.content.forked(space), hot: this.#hotPages() };
    for (let write = 0; write < 8; write++) this.#writeNoise(write % 2 === 0 ? child : parent);
    this.#expect(child, child.content.compare());
    this.#expect(parent, parent.content.compare());
    const other = this.#processes[this.#dice.below(PROCESSES)] as Process;
    if (other === parent) this.#exit(child);
    else this.#replace(other, child);
  }

  #replace(process: Process, successor: Process): void {
    this.#processes[this.#processes.indexOf(process)] = successor;
    this.#expect(process, process.content.compare());
    this.#exit(process);
  }

  #spawn(): Process {
    const space = this.#host.spawn();
    this.#book.enter(space.handle);
    space.mmap(BASE, BYTES);
    space.madvise(BASE, BYTES, 'MERGEABLE');
    const process: Process = { space, content: this.#contentOf(space), hot: this.#hotPages() };
    for (let page = 0; page < PAGES; page++) process.content.putBack(page);
    return process;
  }

  #exit({ space }: Process): void {
    this.#book.strike(space.handle);
    space.exit();
  }
}
