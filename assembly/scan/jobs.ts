/**
 * What is to be found out of a window's pages before their turns (scan/meet), shared among threads: a window is offered as a job, and
 * helpers take part in it.
 *
 * It is pure reading of frames, and each checksum and each note goes to its own place, so the outcome does not depend on who computes
 * what. A thread claims a chunk of pages with one atomic addition to the job's word, which also says what the job is: a late claim can
 * never be taken for one of the next job.
 */

import { step, stepWait } from '../base/step';
import { helpersRest, workerEnds, workerHelps } from '../concurrent/workers';
import { JOB_CHUNK_PAGES, JOB_CHUNKS_MASK, JOB_CHUNKS_SHIFT, JOB_NUMBER_SHIFT, JOB_WINDOW_SHIFT } from '../layout';
import { Job, Scanner, Window } from '../records/scanner';
import { prepare } from './meet';
import { jobOf, windowOf } from './scanner';

/** Looks at the bell that a helper gives the next job before it goes to sleep. */
const SPINS: u32 = 4000;

function claimsAt(scanner: Scanner): usize {
  return changetype<usize>(jobOf(scanner)) + offsetof<Job>('claims');
}

function doneAt(scanner: Scanner): usize {
  return changetype<usize>(jobOf(scanner)) + offsetof<Job>('done');
}

function bellAt(scanner: Scanner): usize {
  return changetype<usize>(jobOf(scanner)) + offsetof<Job>('bell');
}

function lostAt(scanner: Scanner): usize {
  return changetype<usize>(jobOf(scanner)) + offsetof<Job>('lost');
}

/** Offers window number `number` to all threads. The job before it must be finished. Returns what names the job. */
export function jobPost(scanner: Scanner, number: u32): u32 {
  if (!ASC_NO_ASSERT) expectClaimed(load<u32>(claimsAt(scanner)));
  const chunks = (windowOf(scanner, number).count + JOB_CHUNK_PAGES - 1) / JOB_CHUNK_PAGES;
  const name = ((load<u32>(claimsAt(scanner)) >> JOB_NUMBER_SHIFT) + 1) << JOB_NUMBER_SHIFT;
  atomic.store<u32>(doneAt(scanner), name);
  step();
  const job = name | (number << JOB_WINDOW_SHIFT) | (chunks << JOB_CHUNKS_SHIFT);
  atomic.store<u32>(claimsAt(scanner), job);
  step();
  atomic.add<u32>(bellAt(scanner), 1);
  if (chunks > 1) atomic.notify(bellAt(scanner), -1);
  return job;
}

/** No chunk of the job is left that somebody could claim. */
function expectClaimed(job: u32): void {
  assert((job & JOB_CHUNKS_MASK) >= ((job >> JOB_CHUNKS_SHIFT) & JOB_CHUNKS_MASK));
}

/** Nobody can claim a chunk of the job any more. Not to be called while its poster lives. */
export function jobClose(scanner: Scanner): void {
  const at = claimsAt(scanner);
  atomic.store<u32>(at, (load<u32>(at) >> JOB_NUMBER_SHIFT) << JOB_NUMBER_SHIFT);
}

/**
 * A helper was taken for dead: who waits for its chunk does the window once more. It may live after all, and write notes later, so nobody
 * believes any more what notes say.
 */
export function jobLose(scanner: Scanner): void {
  atomic.store<u32>(lostAt(scanner), 1);
  scanner.doubts = 1;
}

/** Forgets a loss: it was of a job that is over. */
export function jobForget(scanner: Scanner): void {
  store<u32>(lostAt(scanner), 0);
}

/** Is `job` still what all are at? It is not if its poster was taken for dead. */
function jobIs(scanner: Scanner, job: u32): bool {
  return (atomic.load<u32>(claimsAt(scanner)) & ~JOB_CHUNKS_MASK) == job;
}

/**
 * Does what is left of `job`, which is about `window`, and waits for the chunks that others have claimed. If a helper died, the whole
 * window is done once more.
 */
export function jobFinish(scanner: Scanner, window: Window, job: u32): void {
  if (!jobIs(scanner, job)) return;
  jobShare(scanner);
  const done = ((job >> JOB_NUMBER_SHIFT) << JOB_NUMBER_SHIFT) | ((job >> JOB_CHUNKS_SHIFT) & JOB_CHUNKS_MASK);
  while (atomic.load<u32>(doneAt(scanner)) != done) {
    stepWait();
    if (!jobIs(scanner, job)) return;
    if (atomic.xchg<u32>(lostAt(scanner), 0) == 0) continue;
    helpersRest(); // those who live must not write into a window that is another's by then
    prepare(window, 0, window.count);
    return;
  }
}

function jobShare(scanner: Scanner): void {
  for (;;) {
    const job = atomic.add<u32>(claimsAt(scanner), 1);
    const chunk = job & JOB_CHUNKS_MASK;
    if (chunk >= ((job >> JOB_CHUNKS_SHIFT) & JOB_CHUNKS_MASK)) return;
    step();
    const window = windowOf(scanner, (job >> JOB_WINDOW_SHIFT) & 1);
    const from = chunk * JOB_CHUNK_PAGES;
    prepare(window, from, min(from + JOB_CHUNK_PAGES, window.count));
    chunkDone(scanner, job >> JOB_NUMBER_SHIFT);
  }
}

/** Counts a chunk of job `number` as done, unless another job has begun since, as after a death. */
function chunkDone(scanner: Scanner, number: u32): void {
  const at = doneAt(scanner);
  for (let done = atomic.load<u32>(at); done >> JOB_NUMBER_SHIFT == number; done = atomic.load<u32>(at)) {
    if (atomic.cmpxchg<u32>(at, done, done + 1) == done) return;
  }
}

/**
 * The life of a helper thread, which is worker `worker`: takes part in every job of the scanner until it is told to end (WORKER_END, and
 * a ring of the bell). Blocks its thread.
 */
export function serveJobs(scanner: Scanner, worker: u32): void {
  for (;;) {
    const bell = atomic.load<u32>(bellAt(scanner));
    workerHelps(worker, true);
    jobShare(scanner);
    workerHelps(worker, false);
    if (workerEnds(worker)) return;
    let spins: u32 = 0;
    while (spins < SPINS && atomic.load<u32>(bellAt(scanner)) == bell) spins++;
    if (spins == SPINS) memory.atomic.wait32(bellAt(scanner), bell, -1);
  }
}
