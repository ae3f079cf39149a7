/**
 * Second phase of a batch: the checksums of a window's ordinary pages, by one thread or shared among several.
 *
 * It is pure reading of frames that nobody else changes while the window is under way, and each checksum goes to its own place,
 * so the outcome does not depend on who computes what. A thread claims a chunk of pages with one atomic addition to the
 * job word, which also says what the job is: a late claim can never be taken for one of the next job.
 */

import { helpersRest, workerEnds, workerHelps } from '../concurrent/workers';
import {
  H_JOB,
  H_JOB_BELL,
  H_JOB_DONE,
  H_JOB_LOST,
  JOB_CHUNK_PAGES,
  JOB_CHUNKS_MASK,
  JOB_CHUNKS_SHIFT,
  JOB_NUMBER_SHIFT,
  JOB_WINDOW_SHIFT,
  PTE_FRAME,
  WINDOW_BYTES,
  WINDOW_CHECKSUMS,
  WINDOW_COUNT,
  WINDOW_ENTRIES,
  WINDOW_KIND,
  WINDOW_ORDINARY,
  WINDOWS,
} from '../layout';
import { pteOf } from '../memory/tables';
import { pageChecksum } from '../merge/checksum';
import { step, stepWait } from '../step';

/** Looks at the bell that a helper gives the next job before it goes to sleep. */
const SPINS: u32 = 4000;

/** Computes the checksums of things [from, to) of `window`. */
export function fingerprint(window: usize, from: u32, to: u32): void {
  for (let index = from; index < to; index++) {
    const selected = load<u32>(window + (index << 2), WINDOW_ENTRIES);
    if ((selected & WINDOW_KIND) != WINDOW_ORDINARY) continue;
    store<u32>(window + (index << 2), pageChecksum(pteOf(selected) & PTE_FRAME), WINDOW_CHECKSUMS);
    step();
  }
}

/** Offers window number `window` to all threads. The job before it must be finished. Returns what names the job. */
export function jobPost(window: u32): u32 {
  const count = load<u32>(WINDOWS + window * WINDOW_BYTES, WINDOW_COUNT);
  const chunks = (count + JOB_CHUNK_PAGES - 1) / JOB_CHUNK_PAGES;
  const number = (load<u32>(H_JOB) >> JOB_NUMBER_SHIFT) + 1;
  atomic.store<u32>(H_JOB_DONE, number << JOB_NUMBER_SHIFT);
  step();
  const job = (number << JOB_NUMBER_SHIFT) | (window << JOB_WINDOW_SHIFT) | (chunks << JOB_CHUNKS_SHIFT);
  atomic.store<u32>(H_JOB, job);
  step();
  atomic.add<u32>(H_JOB_BELL, 1);
  if (chunks > 1) atomic.notify(H_JOB_BELL, -1);
  return job;
}

/** Nobody can claim a chunk of the job any more. Not while its poster lives. */
export function jobClose(): void {
  atomic.store<u32>(H_JOB, (load<u32>(H_JOB) >> JOB_NUMBER_SHIFT) << JOB_NUMBER_SHIFT);
}

/** Is `job` still what all are at? Not where its poster was taken for dead. */
function jobIs(job: u32): bool {
  return (atomic.load<u32>(H_JOB) & ~JOB_CHUNKS_MASK) == job;
}

/**
 * Does what is left of `job`, which is about `window`, and waits for the chunks that others have claimed. Where a helper died the
 * whole window is done once more.
 */
export function jobFinish(window: usize, job: u32): void {
  if (!jobIs(job)) return;
  jobShare();
  const done = ((job >> JOB_NUMBER_SHIFT) << JOB_NUMBER_SHIFT) | ((job >> JOB_CHUNKS_SHIFT) & JOB_CHUNKS_MASK);
  while (atomic.load<u32>(H_JOB_DONE) != done) {
    stepWait();
    if (!jobIs(job)) return;
    if (atomic.xchg<u32>(H_JOB_LOST, 0) == 0) continue;
    helpersRest(); // those who live must not write into a window that is another's by then
    fingerprint(window, 0, load<u32>(window, WINDOW_COUNT));
    return;
  }
}

function jobShare(): void {
  for (;;) {
    const job = atomic.add<u32>(H_JOB, 1);
    const chunk = job & JOB_CHUNKS_MASK;
    if (chunk >= ((job >> JOB_CHUNKS_SHIFT) & JOB_CHUNKS_MASK)) return;
    step();
    const window: usize = WINDOWS + ((job >> JOB_WINDOW_SHIFT) & 1) * WINDOW_BYTES;
    const from = chunk * JOB_CHUNK_PAGES;
    fingerprint(window, from, min(from + JOB_CHUNK_PAGES, load<u32>(window, WINDOW_COUNT)));
    chunkDone(job >> JOB_NUMBER_SHIFT);
  }
}

/** Counts a chunk of job `number` as done, unless another job has begun since, as after a death. */
function chunkDone(number: u32): void {
  for (
    let done = atomic.load<u32>(H_JOB_DONE);
    done >> JOB_NUMBER_SHIFT == number;
    done = atomic.load<u32>(H_JOB_DONE)
  ) {
    if (atomic.cmpxchg<u32>(H_JOB_DONE, done, done + 1) == done) return;
  }
}

/**
 * The life of a helper thread, which is worker `worker`: takes part in every job until it is told to end (WORKER_END, and a ring of
 * the bell). Blocks its thread.
 */
export function serveJobs(worker: u32): void {
  for (;;) {
    const bell = atomic.load<u32>(H_JOB_BELL);
    workerHelps(worker, true);
    jobShare();
    workerHelps(worker, false);
    if (workerEnds(worker)) return;
    let spins: u32 = 0;
    while (spins < SPINS && atomic.load<u32>(H_JOB_BELL) == bell) spins++;
    if (spins == SPINS) memory.atomic.wait32(H_JOB_BELL, bell, -1);
  }
}
