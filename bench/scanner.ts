/**
 * A thread for bench/guest.ts: a scanner that merges, flat out, while it is told to, beside whatever the caller's thread does.
 *
 * So that it never runs out of pages to merge it has a process of its own, whose pages it writes with the bytes that they have:
 * that gives each a frame of its own again, and the next pass merges them.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { attachHost } from '../src/index.ts';
import { REST, RUN, RUNNING, type ScannerInit, WANTED } from './beside.ts';
import { PAGE } from './workloads.ts';

const BATCH = 500;

const { shared, board, fodder } = workerData as ScannerInit;
const host = attachHost(shared);
const space = fodder === undefined ? undefined : host.process(fodder.handle);
parentPort?.postMessage('ready');
for (;;) {
  Atomics.wait(board, WANTED, REST);
  Atomics.store(board, RUNNING, 1);
  while (Atomics.load(board, WANTED) === RUN) {
    for (let page = 0; page < (fodder?.pages ?? 0); page++) space?.write(page * PAGE, Uint8Array.of(0));
    while (!host.ksm.scan(BATCH).passEnded && Atomics.load(board, WANTED) === RUN);
  }
  Atomics.store(board, RUNNING, 0);
}
