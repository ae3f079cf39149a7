/**
 * Two guests in two threads, and the scanner in a third that merges what they have in common while they write and read.
 *
 * It shows how a host is shared, that every read gives what was written before, and what merging saves. Each guest knows what each
 * of its pages must hold; the threads run guests-in-workers.worker.js.
 *
 *     npm run build && node examples/guests-in-workers.js
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { createHost } from 'ksm-wasm';

const PAGE = 4096;
const PAGES = 1000;
const PASSES = 6;

const host = await createHost({ memory: '32M' });
host.ksm.settings.run = 1;
/** Words that all threads see: guests that are done. */
const board = new Int32Array(new SharedArrayBuffer(4));

function start(task) {
  const workerData = { shared: host.share(), board, ...task };
  const worker = new Worker(new URL('./guests-in-workers.worker.js', import.meta.url), { workerData });
  return once(worker, 'message').then(([report]) => report); // rejects where the thread fails
}

const guests = [1, 2].map((seed) => {
  const space = host.spawn();
  const base = space.mmap(null, PAGES * PAGE);
  space.madvise(base, PAGES * PAGE, 'MERGEABLE');
  // from here on the process is the thread's: only one thread at a time may use it
  return start({ role: 'guest', seed, handle: space.handle, base, pages: PAGES, passes: PASSES });
});
const scanner = start({ role: 'scanner', guests: guests.length });
const reports = await Promise.all(guests);
const { batches } = await scanner;

const counters = host.ksm.counters();
const { cow_ksm } = host.vmstat();
const reads = reports.reduce((sum, report) => sum + report.reads, 0);
const writes = reports.reduce((sum, report) => sum + report.writes, 0);
const wrong = reports.reduce((sum, report) => sum + report.wrong, 0);
console.log(
  `${writes} writes and ${reads} reads beside ${batches} batches, ${counters.full_scans} passes; ${wrong} reads were wrong`,
);
console.log(`${cow_ksm} times a merged page was written to and got a frame of its own again`);
console.log(
  `${counters.pages_sharing} of ${2 * PAGES} pages share a frame: ${(counters.pages_sharing * PAGE) / 1024} KiB saved`,
);
assert.equal(wrong, 0);
assert.ok(counters.full_scans >= PASSES && counters.pages_sharing > PAGES && cow_ksm > 0);
host.check();
