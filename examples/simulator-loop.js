/**
 * A simulator with one thread: several guests, a clock of its own, and batches of the scanner between the guests' cycles.
 *
 * It shows that nothing happens but what the loop calls, that time is what the simulator says it is, and that a run can be
 * repeated exactly: it runs the same second twice.
 *
 *     npm run build && node examples/simulator-loop.js
 */
import assert from 'node:assert/strict';
import { createHost } from 'ksm-wasm';

const PAGE = 4096;
const GUESTS = 4;
/** Pages of a guest: the program that all of them run, memory that was never used, and data of its own. */
const PROGRAM = 128;
const UNUSED = 64;
const DATA = 64;
const PAGES = PROGRAM + UNUSED + DATA;
const CYCLES = 2000;
const CYCLE_MS = 1;

/** A guest's process, and what its memory must be. */
function startGuest(host, number) {
  const space = host.spawn();
  const base = space.mmap(null, PAGES * PAGE);
  space.madvise(base, PAGES * PAGE, 'MERGEABLE');
  const expected = new Uint8Array(PAGES * PAGE);
  for (let page = 0; page < PROGRAM; page++) expected.fill(1 + page, page * PAGE, (page + 1) * PAGE);
  for (let page = PROGRAM + UNUSED; page < PAGES; page++) expected.set([255, number, page], page * PAGE);
  space.write(base, expected);
  return { space, base, expected };
}

/** One cycle of a guest: it writes a word of its data. */
function runCycle({ space, base, expected }, cycle) {
  const offset = (PROGRAM + UNUSED + (cycle % DATA)) * PAGE + 8;
  const word = Uint8Array.of(cycle, cycle >> 8);
  space.write(base + offset, word);
  expected.set(word, offset);
}

async function simulate() {
  let now = 0;
  const clock = { now: () => now, cpu: () => BigInt(now) * 1_000_000n, sleep: async () => {} };
  const host = await createHost({ memory: '16M', seed: 1, clock });
  const guests = Array.from({ length: GUESTS }, (_, number) => startGuest(host, number));
  const before = host.usage().frames;
  const { settings } = host.ksm;
  settings.use_zero_pages = true;
  settings.run = 1;
  for (let cycle = 0; cycle < CYCLES; cycle++, now += CYCLE_MS) {
    for (const guest of guests) runCycle(guest, cycle);
    if (now % settings.sleep_millisecs === 0) host.ksm.scan(settings.pages_to_scan);
  }
  for (const { space, base, expected } of guests) assert.deepEqual(space.read(base, PAGES * PAGE), expected);
  await host.check();
  return { before, after: host.usage().frames, counters: host.ksm.counters() };
}

const { before, after, counters } = await simulate();
assert.deepEqual(await simulate(), { before, after, counters }, 'the second run differs from the first');
assert.equal(counters.pages_shared, PROGRAM);
assert.equal(counters.pages_sharing, PROGRAM * (GUESTS - 1));
assert.equal(counters.ksm_zero_pages, UNUSED * GUESTS);
assert.equal(before - after, counters.pages_sharing + counters.ksm_zero_pages);

console.log(
  `${GUESTS} guests of ${PAGES} pages, ${CYCLES * CYCLE_MS} ms of simulated time, ${counters.full_scans} passes`,
);
console.log(`${before} frames before, ${after} after: ${((before - after) * PAGE) / 1024} KiB saved`);
console.log(
  `pages_shared ${counters.pages_shared}, pages_sharing ${counters.pages_sharing}, ksm_zero_pages ${counters.ksm_zero_pages}`,
);
console.log('a second run was the same');
