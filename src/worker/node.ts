/** The file that a worker of Node.js, Bun or Deno is started from. It has ended when its script has. */
import { parentPort, workerData } from 'node:worker_threads';
import { RING } from '../port.ts';
import { serve } from './serve.ts';

const post = (message: number): void => parentPort?.postMessage(message);
serve({ init: workerData, ready: post, ring: () => post(RING), end: () => {} });
