/**
 * A guest that trusts nobody: it works on its processes' memory at random, and compares every byte that it reads with
 * a copy of its own.
 *
 * Most pages lie still with one of a few contents and so are merged; some are hot, written again and again and then
 * put back; now and then a page that lies still is written with what it holds, which breaks the sharing and lets it
 * merge again.
 */
import type { AddressSpace, Host } from '../../../src/index.ts';
import { Dice } from '../../support/dice.ts';
import { PAGE } from '../../support/page.ts';
import type { Book } from './book.ts';
import { COMMON, NOISE, noiseOf } from './contents.ts';

const PROCESSES = 4;
const PAGES = 96;
const BYTES = PAGES * PAGE;
/** The pages lie on both sides of the border between two page tables of 512 pages. */
const BASE = (3 * 512 - PAGES / 2) * PAGE;
/** Pages of a process that are written all the time, and after how many operations they become others. */
const HOT = 6;
const HOT_FOR = 512;
/** One of so many operations is a system call. */
const CALLS = 2048;

interface Process {
  space: AddressSpace;
  /** What its memory must hold. */
  shadow: Uint8Array;
  hot: number[];
}

export class Guest {
  operations = 0;
  readonly #host: Host;
  readonly #name: string;
  readonly #book: Book;
  readonly #dice: Dice;
  readonly #noise: Uint8Array;
  readonly #processes: Process[];

  /** `name` is what failures call it; `seed` decides on all that it does. */
  constructor(host: Host, name: string, seed: number, book: Book) {
    this.#host = host;
    this.#name = `${name}, seed ${seed}`;
    this.#book = book;
    this.#dice = new Dice(seed);
    this.#noise = noiseOf(seed);
    this.#processes = Array.from({ length: PROCESSES }, () => this.#spawn());
  }

  /** Does `count` operations. Throws at the first byte that is not what it was. */
  run(count: number): void {
    for (let end = this.operations + count; this.operations < end; ) {
      const bits = this.#dice.bits();
      const process = this.#processes[bits & (PROCESSES - 1)] as Process;
      const kind = (bits >>> 2) & 255;
      if (kind < 150) this.#readSome(process);
      else if (kind < 212) this.#writeNoise(process);
      else if (kind < 244) this.#putBack(process, process.hot[this.#dice.below(HOT)] as number);
      else this.#writeSame(process);
      this.operations++;
      if (this.operations % HOT_FOR === 0) this.#moveOn(process);
      if (this.operations % CALLS === 0) this.#systemCall(process);
    }
  }

  /** Compares all that its processes hold. */
  compareAll(): void {
    for (const process of this.#processes) this.#check(process, 0, process.space.read(BASE, BYTES));
  }

  /** Ends its processes. */
  end(): void {
    for (const process of this.#processes.splice(0)) this.#exit(process);
  }

  /** Many short lengths, some of a page. */
  #length(): number {
    const bits = this.#dice.bits();
    const longest = (bits & 15) < 11 ? 64 : (bits & 15) < 15 ? 512 : PAGE;
    return 1 + ((bits >>> 4) & (longest - 1));
  }

  #readSome(process: Process): void {
    const length = this.#length();
    const offset = this.#dice.below(BYTES - length);
    this.#check(process, offset, process.space.read(BASE + offset, length));
  }

  #check(process: Process, offset: number, found: Uint8Array): void {
    const { shadow } = process;
    for (let index = 0; index < found.length; index++) {
      if (found[index] !== shadow[offset + index]) this.#fail(process, offset, found, index);
    }
  }

  #fail({ space, shadow }: Process, offset: number, found: Uint8Array, first: number): never {
    const at = offset + first;
    let wrong = 0;
    for (let index = first; index < found.length; index++) if (found[index] !== shadow[offset + index]) wrong++;
    const hex = (bytes: Uint8Array, from: number): string =>
      Buffer.from(bytes.subarray(from, from + Math.min(8, found.length - first))).toString('hex');
    const page = (BASE + at - (at % PAGE)) / PAGE;
    throw new Error(
      `${this.#name}, operation ${this.operations}: process ${space.id}, page ${page}, byte ${at % PAGE}: ` +
        `expected ${hex(shadow, at)}, found ${hex(found, first)} (${wrong} of ${found.length} bytes read differ)`,
    );
  }

  #write(process: Process, offset: number, bytes: Uint8Array): void {
    process.space.write(BASE + offset, bytes);
    process.shadow.set(bytes, offset);
  }

  /** From a hot page on, and maybe into the next one. */
  #writeNoise(process: Process): void {
    const length = this.#length();
    const page = process.hot[this.#dice.below(HOT)] as number;
    const offset = Math.min(page * PAGE + this.#dice.below(PAGE), BYTES - length);
    const from = this.#dice.below(NOISE);
    this.#write(process, offset, this.#noise.subarray(from, from + length));
  }

  #putBack(process: Process, page: number): void {
    this.#write(process, page * PAGE, COMMON[this.#dice.below(COMMON.length)] as Uint8Array);
  }

  #writeSame(process: Process): void {
    const length = this.#length();
    const offset = this.#dice.below(BYTES - length);
    this.#write(process, offset, process.shadow.subarray(offset, offset + length));
  }

  /** What was hot lies still, with what others hold too, and so does what a write has crossed into. */
  #moveOn(process: Process): void {
    for (const page of process.hot) {
      this.#putBack(process, page);
      if (page + 1 < PAGES) this.#putBack(process, page + 1);
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
    const { space, shadow } = process;
    const kind = this.#dice.below(16);
    if (kind < 4) space.madvise(address, length, 'UNMERGEABLE');
    else if (kind < 9) space.madvise(BASE, BYTES, 'MERGEABLE');
    else if (kind < 11) space.madvise(address, length, 'DONTNEED');
    else if (kind < 13) this.#mapAnew(process, address, length);
    else if (kind < 14) this.#mapAnew(process, BASE, BYTES);
    else if (kind < 15) this.#fork(process);
    else this.#replace(process, this.#spawn());
    if (kind === 9 || kind === 10 || kind === 11 || kind === 12)
      shadow.fill(0, address - BASE, address - BASE + length);
    if (kind === 13) shadow.fill(0);
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
    const child: Process = { space, shadow: parent.shadow.slice(), hot: this.#hotPages() };
    for (let write = 0; write < 8; write++) this.#writeNoise(write % 2 === 0 ? child : parent);
    this.#check(child, 0, child.space.read(BASE, BYTES));
    this.#check(parent, 0, parent.space.read(BASE, BYTES));
    const other = this.#processes[this.#dice.below(PROCESSES)] as Process;
    if (other === parent) this.#exit(child);
    else this.#replace(other, child);
  }

  #replace(process: Process, successor: Process): void {
    this.#processes[this.#processes.indexOf(process)] = successor;
    this.#check(process, 0, process.space.read(BASE, BYTES));
    this.#exit(process);
  }

  #spawn(): Process {
    const space = this.#host.spawn();
    this.#book.enter(space.handle);
    space.mmap(BASE, BYTES);
    space.madvise(BASE, BYTES, 'MERGEABLE');
    const process: Process = { space, shadow: new Uint8Array(BYTES), hot: this.#hotPages() };
    for (let page = 0; page < PAGES; page++) this.#putBack(process, page);
    return process;
  }

  #exit({ space }: Process): void {
    this.#book.strike(space.handle);
    space.exit();
  }
}
