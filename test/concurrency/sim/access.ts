/**
 * How a guest reads and writes beside the others: src/machine/access.ts and assembly/concurrent/access.ts, with a step between any two
 * of their loads and stores. (Not those themselves: a thread inside a call stands still until all on top of it have come to a stop, and
 * some of them wait for the end of its access.)
 */
import { errnoOf, layout } from '../../../src/engine/index.ts';
import { Failure } from './failure.ts';
import { HALF_WORDS, type Process } from './shadow.ts';
import { locked, recordWord, type Steps, type Thread, type Translation } from './thread.ts';
import type { World } from './world.ts';

const { ACCESS_READ, ACCESS_WALK, ACCESS_WRITE, EFAULT, ENOMEM, PTE_DIRTY, PTE_FRAME, PTE_READ_ONLY, PTE_WRITABLE } =
  layout;
const MAY_WRITE = PTE_WRITABLE | PTE_DIRTY;
const EPOCH = layout.EPOCH / 4;
const INDEX = layout.TABLE_ENTRIES - 1;

/** A mistake that guests make on purpose, so that it can be seen that schedules find it. */
export type Mistake = 'none' | 'no-recheck' | 'no-announcement' | 'no-epoch';

export const MISTAKES: readonly Mistake[] = ['none', 'no-recheck', 'no-announcement', 'no-epoch'];

/** What an access does with the frame once it may: a half page, of which the frame's first word is `from`. */
export type HalfVisit = (half: number, from: number) => void;

/** The page tables' word for `page`, announced as a walk that goes on until the access is over. */
function* lookUp(world: World, thread: Thread, mm: number, page: number): Steps<Translation | undefined> {
  const { words } = world;
  words[recordWord(thread, layout.WORKER_ACCESS)] = ACCESS_WALK;
  yield;
  const epoch = words[EPOCH] as number;
  yield;
  const pgd = words[(mm + layout.MM_PGD) / 4] as number;
  const middle = words[pgd / 4 + (page >>> (2 * layout.TABLE_BITS))] as number;
  yield;
  const leaf = middle === 0 ? 0 : (words[middle / 4 + ((page >>> layout.TABLE_BITS) & INDEX)] as number);
  yield;
  const at = world.word(layout.H_PTES) / 4 + ((leaf << layout.TABLE_BITS) | (page & INDEX));
  const pte = words[at] as number;
  yield;
  return leaf === 0 ? undefined : { mm, at, pte, epoch };
}

/** Announces the access. False where the translation gives not all of `rights`, or is out of date. */
function* announce(
  { words }: World,
  thread: Thread,
  { at, pte, epoch }: Translation,
  how: number,
  mistake: Mistake,
): Steps<boolean> {
  const rights = how === ACCESS_WRITE ? MAY_WRITE : PTE_READ_ONLY;
  if ((pte & rights) !== rights) return false;
  const access = mistake === 'no-announcement' ? 0 : (pte & PTE_FRAME) | how;
  words[recordWord(thread, layout.WORKER_ACCESS)] = access;
  yield;
  const isSame = words[at] === pte;
  yield;
  const isOfNow = mistake === 'no-epoch' || words[EPOCH] === epoch;
  return (isSame && isOfNow) || mistake === 'no-recheck';
}

/** Announces an access to a page, by what is known of it or by the page tables. Undefined where a fault has to come first. */
function* begin(
  world: World,
  thread: Thread,
  process: Process,
  page: number,
  how: number,
  mistake: Mistake,
): Steps<Translation | undefined> {
  const known = thread.translations.get(page);
  if (known?.mm === process.mm && (yield* announce(world, thread, known, how, mistake))) return known;
  thread.translations.delete(page);
  const found = yield* lookUp(world, thread, process.mm, page);
  if (found === undefined) return undefined;
  thread.translations.set(page, found);
  return (yield* announce(world, thread, found, how, mistake)) ? found : undefined;
}

/** Visits the halves of a page without the lock. False, and nothing done, where a fault has to come first. */
function* visitPage(
  world: World,
  thread: Thread,
  process: Process,
  page: number,
  how: number,
  visit: HalfVisit,
  mistake: Mistake,
): Steps<boolean> {
  yield;
  const translation = yield* begin(world, thread, process, page, how, mistake);
  for (let half = 0; translation !== undefined && half < 2; half++) {
    yield;
    visit(half, world.engine.frames.placeOfPte(translation.pte) / 4 + half * HALF_WORDS);
  }
  yield;
  world.words[recordWord(thread, layout.WORKER_ACCESS)] = 0;
  return translation !== undefined;
}

/** Reads or writes a page, faulting as often as it takes. 0, or the errno at which it ended. */
export function* accessPage(
  world: World,
  thread: Thread,
  process: Process,
  page: number,
  how: number,
  visit: HalfVisit,
  mistake: Mistake,
): Steps<number> {
  while (!(yield* visitPage(world, thread, process, page, how, visit, mistake))) {
    const mapping = process.pages.get(page);
    const { readFault, writeFault } = world.call;
    const fault = how === ACCESS_WRITE ? writeFault : readFault;
    const frame = (yield* locked(world, thread, () => fault(process.mm, world.idOf(process.mm), page))) >>> 0;
    const errno = errnoOf(frame);
    const allowed = mapping !== undefined && (how === ACCESS_READ || mapping.writable);
    if ((errno === EFAULT) === allowed) {
      throw new Failure(
        `a fault on mm ${process.mm}, page ${page} says ${errno}, though it is ${allowed ? '' : 'not '}allowed`,
      );
    }
    if (errno === EFAULT || errno === ENOMEM) return errno;
  }
  return 0;
}
