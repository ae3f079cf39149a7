/**
 * What is done in a schedule, and by whom: a list that the seed fixes. Each operation names its actor and carries plain numbers; what
 * they mean depends on what there is when its turn comes, so any part of a list is a list as well.
 */
import { Dice } from '../../support/dice.ts';

export const GUESTS = 3;
/** Actors after the guests. */
export const SCANNER: number = GUESTS;
export const SETTINGS: number = GUESTS + 1;
/** Not a thread: what happens to threads. */
export const FATE: number = GUESTS + 2;
/** The first of the threads that compute checksums for the scanner. */
export const HELPER: number = GUESTS + 3;
const HELPERS = 2;
/** One past the last actor. */
export const ACTORS: number = HELPER + HELPERS;

export interface Operation {
  readonly who: number;
  readonly what: string;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** What each actor does, and how often. */
const GUEST: Record<string, number> = {
  write: 22,
  half: 8,
  read: 10,
  map: 5,
  huge: 2,
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
  lock: 2,
  unlock: 1,
  domain: 2,
};
const SCANNERS: Record<string, number> = { scan: 3, scanLong: 2 };
const HELP: Record<string, number> = { serve: 8, leave: 1 };
const SETTER: Record<string, number> = {
  run: 4,
  sharing: 2,
  across: 1,
  zero: 3,
  smart: 2,
  dirty: 2,
  migrate: 2,
  scan: 2,
  offline: 2,
  online: 2,
  domainMake: 2,
  domainDrop: 1,
};
const HAZARDS: Record<string, number> = { die: 4, refuse: 4, stall: 4, check: 2 };

function weighted(weights: Record<string, number>): readonly string[] {
  return Object.entries(weights).flatMap(([what, weight]) => new Array<string>(weight).fill(what));
}

const WHATS: Record<'guest' | 'scanner' | 'helper' | 'setter' | 'hazard', readonly string[]> = {
  guest: weighted(GUEST),
  scanner: weighted(SCANNERS),
  helper: weighted(HELP),
  setter: weighted(SETTER),
  hazard: weighted(HAZARDS),
};

function operation(random: Dice, hazards: boolean): Operation {
  const dice = random.below(24);
  const numbers = { a: random.bits(), b: random.bits(), c: random.bits() };
  if (dice < 13) return { who: random.below(GUESTS), what: random.pick(WHATS.guest), ...numbers };
  if (dice < 17) return { who: SCANNER, what: random.pick(WHATS.scanner), ...numbers };
  if (dice < 20) return { who: HELPER + random.below(HELPERS), what: random.pick(WHATS.helper), ...numbers };
  if (dice < 22 || !hazards) return { who: SETTINGS, what: random.pick(WHATS.setter), ...numbers };
  return { who: FATE, what: random.pick(WHATS.hazard), ...numbers };
}

/** `count` operations, after those that give each guest something to work with. */
export function planOf(seed: number, count: number, hazards: boolean): Operation[] {
  const random = new Dice(seed);
  const plan: Operation[] = [];
  for (let who = 0; who < GUESTS; who++) {
    const what = random.oneIn(2) ? 'map' : 'huge';
    plan.push({ who, what, a: 0, b: 0xffff, c: 0 }, { who, what: 'mergeAny', a: 0, b: 0, c: 1 });
  }
  while (plan.length < count) plan.push(operation(random, hazards));
  return plan;
}

const NAMES: readonly string[] = [
  ...Array.from({ length: GUESTS }, (_, guest) => `guest ${guest}`),
  'scanner',
  'settings',
  'fate',
  ...Array.from({ length: HELPERS }, (_, helper) => `helper ${helper}`),
];

/** One line for each operation. */
export function planText(plan: readonly Operation[]): string {
  return plan.map(({ who, what, a, b, c }) => `  ${NAMES[who]}: ${what} ${a} ${b} ${c}`).join('\n');
}

/** The plan that a text says; planText the other way round. */
export function planFrom(text: string): Operation[] {
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [name = '', rest = ''] = line.trim().split(': ');
      const [what = '', ...numbers] = rest.split(' ');
      const [a, b, c] = numbers.map(Number) as [number, number, number];
      return { who: NAMES.indexOf(name), what, a, b, c };
    });
}
