/**
 * What happens after a death: another thread recovers, and looks at what has become of the call that was under way. Only what that
 * call was to change may be other than before.
 */
import { errnoOf, layout } from '../../../src/engine/index.ts';
import { isPresent } from '../../../src/memory/index.ts';
import { Failure } from './failure.ts';
import { forget, type Guests } from './guest.ts';
import { emptyCell, forgetContents, type Mapping, type Process, vmaAt } from './shadow.ts';
import { type Flight, recordWord, type Steps, type Thread } from './thread.ts';
import type { World } from './world.ts';

const { MM_EXITED, MM_FLAGS, MM_IN_USE, MM_MAKER, MM_SHARED_OBJECT, MM_UNBORN } = layout;
const LOCK = layout.LOCK / 4;

function isLive(world: World, mm: number): boolean {
  const gone = MM_EXITED | MM_UNBORN | MM_SHARED_OBJECT;
  return (world.word(mm + MM_FLAGS) & (MM_IN_USE | gone)) === MM_IN_USE;
}

/** Processes in the engine that nobody knows, and nobody is about to be told of. */
function strangers({ world, processes }: Guests): number[] {
  const known = new Set([...processes].map(({ mm }) => mm));
  const found: number[] = [];
  for (let index = 0; index < world.word(layout.H_FREE_MMS + layout.FREE_FRESH); index++) {
    const mm = world.word(layout.H_MMS) + index * layout.MM_BYTES;
    if (isLive(world, mm) && world.word(mm + MM_MAKER) === 0 && !known.has(mm)) found.push(mm);
  }
  return found;
}

function firstWords(world: World, mm: number, page: number): [number, number] | undefined {
  const entry = world.call.entryFind(mm, world.idOf(mm), page) >>> 0;
  const pte = entry === 0 ? 0 : world.word(world.word(layout.H_PTES) + entry * 4);
  if (!isPresent(pte)) return undefined;
  const place = world.engine.frames.placeOfPte(pte);
  return [world.word(place), world.word(place + layout.PAGE_SIZE / 2)];
}

/** What has become of one page that the call was about. */
function settlePage(world: World, flight: Flight, process: Process, page: number): void {
  const { what } = flight;
  const before = process.pages.get(page);
  const vma = vmaAt(world, process.mm, page);
  if (vma === undefined) {
    if (what === 'map' || what === 'unmap') process.pages.delete(page);
    return;
  }
  const shared = (vma.flags & layout.VM_SHARED) !== 0;
  const isNew = what === 'map' && (before === undefined || shared !== before.shared || vma.object !== before.object);
  if (isNew) {
    const mapping: Mapping = { cell: emptyCell(), shared, object: vma.object, writable: true, locked: false };
    process.pages.set(page, mapping);
  } else if (what !== 'protect' && what !== 'lock') {
    const isGone = firstWords(world, process.mm, page)?.every((word) => word === 0) ?? true;
    if (isGone) forgetContents(process, page);
  }
  const now = process.pages.get(page);
  if (now !== undefined) now.locked &&= what === 'lock' && (vma.flags & layout.VM_LOCKED) !== 0;
  if (now !== undefined && (isNew || what === 'protect' || what === 'map')) {
    now.writable = (vma.flags & layout.VM_WRITE) !== 0;
  }
}

/** A process that was about to be born is gone with the thread that would have told of it. */
function settleBirth(guests: Guests): void {
  const { length } = strangers(guests);
  if (length > 0) throw new Failure(`${length} processes that nobody made`);
}

/** It is the old one or the new one, which is found by the id; here it is the only one that nobody knows. */
function settleExec(guests: Guests, process: Process): void {
  const [mm, ...others] = strangers(guests);
  const isOld = isLive(guests.world, process.mm);
  if (isOld !== (mm === undefined) || others.length > 0) {
    throw new Failure(
      `a death in exec leaves ${isOld ? 'the old mm' : 'no old mm'} and ${others.length + (mm ? 1 : 0)} new ones`,
    );
  }
  if (mm === undefined) return;
  process.pages.clear();
  process.mm = mm;
}

function settle(guests: Guests, dead: Thread): void {
  const { flight } = dead;
  dead.flight = undefined;
  if (flight === undefined) return;
  const { what, process, pages } = flight;
  if (what === 'frames') for (const index of pages) guests.offline.delete(index); // whether they are or not
  if (what === 'fork' || what === 'spawn') settleBirth(guests);
  if (process === undefined) return;
  if (what === 'exec') settleExec(guests, process);
  if (process.gone || !isLive(guests.world, process.mm)) {
    if (what !== 'exit') throw new Failure(`mm ${process.mm} is gone after a death in ${what}`);
    forget(guests, dead, process);
    return;
  }
  for (const page of pages) settlePage(guests.world, flight, process, page);
}

/** May `recover` be called for this one now? Only where it can take the lock at once: a wait in there would hold up everybody. */
function isReady({ world }: Guests, dead: Thread): boolean {
  const owner = world.words[LOCK];
  return owner === 0 || owner === dead.worker;
}

/** Recovers from all deaths, the one that holds the lock first. `handOver`: a dead thread's things may be another's now. */
export function* survivorSteps(
  guests: Guests,
  thread: Thread,
  deaths: Set<Thread>,
  handOver: (dead: Thread) => void,
): Steps {
  const { world } = guests;
  while (deaths.size > 0) {
    yield;
    world.words[recordWord(thread, layout.WORKER_WAITS)] = thread.worker;
    for (const dead of deaths) {
      // What recover does first, and without the lock.
      world.words[recordWord(dead, layout.WORKER_ACCESS)] = 0;
      world.words[recordWord(dead, layout.WORKER_WAITS)] = 0;
    }
    const next = [...deaths].find((dead) => world.words[LOCK] === dead.worker) ?? [...deaths][0];
    if (next === undefined || !isReady(guests, next)) continue;
    const errno = errnoOf(world.call.recover(next.worker, thread.worker, 1, 0));
    if (errno !== 0) throw new Failure(`recover says ${errno}`);
    world.quietly(() => {
      for (const dead of deaths) settle(guests, dead);
    });
    deaths.delete(next);
    handOver(next);
    world.words[recordWord(thread, layout.WORKER_WAITS)] = 0;
    world.call.lockDrop(thread.worker);
  }
  world.call.workerLeave(thread.worker);
}
