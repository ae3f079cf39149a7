/** The other thread of bench/readers.ts: reads along whenever the bell rings, until it is terminated. */

import { parentPort, workerData } from 'node:worker_threads';
import { instantiate } from '../src/engine/index.ts';
import { BELL, DONE, type ReaderInit, readPieces, SUM } from './readers.ts';

const { module, memory, words } = workerData as ReaderInit;
const { readPages } = instantiate(module, memory);
parentPort?.postMessage('ready');
for (let bell = 0; ; bell++) {
  Atomics.wait(words, BELL, bell);
  words[SUM] = readPieces(words, readPages);
  Atomics.store(words, DONE, 1);
}
