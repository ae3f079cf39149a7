/**
 * A helper of the scanner: what serveJobs does (assembly/scan/jobs.ts), with a step between any two of its loads and stores, and
 * what the thread that started it does when it has begun and when it is gone (src/threads/pool.ts).
 */
import { layout } from '../../../src/engine/index.ts';
import { frameOfPte } from '../../../src/memory/index.ts';
import type { Operation } from './plan.ts';
import { Death, recordWord, type Steps, type Thread } from './thread.ts';
import type { World } from './world.ts';

const { JOB_CHUNK_PAGES, JOB_CHUNKS_MASK, JOB_CHUNKS_SHIFT, JOB_NUMBER_SHIFT, JOB_WINDOW_SHIFT } = layout;
const SCANNERS = layout.LINUX_THREADS / 4;
const JOB = layout.LINUX_JOB / 4;
const JOB_DONE = layout.LINUX_JOB_DONE / 4;

/** Does it sleep until the bell rings again? */
export function isAsleep(world: World, thread: Thread): boolean {
  return thread.steps === undefined && thread.heard === world.word(layout.LINUX_JOB_BELL);
}

/** Takes part in what there is to do, until it would go to sleep. `leave`: then it ends, which is a death without a loss. */
export function* helperSteps(world: World, thread: Thread, { what }: Operation): Steps {
  if (thread.heard === undefined) world.words[SCANNERS] = Math.max(world.words[SCANNERS] as number, 1) + 1;
  const busy = recordWord(thread, layout.WORKER_BUSY);
  thread.heard = world.word(layout.LINUX_JOB_BELL);
  yield;
  world.words[busy] = thread.worker;
  do yield;
  while (yield* computeChunk(world));
  yield;
  world.words[busy] = 0;
  if (what === 'leave') throw new Death(thread);
}

/** Claims a chunk of the job and computes its checksums. False where none is left. */
function* computeChunk(world: World): Steps<boolean> {
  const job = world.words[JOB] as number;
  world.words[JOB] = job + 1;
  const chunk = job & JOB_CHUNKS_MASK;
  if (chunk >= ((job >>> JOB_CHUNKS_SHIFT) & JOB_CHUNKS_MASK)) return false;
  const window = layout.LINUX_WINDOWS + ((job >>> JOB_WINDOW_SHIFT) & 1) * layout.WINDOW_BYTES;
  yield;
  const from = chunk * JOB_CHUNK_PAGES;
  const to = Math.min(from + JOB_CHUNK_PAGES, world.word(window + layout.WINDOW_COUNT));
  for (let index = from; index < to; index++) {
    yield;
    const entry = world.word(window + index * 4 + layout.WINDOW_TURNS);
    if ((entry & layout.TURN_KIND) !== layout.TURN_ORDINARY) continue;
    const frame = frameOfPte(world.word(world.word(layout.H_PTES) + entry * 4));
    yield;
    const checksum = world.call.pageChecksum(frame);
    yield;
    world.set(window + index * 4 + layout.WINDOW_CHECKSUMS, checksum);
  }
  yield;
  yield* countDone(world, job >>> JOB_NUMBER_SHIFT);
  return true;
}

function* countDone({ words }: World, number: number): Steps {
  for (let done = words[JOB_DONE] as number; done >>> JOB_NUMBER_SHIFT === number; done = words[JOB_DONE] as number) {
    yield;
    if (words[JOB_DONE] !== done) continue;
    words[JOB_DONE] = done + 1;
    return;
  }
}

/** A helper is gone: what it has claimed of a job will never be done, and who waits for that is told. */
export function* buryHelper(world: World, dead: Thread): Steps {
  yield;
  const wasBusy = world.words[recordWord(dead, layout.WORKER_BUSY)] === dead.worker;
  yield;
  world.call.workerLeave(dead.worker);
  yield;
  world.words[SCANNERS] = (world.words[SCANNERS] as number) - 1;
  yield;
  if (wasBusy) world.set(layout.LINUX_JOB_LOST, 1);
}
