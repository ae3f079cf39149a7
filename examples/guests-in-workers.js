/**
 * Two guests in two threads, and ksmd in a third that merges what they have in common while they write and read.
 *
 * It shows how a host is shared, how ksmd is started, watched and stopped, that every read gives what was written before, and what
 * merging saves. Each guest knows what each of its pages must hold; the guests' threads run guests-in-workers.worker.js.
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
const { settings } = host.ksm;
settings.pages_to_scan = 500;
settings.sleep_millisecs = 0; // flat out
settings.run = 1;
await host.ksmd.start();
const watched = mostSharing();

const guests = [1, 2].map((seed) => {
  const space = host.spawn();
  const base = space.mmap(null, PAGES * PAGE);
  space.madvise(base, PAGES * PAGE, 'MERGEABLE');
  // from here on the process is the thread's: only one thread at a time may use it
  return startGuest({ seed, handle: space.handle, base, pages: PAGES, passes: PASSES });
});
const reports = await Promise.all(guests);
await host.ksmd.stop();

const counters = host.ksm.counters();
const { cow_ksm } = host.vmstat();
const sum = (what) => reports.reduce((total, report) => total + report[what], 0);
const [reads, writes, wrong] = [sum('reads'), sum('writes'), sum('wrong')];
const most = await watched;
console.log(
  `${writes} writes and ${reads} reads beside ${counters.full_scans} passes of ksmd; ${wrong} reads were wrong`,
);
console.log(`${cow_ksm} times a merged page was written to and got a frame of its own again`);
console.log(
  `${counters.pages_sharing} of ${2 * PAGES} pages share a frame: ${kibibytes(counters.pages_sharing)} KiB saved, ` +
    `and at most ${kibibytes(most)} KiB in the samples of ksmd`,
);
assert.equal(wrong, 0);
assert.equal(host.ksmd.deaths, 0);
assert.ok(counters.full_scans >= PASSES && counters.pages_sharing > PAGES && cow_ksm > 0);
await host.check();

function startGuest(task) {
  const workerData = { shared: host.share(), ...task };
  const worker = new Worker(new URL('./guests-in-workers.worker.js', import.meta.url), { workerData });
  return once(worker, 'message').then(([report]) => report); // rejects where the thread fails
}

/** Follows ksmd until it stops. There is a sample after each batch; whoever is far behind loses some, so it is no way to count batches. */
async function mostSharing() {
  let most = 0;
  for await (const { counters } of host.ksmd) most = Math.max(most, counters.pages_sharing);
  return most;
}

function kibibytes(pages) {
  return (pages * PAGE) / 1024;
}
