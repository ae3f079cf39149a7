/** One schedule, from its seed to its verdict. */
import { layout } from '../../../src/engine/index.ts';
import { checkInvariants } from '../../../src/engine/invariants.ts';
import { Dice } from '../../support/dice.ts';
import type { Mistake } from './access.ts';
import { Failure } from './failure.ts';
import { type Operation, planOf } from './plan.ts';
import { Scheduler, type Tally } from './scheduler.ts';
import { expectProcess } from './shadow.ts';
import { type Geometry, World } from './world.ts';

export interface Conditions {
  readonly seed: number;
  /** Operations. */
  readonly ops: number;
  /** Deaths, refused allocations, stalls. */
  readonly hazards: boolean;
  readonly mistake: Mistake;
  /** The memory; without it the seed decides. */
  readonly geometry?: Geometry;
}

export interface Verdict {
  readonly tally: Tally;
  /** What was wrong; undefined: nothing. */
  readonly failure: string | undefined;
}

const SIZES: readonly number[] = [10, 11, 13];
/** With a place for one large folio. */
const ROOMY = 77;
/** No worker's number: who holds the lock while a check looks. */
const NOBODY = 0x40000000;
/** Batches in which the scanner must get round twice. */
const BATCHES = 100;

export class Simulation {
  readonly #module: WebAssembly.Module;
  readonly #worlds: Map<string, World> = new Map();

  constructor(module: WebAssembly.Module) {
    this.#module = module;
  }

  /** What happens in the schedule of a seed. */
  run(conditions: Conditions): Verdict {
    return this.play(conditions, planOf(conditions.seed, conditions.ops, conditions.hazards), conditions.seed);
  }

  /** Plays `plan`; `order` is the seed of who goes on when. */
  play({ seed, mistake, geometry = geometryOf(seed) }: Conditions, plan: readonly Operation[], order: number): Verdict {
    const world = this.#world(geometry);
    world.reset();
    const scheduler = new Scheduler(world, plan, new Dice(~order), mistake);
    try {
      while (scheduler.turn()) if (scheduler.checkWanted) checkBetween(scheduler);
      checkAtEnd(scheduler);
    } catch (error) {
      return { tally: scheduler.tally, failure: failureText(error) };
    }
    return { tally: scheduler.tally, failure: undefined };
  }

  /** One memory for each geometry, used again and again. */
  #world(geometry: Geometry): World {
    const name = JSON.stringify(geometry);
    const world = this.#worlds.get(name) ?? new World(this.#module, geometry);
    this.#worlds.set(name, world);
    return world;
  }
}

function geometryOf(seed: number): Geometry {
  const random = new Dice(seed ^ 0x5bd1e995);
  const index = random.oneIn(2) ? 'hash' : 'content';
  const nodes = random.oneIn(3) ? 2 : 1;
  const memoryPages = random.pick(SIZES);
  return random.oneIn(4) ? { index, nodes: 1, memoryPages: ROOMY } : { index, nodes, memoryPages };
}

/** A broken rule, a wrong byte, or a trap of the engine's: all are failures. */
function failureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof Failure
    ? error.message
    : `${error.message}\n${error.stack?.split('\n').slice(1, 9).join('\n')}`;
}

function checkBetween(scheduler: Scheduler): void {
  if (!scheduler.isQuiet) return;
  scheduler.checkWanted = false;
  scheduler.world.quietly(() => checkAll(scheduler));
}

/** Nobody has the lock, and nobody gets it meanwhile: some of what is looked at makes ptes. */
function checkAll({ world, guests, threads }: Scheduler): void {
  checkInvariants(world.engine);
  world.words[layout.LOCK / 4] = NOBODY;
  for (const index of guests.offline) expectOffline(world, index);
  for (const { pins } of threads) for (const { frame } of pins) expectUsed(world, frame);
  for (const process of guests.processes) expectProcess(world, process);
  world.words[layout.LOCK / 4] = 0;
}

/** What is pinned is not free. */
function expectUsed(world: World, index: number): void {
  const word = world.word(world.word(layout.H_FRAME_WORDS) + index * 4);
  const isFree = (word & (layout.FRAME_KEPT | layout.FRAME_FREE)) === layout.FRAME_FREE;
  if (index !== 0 && (isFree || word === 0)) throw new Failure(`frame ${index} is pinned, but free`);
}

function expectOffline(world: World, index: number): void {
  const word = world.word(world.word(layout.H_FRAME_WORDS) + index * 4);
  if (word !== layout.FRAME_OFFLINE) throw new Failure(`frame ${index} is out of use, but its word is ${word}`);
}

/** Everything is sound, the scanner still gets round, and when all have gone, all is free. */
function checkAtEnd(scheduler: Scheduler): void {
  const { world, guests } = scheduler;
  if (!scheduler.isQuiet) throw new Failure('the lock is never given back');
  world.hook = () => 0;
  checkAll(scheduler);
  rounds(world);
  checkAll(scheduler);
  locked(world, () => {
    for (const { pins } of scheduler.threads) for (const { frame, how } of pins) world.call.unpinFrame(frame, how);
    for (const { mm } of guests.processes) world.call.exit(mm, world.idOf(mm));
  });
  rounds(world);
  checkInvariants(world.engine);
  const used = world.word(layout.H_FRAMES_USED) - limboLength(world);
  if (used > scheduler.lostPins) throw new Failure(`${used} frames are in use, though no process is left`);
}

/** Frames that wait to be freed until somebody looks: no access names them any more. */
function limboLength(world: World): number {
  let length = 0;
  for (let rest = world.word(layout.H_LIMBO); rest !== 0; length++) {
    rest = world.word(world.word(layout.H_FRAME_WORDS) + (rest - 1) * 4) & layout.FRAME_COUNT_MASK;
  }
  return length;
}

/** Two passes. */
function rounds(world: World): void {
  locked(world, () => {
    world.call.runWrite(1);
    let passes = 0;
    for (let batch = 0; passes < 2; batch++) {
      if (batch > BATCHES) throw new Failure('the scanner does not get round any more');
      if (world.word(layout.SLOTS + layout.MM_SLOT_NEXT) === layout.SLOTS) break;
      if (world.call.scanBatch(100, 0) & layout.SCAN_PASS_ENDED) passes++;
    }
  });
}

/** Does what only the owner of the lock may, as one more worker. */
function locked(world: World, work: () => void): void {
  const worker = world.call.workerJoin();
  world.call.lockTry(worker);
  work();
  world.call.lockDrop(worker);
  world.call.workerLeave(worker);
}
