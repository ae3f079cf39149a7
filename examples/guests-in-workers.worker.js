/** A thread of guests-in-workers.js: one of the guests. It writes and reads until ksmd has been by often enough. */
import { parentPort, workerData } from 'node:worker_threads';
import { attachHost } from 'ksm-wasm';

const PAGE = 4096;
/** So many different pages there are at all: there is something to merge. */
const CONTENTS = 32;
/** Every so many pages one is written again and again; the others stay, and stay merged. */
const BUSY = 4;
/** Accesses between two looks at how far ksmd is. */
const TURN = 2000;
const TURNS = 50;

const host = attachHost(workerData.shared);
parentPort.postMessage(guest(workerData));
host.leave(); // this thread takes part no more

function guest({ seed, handle, base, pages, passes }) {
  const space = host.process(handle);
  const below = numbers(seed);
  /** The byte that each page is full of. */
  const contents = Uint8Array.from({ length: pages }, (_, page) => 1 + (page % CONTENTS));
  const write = (page) => space.write(base + page * PAGE, new Uint8Array(PAGE).fill(contents[page]));
  for (let page = 0; page < pages; page++) write(page);
  let [reads, writes, wrong] = [0, pages, 0];
  const check = (page, offset, length) => {
    const found = space.read(base + page * PAGE + offset, length);
    if (!found.every((byte) => byte === contents[page])) wrong++;
    reads++;
  };
  const end = host.ksm.counters().full_scans + passes;
  for (let turn = 0; turn < TURNS || host.ksm.counters().full_scans < end; turn++) {
    for (let access = 0; access < TURN; access++) {
      const page = below(pages);
      if (page % BUSY === 0) {
        contents[page] = 1 + below(CONTENTS);
        write(page);
        writes++;
      }
      check(page, below(PAGE - 64), 64);
    }
  }
  for (let page = 0; page < pages; page++) check(page, 0, PAGE); // no byte was lost
  return { reads, writes, wrong };
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
