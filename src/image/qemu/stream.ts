/**
 * The sections of a stream: where RAM is among them.
 *
 * Devices say nowhere how long they are, so reading stops where RAM ends, which is before all of them.
 */
import type { ByteSource } from '../bytes/byte-source.ts';
import { damaged, refused } from '../bytes/fields.ts';
import type { Block } from './block.ts';
import { type Configuration, readConfiguration } from './configuration.ts';
import { Cursor, Ended } from './cursor.ts';
import { Ram } from './ram.ts';

const VERSION = 3;
/** Kinds of sections. */
const EOF = 0;
const START = 1;
const PART = 2;
const END = 3;
const FULL = 4;
const DESCRIPTION = 6;
const COMMAND = 8;
/** Since QEMU 2.4 a section ends with this and its number. */
const FOOTER = 0x7e;
/** Commands from 3 to 7 belong to a migration that starts the guest before it has its memory. */
const POSTCOPY: readonly number[] = [3, 4, 5, 6, 7];
const RAM_VERSION = 4;

export interface Stream {
  readonly blocks: readonly Block[];
  /** It ends before RAM does. */
  readonly isCut: boolean;
}

export function readStream(bytes: ByteSource): Stream {
  const sections = new Sections(new Cursor(bytes));
  let isCut = false;
  try {
    while (sections.next());
  } catch (error) {
    if (!(error instanceof Ended)) throw error;
    isCut = true;
  }
  return { blocks: sections.blocks, isCut };
}

class Sections {
  readonly #cursor: Cursor;
  #configuration: Configuration | undefined;
  #ram: Ram | undefined;
  /** Number of the section of RAM. */
  #id = -1;

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
  }

  get blocks(): readonly Block[] {
    return this.#ram?.blocks ?? [];
  }

  /** One section. False: the last that concerns RAM. */
  next(): boolean {
    const cursor = this.#cursor;
    this.#configuration ??= this.#begin();
    const at = cursor.position;
    const kind = cursor.u8();
    if (kind === EOF || kind === DESCRIPTION) return this.#atEnd(at);
    if (kind === START || kind === FULL) return this.#start(this.#configuration);
    if (kind === COMMAND) {
      this.#command();
      return true;
    }
    const id = kind === PART || kind === END ? cursor.u32() : -1;
    if (id === -1 || id !== this.#id || this.#ram === undefined) {
      throw damaged(cursor.bytes, `at byte ${at} a section should begin, and does not`);
    }
    this.#ram.section();
    this.#footer();
    return kind === PART;
  }

  #begin(): Configuration {
    this.#cursor.position = 4;
    const version = this.#cursor.u32();
    if (version === VERSION) return readConfiguration(this.#cursor);
    throw refused(
      this.#cursor.bytes,
      `is a stream of QEMU of version ${version}`,
      `save it with a QEMU that writes version ${VERSION}`,
    );
  }

  /** The end of the stream, or what comes behind it: too early, if RAM has begun. */
  #atEnd(at: number): boolean {
    if (this.#ram === undefined) return false;
    throw damaged(this.#cursor.bytes, `the stream is at its end at byte ${at}, before RAM is`);
  }

  #start(configuration: Configuration): boolean {
    const cursor = this.#cursor;
    const [id, name] = [cursor.u32(), cursor.text()];
    cursor.skip(4); // its instance
    const version = cursor.u32();
    if (name !== 'ram' || this.#ram !== undefined) throw foreign(cursor.bytes, name);
    if (version !== RAM_VERSION) {
      throw refused(
        cursor.bytes,
        `has RAM of version ${version}`,
        `save it with a QEMU that writes version ${RAM_VERSION}`,
      );
    }
    this.#id = id;
    this.#ram = new Ram(cursor, configuration);
    this.#ram.section();
    this.#footer();
    return true;
  }

  #footer(): void {
    const cursor = this.#cursor;
    const at = cursor.position;
    if (cursor.peek() !== FOOTER) return;
    cursor.skip(1);
    if (cursor.u32() !== this.#id)
      throw damaged(cursor.bytes, `the section that ends at byte ${at} is not the one that began`);
  }

  #command(): void {
    const cursor = this.#cursor;
    const command = cursor.u16();
    if (POSTCOPY.includes(command)) {
      throw refused(cursor.bytes, 'is a stream of QEMU with postcopy-ram', 'save it without that capability');
    }
    cursor.skip(cursor.u16());
  }
}

function foreign(bytes: ByteSource, name: string): Error {
  return refused(
    bytes,
    `is a stream of QEMU with a section "${name}" before the end of RAM`,
    'save the machine without what that belongs to, or dump its memory with dump-guest-memory',
  );
}
