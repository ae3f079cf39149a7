/**
 * The sections of RAM: the list of blocks, then pages. Each record is an offset, and flags in its low bits that say what follows.
 *
 * Which block is meant is said only where it changes, over the borders of sections.
 */
import { damaged, refused } from '../bytes/fields.ts';
import type { Block, Mapped } from './block.ts';
import type { Configuration } from './configuration.ts';
import type { Cursor } from './cursor.ts';
import { Budget, Sent } from './sent.ts';

const FILLED = 0x02;
const BLOCKS = 0x04;
const PAGE = 0x08;
const END = 0x10;
const SAME_BLOCK = 0x20;
const MULTIFD = 0x200;
/** What is refused by name: flag, capability. */
const REFUSED: readonly (readonly [flag: number, capability: string])[] = [
  [0x40, 'xbzrle'],
  [0x100, 'compress'],
  [0x80, 'rdma'],
];
const FLAG_BITS = 4096;
const MAPPED_VERSION = 1;
/** No machine has as many. */
const MOST_BLOCKS = 4096;

export class Ram {
  readonly blocks: Block[] = [];
  readonly #cursor: Cursor;
  readonly #configuration: Configuration;
  readonly #byName = new Map<string, Block>();
  readonly #budget: Budget;
  #current: Block | undefined;
  /** With mapped-ram, offsets are those of the file that QEMU wrote, which may begin before the stream: by so many bytes. */
  #shift: number | undefined;

  constructor(cursor: Cursor, configuration: Configuration) {
    this.#cursor = cursor;
    this.#configuration = configuration;
    this.#budget = new Budget(cursor.bytes.size);
  }

  /** The records of one section. */
  section(): void {
    while (this.#record());
  }

  /** False: that was the end of the section. */
  #record(): boolean {
    const cursor = this.#cursor;
    const at = cursor.position;
    const word = cursor.u64();
    const flags = word % FLAG_BITS;
    const offset = word - flags;
    for (const [flag, capability] of REFUSED) if ((flags & flag) !== 0) throw unreadable(cursor, capability);
    const kind = flags & ~SAME_BLOCK;
    if (kind === END) return false;
    if (kind === BLOCKS) this.#list(offset);
    else if (kind === FILLED) this.#blockAt(flags, offset, at).sent.fill(this.#number(offset), cursor.u8());
    else if (kind === PAGE) {
      const { sent, page } = this.#blockAt(flags, offset, at);
      sent.put(this.#number(offset), cursor.skip(page));
    } else if (kind !== MULTIFD) throw damaged(cursor.bytes, `the record at byte ${at} has the unknown flags ${flags}`);
    else if (!this.#configuration.capabilities.has('mapped-ram'))
      throw unreadable(cursor, 'multifd without mapped-ram');
    return true;
  }

  #number(offset: number): number {
    return offset / this.#configuration.pageBytes;
  }

  /** The block that a page of that offset belongs to. */
  #blockAt(flags: number, offset: number, at: number): Block {
    const { bytes } = this.#cursor;
    if ((flags & SAME_BLOCK) === 0) {
      const name = this.#cursor.text();
      this.#current = this.#byName.get(name);
      if (this.#current === undefined)
        throw damaged(bytes, `the page at byte ${at} is of a block "${name}" that there is not`);
    }
    const block = this.#current;
    if (block === undefined) throw damaged(bytes, `the page at byte ${at} is of no block`);
    if (offset >= block.size || offset % block.page !== 0) {
      throw damaged(bytes, `the page at byte ${at} has offset ${offset} in a block of ${block.size} bytes`);
    }
    return block;
  }

  /** `total`: bytes of all blocks. */
  #list(total: number): void {
    const cursor = this.#cursor;
    const { capabilities, pageBytes: page } = this.#configuration;
    for (let left = total; left > 0; ) {
      const at = cursor.position;
      const [name, size] = [cursor.text(), cursor.u64()];
      if (size === 0 || size > left || this.#byName.has(name)) {
        throw damaged(
          cursor.bytes,
          `the block "${name}" at byte ${at} has ${size} bytes of ${left}, or is there twice`,
        );
      }
      if (capabilities.has('x-ignore-shared')) cursor.skip(8); // where the guest has it
      const mapped = capabilities.has('mapped-ram') ? this.#mapped(size) : undefined;
      if (this.blocks.length === MOST_BLOCKS) throw damaged(cursor.bytes, `it has more than ${MOST_BLOCKS} blocks`);
      const block = { name, size, page, sent: new Sent(this.#budget), mapped };
      this.blocks.push(block);
      this.#byName.set(name, block);
      left -= size;
    }
  }

  /** Where the pages of a block are; the stream goes on behind them. */
  #mapped(size: number): Mapped {
    const cursor = this.#cursor;
    const { pageBytes } = this.#configuration;
    const at = cursor.position;
    const [version, page, bitmap, pages] = [cursor.u32(), cursor.u64(), cursor.u64(), cursor.u64()];
    this.#shift ??= bitmap - cursor.position;
    const mapped = { bitmap: bitmap - this.#shift, pages: pages - this.#shift };
    const bits = Math.ceil(size / pageBytes);
    const isSound =
      page === pageBytes &&
      mapped.bitmap >= cursor.position &&
      mapped.pages >= mapped.bitmap + Math.ceil(bits / 64) * 8;
    if (version !== MAPPED_VERSION || !isSound || !Number.isSafeInteger(mapped.pages + size)) {
      throw damaged(cursor.bytes, `the header of mapped-ram at byte ${at} makes no sense`);
    }
    // Pages of zeros at the end may never have been written: the file ends before them.
    cursor.position = mapped.pages + size;
    return mapped;
  }
}

function unreadable({ bytes }: Cursor, capability: string): Error {
  return refused(
    bytes,
    `is a stream of QEMU with the capability ${capability}`,
    `save it without: migrate_set_capability ${capability.split(' ')[0]} off`,
  );
}
