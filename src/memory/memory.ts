/**
 * One linear memory as the driver sees it: its words and bytes by address, and its frames by number.
 *
 * All state of a host is in there (assembly/layout/index.ts names every word). This holds views of it and nothing else, and
 * it never grows, so any number of these over one memory say the same.
 */
import { KsmError } from '../errors.ts';
import { Frames } from './frames.ts';

export class Memory {
  readonly object: WebAssembly.Memory;
  /** The whole memory as bytes. */
  readonly bytes: Uint8Array;
  /** The whole memory as u32 words: index is address / 4. */
  readonly words: Uint32Array;
  readonly frames: Frames;

  /** EINVAL if `object` is no memory. */
  constructor(object: WebAssembly.Memory) {
    const buffer = bufferOf(object);
    this.object = object;
    this.bytes = new Uint8Array(buffer);
    this.words = new Uint32Array(buffer);
    this.frames = new Frames(this);
  }

  u32(address: number): number {
    return this.words[address >>> 2] as number;
  }

  setU32(address: number, value: number): void {
    this.words[address >>> 2] = value;
  }

  /** A u64 counter as a number; exact below 2^53. */
  u64(address: number): number {
    return this.u32(address) + this.u32(address + 4) * 2 ** 32;
  }

  bigU64(address: number): bigint {
    return BigInt(this.u32(address)) | (BigInt(this.u32(address + 4)) << 32n);
  }

  setBigU64(address: number, value: bigint): void {
    this.setU32(address, Number(value & 0xffffffffn));
    this.setU32(address + 4, Number((value >> 32n) & 0xffffffffn));
  }
}

/** Only a real memory has a buffer, whatever the prototype of another object says. */
function bufferOf(object: WebAssembly.Memory): ArrayBufferLike {
  try {
    return object.buffer;
  } catch (cause) {
    throw new KsmError('EINVAL', 'What is given as the memory is no WebAssembly.Memory.', { cause });
  }
}
