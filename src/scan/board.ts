/** What threads that read parts write down for each other: which parts are taken, and how many pages have been read. */

const TAKEN = 0;
const READ = 1;

export class Board {
  /** Plain data, shared by all threads that have a board of it. */
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #parts: number;

  /** `parts`: how many there are. */
  constructor(parts: number, memory: SharedArrayBuffer = new SharedArrayBuffer(8)) {
    this.memory = memory;
    this.#words = new Int32Array(memory);
    this.#parts = parts;
  }

  /**
   * Takes the next part, for nobody else to read; undefined if all are taken. In their order: the names of a part that is read before those
   * in front of it wait, and take memory.
   */
  take(): number | undefined {
    const part = Atomics.add(this.#words, TAKEN, 1);
    return part < this.#parts ? part : undefined;
  }

  addRead(pages: number): void {
    Atomics.add(this.#words, READ, pages);
  }

  /** Pages that all threads have read: less than 2^31, 8 TiB of them. */
  get read(): number {
    return Atomics.load(this.#words, READ);
  }
}
