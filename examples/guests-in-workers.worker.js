/** A thread of guests-in-workers.js: one of the guests, or the scanner. */
import { parentPort, workerData } from 'node:worker_threads';
import { attachHost } from 'ksm-wasm';

const PAGE = 4096;
/** So many different pages there are at all: there is something to merge. */
const CONTENTS = 32;
/** Every so many pages one is written again and again; the others stay, and stay merged. */
const BUSY = 4;
/** Accesses between two looks at how far the scanner is. */
const TURN = 2000;
const TURNS = 50;

const host = attachHost(workerData.shared);
parentPort.postMessage(workerData.role === 'guest' ? guest(workerData) : scanner(workerData));
host.engine.leave(); // this thread's number may be another's from now on

function guest({ board, seed, handle, base, pages, passes }) {
  const space = host.process(handle);
  const below = numbers(seed);
  /** The byte that each page is full of. */
  const contents = Uint8Array.from({ length: pages }, (_, page) => 1 + (page % CONTENTS));
  const write = (page) => space.write(base + page * PAGE, new Uint8Array(PAGE).fill(contents[page]));
  for (let page = 0; page < pages; page++) write(page);
  let [reads, writes, wrong] = [0, pages, 0];
  const end = host.ksm.counters().full_scans + passes;
  for (let turn = 0; turn < TURNS || host.ksm.counters().full_scans < end; turn++) {
    for (let access = 0; access < TURN; access++) {
      const page = below(pages);
      if (page % BUSY === 0) {
        contents[page] = 1 + below(CONTENTS);
        write(page);
        writes++;
      }
      const found = space.read(base + page * PAGE + below(PAGE - 64), 64);
      if (!found.every((byte) => byte === contents[page])) wrong++;
      reads++;
    }
  }
  Atomics.add(board, 0, 1);
  return { reads, writes, wrong };
}

/** ksmd, flat out, until the guests are done. */
function scanner({ board, guests }) {
  let batches = 0;
  for (; Atomics.load(board, 0) < guests; batches++) host.ksm.scan(500);
  return { batches };
}

/** Numbers below a limit, the same for the same seed (xorshift32). */
function numbers(seed) {
  let x = seed;
  return (limit) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % limit;
  };
}
