/**
 * How a guest reads and writes beside the others: src/host/access.ts, with a step between any two of its loads and stores.
 */
import { layout } from '../../src/engine/index.ts';
import { Failure } from './failure.ts';
import { HALF_WORDS, type Process } from './shadow.ts';
import { locked, recordWord, type Steps, type Thread, type Translation } from './thread.ts';
import type { World } from './world.ts';

const { ACCESS_READ, ACCESS_WALK, ACCESS_WRITE, EFAULT, ENOMEM, PTE_DIRTY, PTE_FRAME, PTE_PRESENT, PTE_WRITABLE } =
  layout;
const MAY_WRITE = PTE_PRESENT | PTE_WRITABLE | PTE_DIRTY;
const EPOCH = layout.EPOCH / 4;
const INDEX = layout.TABLE_ENTRIES - 1;

/** A mistake that guests make on purpose, so that it can be seen that schedules find it. */
export type Mistake = 'none' | 'no-recheck' | 'no-announcement' | 'no-epoch';

export const MISTAKES: readonly Mistake[] = ['none', 'no-recheck', 'no-announcement', 'no-epoch'];

/** What an access does with the frame once it may: a half page, of which the frame's first word is `from`. */
export type HalfVisit = (half: number, from: number) => void;

/** The page tables' word for `page`, announced as a walk. */
function* lookUp(world: World, thread: Thread, mm: number, page: number): Steps<Translation | undefined> {
  const { words } = world;
  const access = recordWord(thread, layout.WORKER_ACCESS);
  words[access] = ACCESS_WALK;
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
  words[access] = 0;
  return leaf === 0 ? undefined : { mm, at, pte, epoch };
}

function holds(world: World, { at, pte, epoch }: Translation, mistake: Mistake): boolean {
  if (mistake === 'no-recheck') return true;
  return (mistake === 'no-epoch' || world.words[EPOCH] === epoch) && world.words[at] === pte;
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
  const known = thread.translations.get(page);
  thread.translations.delete(page);
  const translation = known?.mm === process.mm ? known : yield* lookUp(world, thread, process.mm, page);
  if (translation === undefined) return false;
  const rights = how === ACCESS_WRITE ? MAY_WRITE : PTE_PRESENT;
  if ((translation.pte & rights) !== rights) return false;
  const { words } = world;
  const access = recordWord(thread, layout.WORKER_ACCESS);
  yield;
  const frame = (translation.pte & PTE_FRAME) >>> 0;
  if (mistake !== 'no-announcement') words[access] = frame | how;
  yield;
  const good = holds(world, translation, mistake);
  for (let half = 0; good && half < 2; half++) {
    yield;
    visit(half, frame / 4 + half * HALF_WORDS);
  }
  yield;
  words[access] = 0;
  if (good) thread.translations.set(page, translation);
  return good;
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
    const frame = (yield* locked(world, thread, () => fault(process.mm, page))) >>> 0;
    const allowed = mapping !== undefined && (how === ACCESS_READ || mapping.writable);
    if ((frame === EFAULT) === allowed) {
      throw new Failure(
        `a fault on mm ${process.mm}, page ${page} says ${frame}, though it is ${allowed ? '' : 'not '}allowed`,
      );
    }
    if (frame === EFAULT || frame === ENOMEM) return frame;
  }
  return 0;
}
