/**
 * Calls with arguments of all kinds, one after the other, and what must hold after each: it gave a result or a KsmError with a code
 * and a printable line, nothing trapped, and every invariant of the engine holds.
 */
import { type EngineExports, errnoOf, layout } from '../../../src/engine/index.ts';
import { underLock } from '../../../src/engine/lock.ts';
import { ERRNO, KsmError } from '../../../src/index.ts';
import { Dice } from '../../support/dice.ts';
import { CALLS } from './abi.ts';
import { METHODS, PROPERTIES, RARE } from './methods.ts';
import { type Build, isAlive, World } from './world.ts';

const CODES: readonly string[] = [...Object.keys(ERRNO), 'EFORMAT'];
/** Calls that one world lives through: then most of it is full, or has ended. */
const CALLS_A_WORLD = 150;
const CONTROL = /[\p{Cc}\p{Cf}\u2028\u2029]/u;

export interface Played {
  calls: number;
  /** How many calls of each name gave a result, and how many a refusal. */
  readonly results: Map<string, [taken: number, refused: number]>;
}

/** Plays `calls` calls. Throws what must not be, naming the call and the seed of its world. `atEnd`: what is asked of each world then. */
export async function play(
  seed: string,
  build: Build,
  calls: number,
  atEnd: (world: World) => void = () => {},
): Promise<Played> {
  const played: Played = { calls: 0, results: new Map() };
  for (let number = 0; played.calls < calls; number++) {
    atEnd(await playWorld(`${seed}/${number}`, build, calls, played));
  }
  return played;
}

async function playWorld(seed: string, build: Build, calls: number, played: Played): Promise<World> {
  const dice = new Dice(seed);
  const world = await World.make(dice, build, dice.below(2) === 0);
  for (let call = 0; world.hosts.length > 0 && call < CALLS_A_WORLD && played.calls < calls; call++, played.calls++) {
    const name = { is: '' };
    try {
      const taken = await one(world, name);
      const counted = played.results.get(name.is) ?? [0, 0];
      counted[taken ? 0 : 1]++;
      played.results.set(name.is, counted);
      settle(world);
      world.check();
    } catch (cause) {
      throw new Error(`world ${seed}, call ${call} (${name.is}): ${String(cause)}`, { cause });
    }
  }
  return world;
}

/** One call of any kind. True: it gave a result; false: it was refused as it should be. */
async function one(world: World, name: { is: string }): Promise<boolean> {
  if (world.spaces.length === 0 || world.oneIn(30)) attempt(() => world.populate());
  if (world.oneIn(60) && world.host.worker !== 0) attempt(() => world.attach());
  if (world.oneIn(400)) return property(world, name, RARE);
  if (world.oneIn(12)) return property(world, name, PROPERTIES);
  return world.oneIn(2) ? method(world, name) : abi(world, name);
}

async function property(
  world: World,
  name: { is: string },
  table: readonly (readonly [string, (world: World) => unknown])[],
): Promise<boolean> {
  const [what, act] = world.any(table);
  name.is = what;
  return answered(() => act(world));
}

async function method(world: World, name: { is: string }): Promise<boolean> {
  const { owner, name: what, takes, use } = world.any(METHODS);
  if (what === 'leave' && !world.oneIn(20)) return method(world, name);
  const target = targetOf(world, owner);
  const args = takes.map((kind) => kind(world));
  name.is = `${owner}.${what}(${args.map(shown).join(', ')})`;
  const counted = `${owner}.${what}`;
  const taken = await answered(async () => {
    const call = (target as Record<string, (...args: unknown[]) => unknown>)[what] as (...args: unknown[]) => unknown;
    const result = await call.apply(target, args);
    const used = await use?.(world, isAsyncIterable(result) ? await allOf(result) : result);
    return used;
  });
  name.is = counted;
  forget(world);
  return taken;
}

function targetOf(world: World, owner: string): object {
  const host = world.any(world.hosts);
  if (owner === 'ksm') return host.ksm;
  if (owner === 'ksmd') return host.ksmd;
  if (owner === 'pin' && world.pins.length > 0) return world.any(world.pins);
  return owner === 'space' ? world.any(world.spaces) : owner === 'pin' ? { release: () => {} } : host;
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

async function allOf(values: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const value of values) all.push(value);
  return all;
}

/** One call of an export, as itself: nothing that it is given may make it throw. */
function abi(world: World, name: { is: string }): boolean {
  const what = world.any(Object.keys(CALLS));
  const { takes, before } = CALLS[what] as (typeof CALLS)[string];
  const args = takes.map((arg) => arg(world));
  name.is = `${what}(${args.map((arg) => arg >>> 0).join(', ')})`;
  before?.(world, args);
  const result = (exportsOf(world)[what] as (...args: number[]) => number)(...args);
  name.is = what;
  if (what === 'workerJoin' && result !== 0) world.workers.push(result);
  return result === undefined || errnoOf(result) === 0;
}

/**
 * The functions as the engine has them: of a host, each takes the lock. Without it nothing traps either, but the build with assertions
 * asks for it: there a worker has it, if nobody has.
 */
function exportsOf({ observer, asserts }: World): EngineExports {
  const worker = observer.workers[0] ?? 0;
  if (!asserts || worker === 0) return observer.call;
  let isOurs = false;
  const take = (): void => {
    isOurs = observer.u32(layout.LOCK) === 0;
    if (isOurs) observer.setU32(layout.LOCK, worker);
  };
  const drop = (): void => {
    if (isOurs && observer.u32(layout.LOCK) === worker) observer.setU32(layout.LOCK, 0);
  };
  return underLock(observer.call, take, drop);
}

async function answered(work: () => unknown): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    expectRefusal(error);
    return false;
  }
}

function attempt(work: () => void): void {
  try {
    work();
  } catch (error) {
    expectRefusal(error);
  }
}

function expectRefusal(error: unknown): void {
  if (!(error instanceof KsmError)) throw error;
  if (!CODES.includes(error.code)) throw new Error(`code ${error.code}`, { cause: error });
  if (error.message === '' || CONTROL.test(error.message)) throw new Error(`message ${JSON.stringify(error.message)}`);
}

/** What the calls of exports have left under way comes to its end: others would wait for it. */
function settle(world: World): void {
  const { accessEnd, lockDrop } = exportsOf(world);
  for (const worker of world.observer.workers) accessEnd(worker);
  lockDrop(world.observer.u32(layout.LOCK));
  world.strike();
}

/** Some of what has ended is kept: it is what misuse is about. */
function forget(world: World): void {
  if (world.spaces.length > 12)
    world.spaces = world.spaces.filter((space) => isAlive(space) || world.oneIn(3)).slice(-12);
  if (world.pins.length > 40) attempt(() => world.pins.splice(0, 1)[0]?.release());
  if (world.workers.length > 20) world.workers.splice(0, 1);
}

function shown(value: unknown): string {
  try {
    return typeof value === 'object' ? JSON.stringify(value)?.slice(0, 60) : String(value).slice(0, 30);
  } catch {
    return 'something';
  }
}
