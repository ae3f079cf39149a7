/**
 * What ksmd and the thread that started it tell each other: the order to stop, and the samples. It lies in a memory of its own,
 * because a blocked worker gets no messages, and because messages to a thread that does not read them would pile up.
 *
 * The samples are a ring. ksmd never waits for a reader: a slow one loses the oldest. Sample number n lies at n modulo SAMPLES; BEGUN
 * is raised before it is written and DONE after, so a reader knows whether what it has read was overwritten meanwhile.
 */
import { COUNTERS, countersBy, type Sample, withOldName } from '../ksm/index.ts';

/** How many samples a reader may be behind. */
export const SAMPLES = 256;

// Words of 64 bits. The first two are flags; then how many samples were begun, and how many are done.
const STOP = 0;
const WANTED = 1;
const BEGUN = 2;
const DONE = 3;
const RECORDS = 4;

const FIELDS = 3 + COUNTERS.length;
const BYTES = (RECORDS + SAMPLES * FIELDS) * 8;

export class Board {
  readonly buffer: SharedArrayBuffer;
  readonly #words: BigInt64Array;
  /** A number and its bits. */
  readonly #number: Float64Array = new Float64Array(1);
  readonly #bits: BigInt64Array = new BigInt64Array(this.#number.buffer);

  /** A new one, or that of another thread. */
  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(BYTES)) {
    this.buffer = buffer;
    this.#words = new BigInt64Array(buffer);
  }

  get isStopped(): boolean {
    return Atomics.load(this.#words, STOP) !== 0n;
  }

  /** Tells ksmd to stop. It has to be woken besides. */
  stop(): void {
    Atomics.store(this.#words, STOP, 1n);
  }

  /** How many samples there were. */
  get count(): number {
    return Number(Atomics.load(this.#words, DONE));
  }

  /** A reader waits for the next sample. True if it should wait indeed, because `count` is still right. */
  want(count: number): boolean {
    Atomics.store(this.#words, WANTED, 1n);
    return this.count === count;
  }

  /** Sample number `number`, which is done; undefined if it is lost. */
  read(number: number): Sample | undefined {
    const at = RECORDS + (number % SAMPLES) * FIELDS;
    const values = Array.from({ length: FIELDS }, (_, field) => this.#get(at + field));
    if (Number(Atomics.load(this.#words, BEGUN)) > number + SAMPLES) return undefined;
    const [pages_scanned = 0, passEnded = 0, now = 0, ...rest] = values;
    const counters = countersBy((_, index) => rest[index] ?? 0);
    return withOldName({ pages_scanned, passEnded: passEnded === 1, now, counters });
  }

  /** ksmd has a sample. True if somebody waits for it. */
  post({ pages_scanned, passEnded, now, counters }: Sample): boolean {
    const number = Number(Atomics.add(this.#words, BEGUN, 1n));
    const at = RECORDS + (number % SAMPLES) * FIELDS;
    const values = [pages_scanned, passEnded ? 1 : 0, now, ...COUNTERS.map((name) => counters[name])];
    values.forEach((value, field) => {
      this.#set(at + field, value);
    });
    Atomics.add(this.#words, DONE, 1n);
    return Atomics.exchange(this.#words, WANTED, 0n) !== 0n;
  }

  #get(index: number): number {
    this.#bits[0] = Atomics.load(this.#words, index);
    return this.#number[0] as number;
  }

  #set(index: number, value: number): void {
    this.#number[0] = value;
    Atomics.store(this.#words, index, this.#bits[0] as bigint);
  }
}
