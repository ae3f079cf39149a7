/**
 * What the tests of ksmd share: the built library, because Node.js 20 cannot start a worker from TypeScript, and threads that run a
 * function over an attached host.
 */
import { Worker } from 'node:worker_threads';
import type { AddressSpace, Host, Sample } from '../../../src/index.ts';
import { PAGE } from '../../support/page.ts';

const INDEX = new URL('../../../dist/src/index.js', import.meta.url).href;

type Library = typeof import('../../../src/index.ts');
const library = (await import(INDEX)) as Library;

export const attachHost: Library['attachHost'] = library.attachHost;
export const createHost: Library['createHost'] = library.createHost;
export { layout } from '../../../src/engine/index.ts';

/** What runs in every thread that `inThread` starts. */
const PROGRAM = `
  const { parentPort, workerData } = require('node:worker_threads');
  import(workerData.index).then(async ({ attachHost }) => {
    const host = attachHost(workerData.shared);
    const work = new Function('return ' + workerData.work)();
    parentPort.postMessage(await work(host, workerData.data));
    host.leave();
  });`;

/** Calls `work`, which may use nothing but its arguments, in another thread. Resolves with what it returns. */
export function inThread<Data, Value>(
  host: Host,
  work: (host: Host, data: Data) => Value,
  data: Data,
): Promise<Awaited<Value>> {
  const workerData = { index: INDEX, shared: host.share(), work: work.toString(), data };
  const worker = new Worker(PROGRAM, { eval: true, workerData });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

/** The workers that are started from now on, in their order. */
export function watchWorkers(): Worker[] {
  const workers: Worker[] = [];
  process.on('worker', (worker) => workers.push(worker));
  return workers;
}

/** A process with `pages` mergeable pages from address 0 on, page n filled with byte `content(n)`. */
export function mergeable(host: Host, pages: number, content: (page: number) => number): AddressSpace {
  const space = host.spawn();
  space.mmap(0, pages * PAGE);
  space.madvise(0, pages * PAGE, 'MERGEABLE');
  for (let page = 0; page < pages; page++) space.write(page * PAGE, new Uint8Array(PAGE).fill(content(page)));
  return space;
}

/** The first sample that `isIt`. Fails where there is none. */
export async function sampleWhere(host: Host, isIt: (sample: Sample) => boolean): Promise<Sample> {
  for await (const sample of host.ksmd) if (isIt(sample)) return sample;
  throw new Error('ksmd has stopped before');
}

/** So many passes later. */
export async function passes(host: Host, count: number): Promise<Sample> {
  const until = host.ksm.counters().full_scans + count;
  return sampleWhere(host, ({ counters }) => counters.full_scans >= until);
}
