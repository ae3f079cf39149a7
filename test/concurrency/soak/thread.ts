/** The owner's end of a thread of the soak (worker.ts). */
import { Worker } from 'node:worker_threads';
import type { ProcessHandle } from '../../../src/index.ts';
import { BOARD, COMMAND, type Command, type Notice, ORDERS, type Task, TURN } from './board.ts';
import { Book } from './book.ts';

export class Thread {
  /** Its number as a worker of the host; 0 until it is ready. */
  number = 0;
  /** When it has joined the host. */
  readonly ready: Promise<void>;
  /** When it has ended, or was killed. Rejects with what it threw. */
  readonly ended: Promise<void>;
  readonly #board: Int32Array = new Int32Array(new SharedArrayBuffer(BOARD.words * 4));
  readonly #book: Book = new Book();
  readonly #worker: Worker;
  /** Number of the last order. */
  #serial = 0;
  #done = 0;
  /** When the next notice comes. */
  #notice: Promise<void> = Promise.resolve();
  #noticed: () => void = () => {};

  constructor(task: Omit<Task, 'board' | 'book'>) {
    const workerData: Task = { ...task, board: this.#board.buffer as SharedArrayBuffer, book: this.#book.buffer };
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), { workerData });
    this.ended = new Promise((resolve, reject) => {
      this.#worker.once('error', reject);
      this.#worker.once('exit', () => resolve());
    });
    this.ended.catch(() => {}); // reported where it is awaited
    this.#expectNotice();
    const joined = this.#notice;
    this.#worker.on('message', (notice: Notice) => {
      if ('joined' in notice) this.number = notice.joined;
      else this.#done = notice.done;
      this.#noticed();
      this.#expectNotice();
    });
    this.ready = Promise.race([joined, this.ended]);
  }

  /** Of a guest. */
  get operations(): number {
    return this.turns * TURN;
  }

  /** Also those that it has only begun, if it scans. */
  get turns(): number {
    return Atomics.load(this.#board, BOARD.turns);
  }

  /** Most pages_sharing that the scanner has seen. */
  get sharing(): number {
    return Atomics.load(this.#board, BOARD.sharing);
  }

  /** The processes of a guest, for when it is dead. */
  get processes(): readonly ProcessHandle[] {
    return this.#book.processes;
  }

  /** Gives a command and goes on. */
  order(command: Command): void {
    Atomics.store(this.#board, BOARD.order, ++this.#serial * ORDERS + COMMAND[command]);
    Atomics.notify(this.#board, BOARD.order);
  }

  /**
   * When the last order, or a later one, was carried out; nobody is ever through with work. Rejects with what it threw.
   */
  async obeyed(): Promise<void> {
    const order = Atomics.load(this.#board, BOARD.order);
    if (order % ORDERS === COMMAND.end) return this.ended;
    while (this.#done < order) await Promise.race([this.#notice, this.ended]);
  }

  async obey(command: Command): Promise<void> {
    this.order(command);
    await this.obeyed();
  }

  /** Kills it, wherever it is. Rejects with what it threw, if it did. */
  async kill(): Promise<void> {
    void this.#worker.terminate();
    await this.ended;
  }

  #expectNotice(): void {
    this.#notice = new Promise((resolve) => {
      this.#noticed = resolve;
    });
  }
}
