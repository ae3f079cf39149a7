/**
 * Numbers in the headers of image files: read at an offset, in the file's byte order, or an error that says what is missing.
 *
 * Files come from strangers. No field is believed: what lies behind the end of the file, or is too large to be an offset, is EFORMAT.
 */
import { KsmError } from '../../errors.ts';
import type { ByteSource } from './byte-source.ts';
import { Window } from './window.ts';

/** A number of 64 bits that JavaScript cannot count with is no offset and no size of a file. */
const LARGEST = BigInt(Number.MAX_SAFE_INTEGER);

export class Fields {
  readonly bytes: ByteSource;
  readonly #window: Window;
  readonly #little: boolean;

  constructor(bytes: ByteSource, order: 'little' | 'big' = 'little') {
    this.bytes = bytes;
    this.#window = new Window(bytes);
    this.#little = order === 'little';
  }

  u8(at: number): number {
    return this.#view(at, 1).getUint8(0);
  }

  u16(at: number): number {
    return this.#view(at, 2).getUint16(0, this.#little);
  }

  u32(at: number): number {
    return this.#view(at, 4).getUint32(0, this.#little);
  }

  /** An address: any number of 64 bits. */
  big(at: number): bigint {
    return this.#view(at, 8).getBigUint64(0, this.#little);
  }

  /** An offset, a size or a count. */
  u64(at: number): number {
    const value = this.big(at);
    if (value > LARGEST) throw damaged(this.bytes, `the number at byte ${at} is ${value}, larger than any file`);
    return Number(value);
  }

  /** A copy as text; bytes that are no UTF-8 become U+FFFD. */
  text(at: number, length: number): string {
    return new TextDecoder().decode(this.slice(at, length));
  }

  /** Valid until the next call. */
  slice(at: number, length: number): Uint8Array {
    const found = this.#window.at(at, length);
    if (found.length < length) {
      throw damaged(
        this.bytes,
        `${length} bytes of a header should be at byte ${at}, and it ends at byte ${this.bytes.size}`,
      );
    }
    return found;
  }

  #view(at: number, length: number): DataView {
    const { buffer, byteOffset } = this.slice(at, length);
    return new DataView(buffer, byteOffset, length);
  }
}

/** `what`: half a sentence that says where it stops making sense. */
export function damaged({ name }: ByteSource, what: string): KsmError {
  return new KsmError('EFORMAT', `${name} is cut or damaged: ${what}; copy it again, or make it anew`);
}

/** `what`: what the file is or has; `advice`: what to do. */
export function refused({ name }: ByteSource, what: string, advice: string): KsmError {
  return new KsmError('EFORMAT', `${name} ${what}, which ksm cannot read: ${advice}`);
}

/** Do the bytes begin with these characters? */
export function startsWith(head: Uint8Array, text: string, at = 0): boolean {
  return head.length >= at + text.length && [...text].every((each, index) => head[at + index] === each.charCodeAt(0));
}
