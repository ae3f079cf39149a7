/**
 * Who goes on, and when: dice decide at every step, in one thread.
 *
 * A thread that is inside a call of the engine stands still while its hook lets others run on top of it: whoever is not on the
 * stack may. They may call the engine too (the lock allows that only where those below have let it go), and so on.
 */
import { layout } from '../../../src/engine/index.ts';
import type { Dice } from '../../support/dice.ts';
import type { Mistake } from './access.ts';
import { Failure } from './failure.ts';
import { type Guests, guestSteps } from './guest.ts';
import { buryHelper, helperSteps, isAsleep } from './helper.ts';
import { ACTORS, FATE, GUESTS, HELPER, type Operation } from './plan.ts';
import { settingsSteps } from './settings.ts';
import { survivorSteps } from './survivor.ts';
import { Death, newThread, type Steps, type Thread } from './thread.ts';
import type { World } from './world.ts';

/** Actor number of those who recover. */
const SURVIVOR: number = ACTORS;
/** Of the thread that started the helpers, when it hears that one is gone. It does not die: all would with it. */
const UNDERTAKER: number = ACTORS + 1;
/** Steps after which nothing can be under way any more but waiting for nothing. */
const ENDLESS = 1_000_000;
/** Refused allocations, stalls and deaths come at most so many steps later. */
const SOON = 60;

/** What a schedule did. */
export interface Tally {
  operations: number;
  steps: number;
  deaths: number;
  refusals: number;
}

export class Scheduler {
  readonly world: World;
  readonly guests: Guests;
  readonly tally: Tally = { operations: 0, steps: 0, deaths: 0, refusals: 0 };
  /** The host is to be checked when nobody is inside. */
  checkWanted = false;
  /** Pins that nobody can release any more. */
  lostPins = 0;
  readonly #random: Dice;
  readonly #threads: Thread[] = [];
  readonly #fate: Operation[];
  readonly #deaths: Set<Thread> = new Set();
  readonly #pauses: number;
  #running: Thread | undefined;
  #time = 0;
  /** Allocations until one is refused; 0: none is. */
  #refuseIn = 0;

  constructor(world: World, plan: readonly Operation[], random: Dice, mistake: Mistake) {
    this.world = world;
    this.guests = { world, mistake, processes: new Set(), offline: new Set(), unique: 0 };
    this.#random = random;
    this.#pauses = random.pick([1, 2, 2, 4, 8, 32]);
    const of = (actor: number): Operation[] => plan.filter(({ who }) => who === actor);
    this.#fate = of(FATE);
    for (let actor = 0; actor < ACTORS; actor++) {
      if (actor !== FATE && (actor < HELPER || of(actor).length > 0)) this.#threads.push(newThread(actor, of(actor)));
    }
    world.hook = (kind) => this.#onHook(kind);
  }

  get threads(): readonly Thread[] {
    return this.#threads;
  }

  /** Nobody is inside a call, and all the dead are buried: the structures must be sound. */
  get isQuiet(): boolean {
    return this.world.word(layout.LOCK) === 0 && this.#deaths.size === 0;
  }

  /** Goes on for a while. False when there is nothing left to do. */
  turn(): boolean {
    this.#time++;
    if (this.#fate.length > 0 && this.#random.oneIn(12)) this.#befall(this.#fate.shift() as Operation);
    const thread = this.#next() ?? this.#next(true);
    if (thread !== undefined) this.#step(thread);
    return thread !== undefined;
  }

  /** Somebody who can go on. Who has more to do has more turns, so that all are busy until the end. */
  #next(stalledToo: boolean = false): Thread | undefined {
    const turnsOf = (thread: Thread): number => (this.#isAble(thread, stalledToo) ? 1 + thread.operations.length : 0);
    let sum = 0;
    for (const thread of this.#threads) sum += turnsOf(thread);
    let dice = sum === 0 ? 0 : this.#random.below(sum);
    for (const thread of this.#threads) {
      dice -= turnsOf(thread);
      if (dice < 0) return thread;
    }
    return undefined;
  }

  #isAble(thread: Thread, stalledToo: boolean): boolean {
    if (thread.busy || isAsleep(this.world, thread)) return false;
    const hasWork = thread.steps !== undefined || thread.operations.length > 0;
    return hasWork && (stalledToo || thread.stalledUntil <= this.#time);
  }

  /** One step of a thread; inside, others may have had many. */
  #step(thread: Thread): void {
    const below = this.#running;
    this.#running = thread;
    thread.busy = true;
    try {
      this.#tick(thread);
      thread.steps ??= this.#begin(thread);
      if (thread.steps?.next().done) thread.steps = undefined;
    } catch (error) {
      if (!(error instanceof Death) || error.thread !== thread) throw error;
      this.#bury(thread);
    } finally {
      thread.busy = false;
      this.#running = below;
    }
  }

  /** Counts a step of a thread, which may be its last. */
  #tick(thread: Thread): void {
    this.#time++;
    this.tally.steps++;
    if (this.tally.steps > ENDLESS) throw new Failure('nobody makes progress any more');
    if (thread.diesIn === 0 || thread.actor === UNDERTAKER) return;
    thread.diesIn--;
    if (thread.diesIn === 0) throw new Death(thread);
  }

  #begin(thread: Thread): Steps | undefined {
    if (thread.worker === 0) thread.worker = this.world.call.workerJoin();
    const operation = thread.operations.shift();
    if (operation === undefined) return undefined;
    this.tally.operations++;
    if (thread.actor < GUESTS) return guestSteps(this.guests, thread, operation);
    if (thread.actor >= HELPER) return helperSteps(this.world, thread, operation);
    return settingsSteps(this.guests, thread, operation);
  }

  #onHook(kind: number): number {
    const thread = this.#running;
    if (thread === undefined) return 0; // the end of the schedule, when nobody else is there
    this.#tick(thread);
    if (kind === layout.STEP_ALLOCATE) return this.#refuses() ? 1 : 0;
    const waits = kind === layout.STEP_WAIT;
    if (!waits && !this.#random.oneIn(this.#pauses)) return 0;
    for (let turns = 1 + this.#random.below(waits ? 3 : 6); turns > 0; turns--) this.#turnInside();
    return 0;
  }

  #turnInside(): void {
    this.#time++;
    if (this.#fate.length > 0 && this.#random.oneIn(24)) this.#befall(this.#fate.shift() as Operation);
    const thread = this.#next();
    if (thread !== undefined) this.#step(thread);
  }

  #refuses(): boolean {
    if (this.#refuseIn === 0) return false;
    this.#refuseIn--;
    if (this.#refuseIn > 0) return false;
    this.tally.refusals++;
    return true;
  }

  /** Something happens to the threads. */
  #befall({ what, a, b }: Operation): void {
    const thread = this.#threads[a % this.#threads.length] as Thread;
    this.tally.operations++;
    if (what === 'die' && thread.worker !== 0) thread.diesIn ||= 1 + (b % SOON);
    else if (what === 'stall') thread.stalledUntil = this.#time + (b % (10 * SOON));
    else if (what === 'refuse') this.#refuseIn ||= 1 + (b % 6);
    else if (what === 'check') this.checkWanted = true;
  }

  /** A thread is dead. Another will find out, and a new one will do what it had still to do. */
  #bury(thread: Thread): void {
    this.tally.deaths++;
    thread.dead = true;
    thread.steps = undefined;
    this.#leave(thread);
    if (thread.heard !== undefined) {
      this.#enter(newThread(UNDERTAKER, []), buryHelper(this.world, thread));
    } else {
      this.#mourn(thread);
      const survivor = newThread(SURVIVOR, []);
      survivor.worker = this.world.call.workerJoin();
      this.#enter(
        survivor,
        survivorSteps(this.guests, survivor, this.#deaths, (dead) => this.#handOver(dead)),
      );
    }
    if (thread.actor < ACTORS) this.#threads.push(newThread(thread.actor, thread.operations));
    thread.operations = [];
  }

  /** A thread is dead that may have changed anything. */
  #mourn(thread: Thread): void {
    this.lostPins += thread.pins.length + (thread.flight !== undefined ? 1 : 0); // it may have been pinning one
    this.#deaths.add(thread);
  }

  /** A thread that does one thing and is gone. */
  #enter(thread: Thread, steps: Steps): void {
    this.#threads.push(thread);
    thread.steps = this.#toTheEnd(thread, steps);
  }

  *#toTheEnd(thread: Thread, steps: Steps): Steps {
    yield* steps;
    this.#leave(thread);
  }

  #leave(thread: Thread): void {
    this.#threads.splice(this.#threads.indexOf(thread), 1);
  }

  /** A dead guest's processes are the next guest's. */
  #handOver(dead: Thread): void {
    const heir = this.#threads.find(({ actor }) => actor === (dead.actor < GUESTS ? dead.actor : 0));
    heir?.processes.push(...dead.processes.filter((process) => !process.gone));
  }
}
