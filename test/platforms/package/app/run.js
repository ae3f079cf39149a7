/**
 * A small app with the library: two guests with the same pages, two scanners, ksmd in a thread of its own. It reports what came of
 * it; the numbers that it must report follow from what it writes.
 */
import { createHost } from 'ksm-wasm';

const PAGE = 4096;
const PAGES = 200;
/** Pages of different contents in each guest; the others are equal to one of them. */
const CONTENTS = 5;

/** @param {import('ksm-wasm').HostOptions} options what a bundler needs to be told */
export async function run(options) {
  const warnings = [];
  const host = await createHost({
    memory: '32M',
    seed: 1,
    scanners: 2,
    ...options,
    onWarning: ({ message }) => warnings.push(message),
  });
  const scanning = host.scanners.running;
  const helped = scanning > 1 ? await leaveToHelpers(host) : 0;
  await host.scanners.stop();
  const guests = [host.spawn(), host.spawn()];
  for (const guest of guests) fill(guest);
  Object.assign(host.ksm.settings, { run: 1, sleep_millisecs: 0, smart_scan: false });
  await host.ksmd.start({ scanners: 2 });
  const beside = host.ksmd.scanners;
  const { pages_shared, pages_sharing } = await passes(host, 3);
  const oneFrame = guests[0].frameOf(0) === guests[1].frameOf(CONTENTS * PAGE);
  guests[0].write(0, Uint8Array.of(99));
  const bytes = [...guests[0].read(0, 2), ...guests[1].read(0, 2)];
  await host.ksmd.stop();
  await host.check();
  const report = { warnings, scanning, helped, beside, pages_shared, pages_sharing, oneFrame, bytes };
  document.body.textContent = JSON.stringify(report);
  await fetch('/report', { method: 'POST', body: JSON.stringify(report) });
}

/** Posts a job of empty chunks as the engine does, and takes none of them: returns how many the helpers have done. */
async function leaveToHelpers({ memory }) {
  const layout = globalThis.privateWords; // of the page
  const words = new Int32Array(memory.buffer);
  const chunks = 3;
  const job = 1 << layout.JOB_NUMBER_SHIFT;
  Atomics.store(words, layout.LINUX_JOB_DONE / 4, job);
  Atomics.store(words, layout.LINUX_JOB / 4, job | (chunks << layout.JOB_CHUNKS_SHIFT));
  Atomics.add(words, layout.LINUX_JOB_BELL / 4, 1);
  Atomics.notify(words, layout.LINUX_JOB_BELL / 4);
  while (Atomics.load(words, layout.LINUX_JOB_DONE / 4) < job + chunks)
    await new Promise((resolve) => setTimeout(resolve, 5));
  return Atomics.load(words, layout.LINUX_JOB_DONE / 4) - job;
}

function fill(guest) {
  guest.mmap(0, PAGES * PAGE);
  guest.madvise(0, PAGES * PAGE, 'MERGEABLE');
  for (let page = 0; page < PAGES; page++) {
    guest.write(page * PAGE, new Uint8Array(PAGE).fill(1 + (page % CONTENTS)));
  }
}

async function passes(host, more) {
  const until = host.ksm.counters().full_scans + more;
  for await (const { counters } of host.ksmd) if (counters.full_scans >= until) return counters;
  throw new Error('ksmd has stopped');
}
