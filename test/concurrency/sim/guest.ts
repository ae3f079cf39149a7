/** What guests do: accesses and system calls, each with what it does to the shadow once the engine says that it is done. */
import { errnoOf, layout } from '../../../src/engine/index.ts';
import { accessPage, type Mistake } from './access.ts';
import { Failure } from './failure.ts';
import type { Operation } from './plan.ts';
import {
  copyOf,
  emptyCell,
  forgetContents,
  HALF_WORDS,
  type Mapping,
  PAGES,
  PAGES_END,
  Process,
  pagesIn,
  vmaAt,
} from './shadow.ts';
import { type Flight, locked, type Steps, type Thread } from './thread.ts';
import { DOMAINS, type World } from './world.ts';

const { ACCESS_READ, ACCESS_WRITE, EAGAIN, EFAULT, EINVAL, ENOMEM } = layout;
/** Errnos that a machine that is full, or refuses an allocation, may give. */
const FULL: readonly number[] = [ENOMEM, EAGAIN];
/** Few contents, so that pages are equal. */
const CONTENTS = 4;

/** What the threads have in common. */
export interface Guests {
  readonly world: World;
  readonly mistake: Mistake;
  /** Every process that anybody may use. */
  readonly processes: Set<Process>;
  /** Numbers of the frames that are out of use. */
  readonly offline: Set<number>;
  /** Contents that no other page has. */
  unique: number;
}

/** The id that the engine has for a process. */
function idOf({ world }: Guests, { mm }: Process): number {
  return world.idOf(mm);
}

type Act = (guests: Guests, thread: Thread, process: Process, operation: Operation) => Steps;

interface Range {
  readonly start: number;
  readonly count: number;
  readonly pages: readonly number[];
}

function rangeOf({ a, b }: Operation): Range {
  const start = b % 16 === 15 ? 0 : (PAGES[a % PAGES.length] as number);
  const count = b % 16 === 15 ? PAGES_END : 1 + (b % 16);
  return { start, count, pages: pagesIn(start, count) };
}

function contentOf(guests: Guests, number: number): number {
  if (number % 8 !== 0) return (number >>> 3) % CONTENTS;
  guests.unique++;
  return 0x10000 + guests.unique;
}

function* write(guests: Guests, thread: Thread, process: Process, { what, a, b, c }: Operation): Steps {
  const page = PAGES[a % PAGES.length] as number;
  const content = contentOf(guests, b);
  const only = what === 'half' ? c % 2 : -1;
  const { world, mistake } = guests;
  const put = (half: number, from: number): void => {
    if (half === 1 - only) return;
    world.words.fill(content, from, from + HALF_WORDS);
    const mapping = process.pages.get(page);
    if (mapping === undefined) throw new Failure(`mm ${process.mm}, page ${page} can be written, but is not mapped`);
    mapping.cell.halves[half] = content;
  };
  yield* accessPage(world, thread, process, page, ACCESS_WRITE, put, mistake);
}

function* read({ world, mistake }: Guests, thread: Thread, process: Process, { a, b }: Operation): Steps {
  const page = PAGES[a % PAGES.length] as number;
  const look = (half: number, from: number): void => {
    const expected = process.pages.get(page)?.cell.halves[half];
    for (const at of [from, from + (b % HALF_WORDS), from + HALF_WORDS - 1]) {
      if (world.words[at] === expected) continue;
      throw new Failure(`mm ${process.mm}, page ${page}, half ${half} reads ${world.words[at]}, expected ${expected}`);
    }
  };
  yield* accessPage(world, thread, process, page, ACCESS_READ, look, mistake);
}

/** The longest range from the operation's first page on that is mapped: a hole would stop a call half way. */
function mappedRangeOf(process: Process, operation: Operation): Range {
  const { start, pages } = rangeOf(operation);
  let count = 0;
  while (pages[count] === start + count && process.pages.has(start + count)) count++;
  return { start, count, pages: pages.slice(0, count) };
}

/** Calls the engine; `apply` changes the shadow if it succeeds. */
function* systemCall(guests: Guests, thread: Thread, flight: Flight, call: () => number, apply: () => void): Steps {
  const attempt = (): void => {
    const errno = errnoOf(call());
    if (errno === 0) apply();
    else if (!FULL.includes(errno)) throw new Failure(`${flight.what} says ${errno}`);
  };
  yield* locked(guests.world, thread, attempt, flight);
}

const KINDS: readonly number[] = [0, 0, 0, layout.MAP_SHARED, layout.MAP_FILE, layout.MAP_READ_ONLY];

/** Where large folios can be, and where not quite. */
const HUGE_RANGES: readonly Range[] = [
  [0, PAGES_END],
  [layout.FOLIO_FRAMES, layout.FOLIO_FRAMES],
  [0, layout.FOLIO_FRAMES + 2],
].map(([start = 0, count = 0]) => ({ start, count, pages: pagesIn(start, count) }));

function* map(guests: Guests, thread: Thread, process: Process, operation: Operation): Steps {
  const { world } = guests;
  const isHuge = operation.what === 'huge';
  const { start, count, pages } = isHuge
    ? (HUGE_RANGES[operation.a % HUGE_RANGES.length] as Range)
    : rangeOf(operation);
  const how = isHuge ? layout.MAP_HUGEPAGE : (KINDS[operation.c % KINDS.length] as number);
  const apply = (): void => {
    for (const page of pages) {
      const object = vmaAt(world, process.mm, page)?.object ?? 0;
      const mapping: Mapping = {
        cell: emptyCell(),
        shared: how === layout.MAP_SHARED,
        object,
        writable: how !== layout.MAP_READ_ONLY,
        locked: false,
      };
      process.pages.set(page, mapping);
    }
  };
  const flight: Flight = { what: 'map', process, pages };
  yield* systemCall(
    guests,
    thread,
    flight,
    () => world.call.mmap(process.mm, idOf(guests, process), start, count, how),
    apply,
  );
}

function* unmap(guests: Guests, thread: Thread, process: Process, operation: Operation): Steps {
  const { start, count, pages } = rangeOf(operation);
  const apply = (): void => {
    for (const page of pages) process.pages.delete(page);
  };
  const flight: Flight = { what: 'unmap', process, pages };
  yield* systemCall(
    guests,
    thread,
    flight,
    () => guests.world.call.munmap(process.mm, idOf(guests, process), start, count),
    apply,
  );
}

function* protect(guests: Guests, thread: Thread, process: Process, operation: Operation): Steps {
  const { start, count, pages } = mappedRangeOf(process, operation);
  if (count === 0) return;
  const writable = operation.c % 2 === 0;
  const access = writable ? layout.VM_READ | layout.VM_WRITE : layout.VM_READ;
  const apply = (): void => {
    for (const page of pages) (process.pages.get(page) as Mapping).writable = writable;
  };
  const flight: Flight = { what: 'protect', process, pages };
  yield* systemCall(
    guests,
    thread,
    flight,
    () => guests.world.call.mprotect(process.mm, idOf(guests, process), start, count, access),
    apply,
  );
}

/** Where frames run out, a part is locked; what was locked before still is. */
function* lock(guests: Guests, thread: Thread, process: Process, operation: Operation): Steps {
  const { start, count, pages } = mappedRangeOf(process, operation);
  const locks = operation.what === 'lock';
  const { mlock, munlock } = guests.world.call;
  const apply = (): void => {
    for (const page of pages) (process.pages.get(page) as Mapping).locked = locks;
  };
  const flight: Flight = { what: 'lock', process, pages };
  yield* systemCall(
    guests,
    thread,
    flight,
    () => (locks ? mlock : munlock)(process.mm, idOf(guests, process), start, count),
    apply,
  );
}

const ADVICES: Record<string, number> = {
  mergeable: layout.MADV_MERGEABLE,
  unmergeable: layout.MADV_UNMERGEABLE,
  dontneed: layout.MADV_DONTNEED,
};

/** The pages before the first locked one: as far as DONTNEED comes. */
function upToLocked(guests: Guests, process: Process, pages: readonly number[]): readonly number[] {
  const isLocked = (page: number): boolean =>
    ((vmaAt(guests.world, process.mm, page)?.flags ?? 0) & layout.VM_LOCKED) !== 0;
  const end = pages.findIndex(isLocked);
  return end < 0 ? pages : pages.slice(0, end);
}

/**
 * ENOMEM says either that there is no room, or that there was a hole, and then all else was done. EINVAL says that DONTNEED met locked
 * memory: what lies before it is gone.
 */
function* advise(guests: Guests, thread: Thread, process: Process, operation: Operation): Steps {
  const { start, count, pages } = rangeOf(operation);
  const advice = ADVICES[operation.what] as number;
  const forgets = operation.what === 'dontneed';
  const call = (): number => {
    const result = guests.world.call.madvise(process.mm, idOf(guests, process), start, count, advice);
    const errno = errnoOf(result);
    const forgotten = forgets ? upToLocked(guests, process, pages) : [];
    if ((errno === EINVAL) !== forgotten.length < (forgets ? pages.length : 0))
      throw new Failure(`advise says ${errno}`);
    for (const page of forgotten) forgetContents(process, page);
    return errno === ENOMEM || errno === EINVAL ? 0 : result;
  };
  const apply = (): void => {};
  const flight: Flight | undefined = forgets ? { what: 'zero', process, pages } : { what: 'pin', process, pages: [] };
  yield* systemCall(guests, thread, flight, call, apply);
}

function* mergeAny(guests: Guests, thread: Thread, process: Process, { c }: Operation): Steps {
  const call = (): number => guests.world.call.mergeAnySet(process.mm, idOf(guests, process), c % 3 === 0 ? 0 : 1);
  yield* systemCall(guests, thread, { what: 'pin', process, pages: [] }, call, () => {});
}

/** A process or some of its mappings go to another domain, if there is one of that number. Nobody sees a difference in bytes. */
function* domain(guests: Guests, thread: Thread, process: Process, operation: Operation): Steps {
  const { processDomainSet, rangeDomainSet } = guests.world.call;
  const { start, count } = mappedRangeOf(process, operation);
  const number = operation.c % DOMAINS;
  const call = (): number => {
    const id = idOf(guests, process);
    const isWhole = operation.b % 3 === 0;
    const result = isWhole
      ? processDomainSet(process.mm, id, number)
      : rangeDomainSet(process.mm, id, start, count, number);
    return errnoOf(result) === EINVAL ? 0 : result;
  };
  yield* systemCall(guests, thread, { what: 'pin', process, pages: [] }, call, () => {});
}

/** As Machine.adopt: from here on somebody knows of it. */
function adopt(guests: Guests, thread: Thread, process: Process): void {
  guests.world.set(process.mm + layout.MM_MAKER, 0);
  guests.processes.add(process);
  thread.processes.push(process);
}

function* spawn(guests: Guests, thread: Thread, { a }: Operation): Steps {
  const { world } = guests;
  const attempt = (): void => {
    const mm = world.call.spawn(a % world.word(layout.H_NID_COUNT)) >>> 0;
    if (errnoOf(mm) === 0) adopt(guests, thread, new Process(mm));
  };
  yield* locked(world, thread, attempt, { what: 'spawn', process: undefined, pages: [] });
}

function* fork(guests: Guests, thread: Thread, process: Process): Steps {
  const attempt = (): void => {
    const mm = guests.world.call.fork(process.mm, idOf(guests, process)) >>> 0;
    if (errnoOf(mm) === 0) adopt(guests, thread, copyOf(process, mm));
  };
  yield* locked(guests.world, thread, attempt, { what: 'fork', process, pages: [] });
}

/** No thread uses `process` any more. */
export function forget(guests: Guests, thread: Thread, process: Process): void {
  process.gone = true;
  guests.processes.delete(process);
  thread.processes = thread.processes.filter((other) => other !== process);
}

function* exit(guests: Guests, thread: Thread, process: Process): Steps {
  const attempt = (): void => {
    guests.world.call.exit(process.mm, idOf(guests, process));
    forget(guests, thread, process);
  };
  yield* locked(guests.world, thread, attempt, { what: 'exit', process, pages: [] });
}

function* exec(guests: Guests, thread: Thread, process: Process): Steps {
  const attempt = (): void => {
    const mm = guests.world.call.exec(process.mm, idOf(guests, process)) >>> 0;
    if (errnoOf(mm) !== 0) return;
    process.mm = mm;
    process.pages.clear();
  };
  yield* locked(guests.world, thread, attempt, { what: 'exec', process, pages: [] });
}

function* pin(guests: Guests, thread: Thread, process: Process, { a, b }: Operation): Steps {
  const page = PAGES[a % PAGES.length] as number;
  const attempt = (): void => {
    const how = b % 3;
    const frame = guests.world.call.pinPage(process.mm, idOf(guests, process), page, how) >>> 0;
    const errno = errnoOf(frame);
    if (errno === 0) thread.pins.push({ frame, how });
    else if (errno !== EFAULT && errno !== ENOMEM) throw new Failure(`pinPage says ${errno}`);
  };
  yield* locked(guests.world, thread, attempt, { what: 'pin', process, pages: [] });
}

function* unpin(guests: Guests, thread: Thread): Steps {
  const release = (): void => {
    const held = thread.pins.at(-1);
    if (held !== undefined) guests.world.call.unpinFrame(held.frame, held.how);
    thread.pins.pop();
  };
  yield* locked(guests.world, thread, release);
}

const ACTS: Record<string, Act> = {
  write,
  half: write,
  read,
  map,
  huge: map,
  unmap,
  protect,
  lock,
  unlock: lock,
  mergeable: advise,
  unmergeable: advise,
  dontneed: advise,
  mergeAny,
  fork,
  exit,
  exec,
  pin,
  unpin,
  domain,
};

/** One operation of a guest, on one of its processes; one that has none starts one first. */
export function* guestSteps(guests: Guests, thread: Thread, operation: Operation): Steps {
  if (thread.processes.length === 0) yield* spawn(guests, thread, operation);
  const process = thread.processes[(operation.c >>> 8) % thread.processes.length];
  if (process !== undefined) yield* (ACTS[operation.what] as Act)(guests, thread, process, operation);
}
