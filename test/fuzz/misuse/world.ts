/**
 * What misuse is done to: a small host that several threads share, as far as one thread can play them, with processes that live, have
 * ended or are another host's, and with pins, frames and numbers of all kinds.
 *
 * It is small, so that the invariants can be checked after every call.
 */
import { Engine, layout } from '../../../src/engine/index.ts';
import { checkInvariants } from '../../../src/engine/invariants.ts';
import { attachHost, createHost, type Host, type Pin } from '../../../src/index.ts';
import type { Dice } from '../../support/dice.ts';
import { engineOf, machineOf } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';

/** How a host is built: order of its trees, and the engine's binary. */
export interface Build {
  readonly index: 'content' | 'hash';
  readonly debug: boolean;
  /** Another engine than the one that is built. */
  readonly wasm?: WebAssembly.Module;
}

type Space = ReturnType<Host['spawn']>;

const SMALL = { memory: 640 * 1024, pages: 1536, processes: 5, vmas: 24, nodes: 2, domains: 3 };
/** Ranges that processes map, as pages. */
export const AREA = 24;

export class World {
  readonly dice: Dice;
  /** Is it the build with assertions? */
  readonly asserts: boolean;
  /** All over one memory. The first may be that of a thread that hears of deaths. */
  hosts: Host[];
  /** Of another memory. */
  readonly foreign: Host;
  readonly strangers: readonly Space[];
  /** Processes by their objects: some have ended. */
  spaces: Space[] = [];
  pins: Pin[] = [];
  /** Numbers that workers have or had. */
  workers: number[] = [];

  /** Looks at the same memory, and takes no part. */
  readonly observer: Engine;
  /** The memory as it was when it was found to be sound. */
  readonly #sound: Uint8Array;

  private constructor(dice: Dice, host: Host, foreign: Host, asserts: boolean) {
    this.dice = dice;
    this.asserts = asserts;
    this.hosts = [host];
    this.foreign = foreign;
    this.strangers = [foreign.spawn()];
    this.observer = new Engine(engineOf(host).module, host.memory);
    this.#sound = new Uint8Array(this.observer.bytes.length);
  }

  /** Every invariant holds; where nothing has changed since that was found, it still does. */
  check(): void {
    const { bytes } = this.observer;
    if (Buffer.compare(bytes, this.#sound) === 0) return;
    checkInvariants(this.observer);
    this.#sound.set(bytes);
  }

  /** Threads that left or were taken for dead come no more. */
  strike(): void {
    const there = this.observer.workers;
    const isShared = this.observer.u32(layout.H_CONCURRENT) !== 0;
    this.hosts = this.hosts.filter((host) => isOpen(host) && (!isShared || there.includes(host.worker)));
  }

  /** `isShared`: threads take part, which this one plays in turn. */
  static async make(dice: Dice, build: Build, isShared: boolean): Promise<World> {
    const host = await createHost({ ...SMALL, ...build, seed: 1 });
    const foreign = await createHost({ ...SMALL, ...build, seed: 2 });
    const world = new World(dice, host, foreign, build.debug || build.wasm !== undefined);
    if (isShared) for (let thread = 0; thread < 2; thread++) world.attach();
    for (let number = 0; number < 3; number++) world.populate();
    host.ksm.settings.run = 1;
    return world;
  }

  /** One more thread takes part, if there is a number for it. */
  attach(): void {
    const [host] = this.hosts;
    if (host === undefined || this.hosts.length > 3) return;
    const shared = host.share();
    if (!this.workers.includes(host.worker)) this.workers.push(host.worker);
    const other = attachHost(shared);
    this.hosts.push(other);
    this.workers.push(other.worker);
  }

  /** One more process with something in it, if there is room. */
  populate(): void {
    const space = this.any(this.hosts).spawn();
    this.spaces.push(space);
    space.mmap(0, AREA * PAGE);
    space.madvise(0, (AREA / 2) * PAGE, 'MERGEABLE');
    for (let page = 0; page < 6; page++) space.write(page * PAGE, Uint8Array.of(page % 3));
  }

  any<Item>(items: readonly Item[]): Item {
    return this.dice.pick(items);
  }

  /** True once in `times`. */
  oneIn(times: number): boolean {
    return this.dice.below(times) === 0;
  }

  get host(): Host {
    return this.hosts[0] as Host;
  }
}

/** Does a process live, and can its object tell? That of a host that was left cannot. */
export function isAlive(space: Space): boolean {
  try {
    return space.alive;
  } catch {
    return false;
  }
}

function isOpen(host: Host): boolean {
  return !machineOf(host).closed.aborted;
}
