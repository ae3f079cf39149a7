/**
 * What is done in a schedule, and by whom: a list that the seed fixes. Each operation names its actor and carries plain numbers; what
 * they mean depends on what there is when its turn comes, so any part of a list is a list as well.
 */
import { Random } from './random.ts';

export const GUESTS = 3;
/** Actors after the guests. */
export const SCANNER: number = GUESTS;
export const SETTINGS: number = GUESTS + 1;
/** Not a thread: what happens to threads. */
export const FATE: number = GUESTS + 2;

export interface Operation {
  readonly who: number;
  readonly what: string;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** What each actor does, and how often. */
const GUEST: Record<string, number> = {
  write: 16,
  half: 6,
  read: 10,
  map: 5,
  unmap: 2,
  protect: 2,
  mergeable: 6,
  unmergeable: 2,
  dontneed: 3,
  fork: 3,
  exit: 2,
  exec: 1,
  mergeAny: 2,
  pin: 2,
  unpin: 2,
};
const SETTER: Record<string, number> = {
  run: 4,
  sharing: 2,
  across: 1,
  zero: 3,
  smart: 2,
  dirty: 2,
  migrate: 2,
  scan: 2,
};
const HAZARDS: Record<string, number> = { die: 4, refuse: 4, stall: 4, check: 2 };

function weighted(weights: Record<string, number>): readonly string[] {
  return Object.entries(weights).flatMap(([what, weight]) => new Array<string>(weight).fill(what));
}

const WHATS: Record<'guest' | 'setter' | 'hazard', readonly string[]> = {
  guest: weighted(GUEST),
  setter: weighted(SETTER),
  hazard: weighted(HAZARDS),
};

function operation(random: Random, hazards: boolean): Operation {
  const dice = random.below(20);
  const numbers = { a: random.next(), b: random.next(), c: random.next() };
  if (dice < 13) return { who: random.below(GUESTS), what: random.pick(WHATS.guest), ...numbers };
  if (dice < 17) return { who: SCANNER, what: 'scan', ...numbers };
  if (dice < 18 || !hazards) return { who: SETTINGS, what: random.pick(WHATS.setter), ...numbers };
  return { who: FATE, what: random.pick(WHATS.hazard), ...numbers };
}

/** `count` operations, after those that give each guest something to work with. */
export function planOf(seed: number, count: number, hazards: boolean): Operation[] {
  const random = new Random(seed);
  const plan: Operation[] = [];
  for (let who = 0; who < GUESTS; who++) {
    plan.push({ who, what: 'map', a: 0, b: 0xffff, c: 0 }, { who, what: 'mergeAny', a: 0, b: 0, c: 1 });
  }
  while (plan.length < count) plan.push(operation(random, hazards));
  return plan;
}

/** One line for each operation. */
export function planText(plan: readonly Operation[]): string {
  const names = [...Array.from({ length: GUESTS }, (_, guest) => `guest ${guest}`), 'scanner', 'settings', 'fate'];
  return plan.map(({ who, what, a, b, c }) => `  ${names[who]}: ${what} ${a} ${b} ${c}`).join('\n');
}
