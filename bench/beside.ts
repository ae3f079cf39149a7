/** The caller's side of bench/scanner.ts: starts the thread, lets it scan and rest. */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Host, ProcessHandle, SharedHost } from '../src/index.ts';
import { PAGE } from './workloads.ts';

/** What it is started with. */
export interface ScannerInit {
  readonly shared: SharedHost;
  readonly board: Int32Array;
  /** Its process, mapped from 0 on; without one it only scans. */
  readonly fodder: { readonly handle: ProcessHandle; readonly pages: number } | undefined;
}

/** Words of the board: what is wanted, and whether it is running. */
export const WANTED = 0;
export const RUNNING = 1;
export const REST = 0;
export const RUN = 1;

const FODDER_PAGES = 256;

export class BesideScanner {
  readonly #worker: Worker;
  readonly #board: Int32Array;
  readonly #host: Host;
  #scannedBefore = 0;
  /** Pages that it has scanned while it ran, since this was last set to 0. */
  scanned = 0;

  private constructor(worker: Worker, board: Int32Array, host: Host) {
    this.#worker = worker;
    this.#board = board;
    this.#host = host;
  }

  /** Starts a thread that scans `host`, at rest. `withFodder`: it has pages of its own to merge. */
  static async start(host: Host, withFodder: boolean): Promise<BesideScanner> {
    const board = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
    const workerData: ScannerInit = { shared: host.share(), board, fodder: withFodder ? fodderOf(host) : undefined };
    const worker = new Worker(new URL('./scanner.js', import.meta.url), { workerData });
    worker.unref();
    await once(worker, 'message');
    return new BesideScanner(worker, board, host);
  }

  run(): void {
    Atomics.store(this.#board, WANTED, RUN);
    Atomics.notify(this.#board, WANTED);
    while (Atomics.load(this.#board, RUNNING) === 0);
    this.#scannedBefore = this.#host.ksm.counters().pages_scanned;
  }

  rest(): void {
    Atomics.store(this.#board, WANTED, REST);
    while (Atomics.load(this.#board, RUNNING) === 1);
    this.scanned += this.#host.ksm.counters().pages_scanned - this.#scannedBefore;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** A process with pages of four contents. */
function fodderOf(host: Host): ScannerInit['fodder'] {
  const space = host.spawn();
  space.mmap(0, FODDER_PAGES * PAGE);
  space.madvise(0, FODDER_PAGES * PAGE, 'MERGEABLE');
  const bytes = new Uint8Array(PAGE);
  for (let page = 0; page < FODDER_PAGES; page++) {
    bytes[1] = 1 + (page % 4);
    space.write(page * PAGE, bytes);
  }
  return { handle: space.handle, pages: FODDER_PAGES };
}
