/** Where the bytes of a snapshot come from, made one thing: a sequence of pieces, read in any lengths. */
import { bytesOf } from '../bytes.ts';
import { KsmError } from '../errors.ts';
import { readPieces } from './file.ts';
import { refused } from './format.ts';

/**
 * The path of a file (Node.js), bytes, or a stream of them: a File or fetch(...).body in a browser, a Readable in
 * Node.js.
 */
export type SnapshotSource =
  | string
  | Uint8Array
  | ArrayBuffer
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>;

/** Reads a source from front to back. close() it. */
export class SnapshotReader {
  readonly #pieces: AsyncGenerator<unknown, void>;
  /** What was received and not read yet. */
  #rest: Uint8Array = new Uint8Array(0);
  #read = 0;

  constructor(source: SnapshotSource) {
    this.#pieces = piecesOf(source);
  }

  /** Fills `target` with the next bytes. EFORMAT if the source ends before. */
  async fill(target: Uint8Array): Promise<void> {
    for (let filled = 0; filled < target.length; ) {
      if (!(await this.#receive())) {
        throw refused(`it ends after ${this.#read} bytes, and more must follow: it was cut off`);
      }
      const taken = this.#rest.subarray(0, target.length - filled);
      target.set(taken, filled);
      this.#rest = this.#rest.subarray(taken.length);
      filled += taken.length;
      this.#read += taken.length;
    }
  }

  /** EFORMAT if anything follows. */
  async expectEnd(): Promise<void> {
    if (await this.#receive()) throw refused(`it should end after ${this.#read} bytes, and more follow`);
  }

  async close(): Promise<void> {
    await this.#pieces.return();
  }

  /** Makes sure that there is something to read; false at the end. */
  async #receive(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#pieces.next();
      if (done) return false;
      if (!(value instanceof Uint8Array)) {
        throw new KsmError('EINVAL', `A snapshot is read from pieces that are Uint8Array, not ${typeof value}.`);
      }
      this.#rest = value;
    }
    return true;
  }
}

async function* piecesOf(source: SnapshotSource): AsyncGenerator<unknown, void> {
  if (typeof source === 'string') yield* readPieces(source);
  else if (ArrayBuffer.isView(source) || source instanceof ArrayBuffer) yield bytesOf('restoreHost', source);
  else if (source instanceof Blob) yield* streamed(source.stream());
  else if (source instanceof ReadableStream) yield* streamed(source);
  else if (isIterable(source)) yield* source;
  else {
    throw new KsmError(
      'EINVAL',
      `A snapshot is read from the path of a file, bytes, a Blob, or a stream of bytes, not from a ${typeof source}.`,
    );
  }
}

function isIterable(source: unknown): source is AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  if (typeof source !== 'object' || source === null) return false;
  return Symbol.asyncIterator in source || Symbol.iterator in source;
}

/** Not every browser lets a stream be iterated over. */
async function* streamed(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const reader = stream.getReader();
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield piece.value;
  } finally {
    await reader.cancel();
  }
}
