/**
 * One scenario in virtual time: the guests do what they do in half a second, then ksmd what it does in the same time, and so on.
 * What comes out depends on the world and the scenario alone.
 */

import { createHost, type Host } from '../../src/index.ts';
import { Fleet } from './fleet.ts';
import { VirtualClock, VirtualKsmd } from './ksmd.ts';
import { type PlanOptions, plansOf } from './plan.ts';
import type { Scenario } from './scenarios.ts';

/** All that scenarios have in common. */
export interface World extends PlanOptions {
  /** Frames of the host. */
  readonly frames: number;
  /** How many pages each page stands for. */
  readonly scale: number;
  /** Virtual time to simulate, if not all guests run before: then it ends half an hour later. */
  readonly seconds: number;
}

/** How things are at a moment. */
export interface Sample {
  readonly second: number;
  /** Frames in use. */
  readonly frames: number;
  /** Guests that have booted. */
  readonly guests: number;
}

export interface Outcome {
  readonly scenario: Scenario;
  readonly samples: readonly Sample[];
  readonly guests: number;
  /** Most frames that were in use at the end of a tick. */
  readonly peak: number;
  /** Second in which all guests had booted; in which one first waited for room; in which one first got no frame. */
  readonly doneAt?: number;
  readonly waitedAt?: number;
  readonly ranOutAt?: number;
  readonly counters: Readonly<Record<'pages_shared' | 'pages_sharing' | 'ksm_zero_pages' | 'full_scans', number>>;
  /** CPU time of ksmd as a part of the virtual time. */
  readonly load: number;
}

/** Seconds of a tick, and of what is simulated once all guests have booted. */
const TICK = 0.5;
const REST = 1800;
/** How many are taken in all of the time. */
const SAMPLES = 240;
/** Bytes of the engine's memory for a page and for a frame, a little more than what they take (docs/embedding.md), and for the rest. */
const [PAGE_BYTES, FRAME_BYTES, OTHER_BYTES] = [26, 112, 2 ** 26];

/** Throws an Error where the records of the world do not fit the memory of an engine. */
export function expectRoom(world: World): void {
  const gibibytes = memoryFor(world) / 2 ** 30;
  if (gibibytes > 4)
    throw new Error(
      `this takes ${gibibytes.toFixed(1)} GiB, and an engine's memory has 4 at most; give a larger --scale`,
    );
}

/** Bytes. */
function memoryFor({ frames, guests, pages }: World): number {
  return frames * FRAME_BYTES + guests * pages * PAGE_BYTES + OTHER_BYTES;
}

/** Rejects with a KsmError where expectRoom would throw. */
export async function simulate(world: World, scenario: Scenario): Promise<Outcome> {
  const clock = new VirtualClock();
  const host = await hostFor(world, clock);
  Object.assign(host.ksm.settings, scenario.settings);
  const fleet = new Fleet(host, plansOf(world), Math.ceil(scenario.room * world.pages));
  const outcome = play(host, fleet, new VirtualKsmd(host, clock, world.scale), world);
  const { pages_shared, pages_sharing, ksm_zero_pages, full_scans } = host.ksm.counters();
  const counters = { pages_shared, pages_sharing, ksm_zero_pages, full_scans };
  host.leave();
  return { scenario, ...outcome, counters, load: clock.work / 1e6 / clock.milliseconds };
}

function hostFor(world: World, clock: VirtualClock): Promise<Host> {
  const { frames, guests, pages, seed } = world;
  const limits = { memory: memoryFor(world), frames, pages: guests * pages, processes: guests + 1, vmas: 2 * guests };
  return createHost({ page: 'names', ...limits, seed, clock });
}

type Course = Omit<Outcome, 'scenario' | 'counters' | 'load'>;

function play(host: Host, fleet: Fleet, ksmd: VirtualKsmd, { seconds, guests }: World): Course {
  const samples: Sample[] = [];
  const firsts: { doneAt?: number; waitedAt?: number; ranOutAt?: number } = {};
  let peak = 0;
  let second = 0;
  for (; second < Math.min(seconds, (firsts.doneAt ?? seconds) + REST); second += TICK) {
    if (second >= (samples.length * seconds) / SAMPLES) samples.push(sampleOf(host, fleet, second));
    fleet.run(TICK);
    peak = Math.max(peak, host.usage().frames);
    if (fleet.booted === guests) firsts.doneAt ??= second;
    if (fleet.hasWaited) firsts.waitedAt ??= second;
    if (fleet.hasRunOut) firsts.ranOutAt ??= second;
    ksmd.runTo((second + TICK) * 1000);
  }
  samples.push(sampleOf(host, fleet, second));
  return { samples, guests: fleet.booted, peak, ...firsts };
}

function sampleOf(host: Host, fleet: Fleet, second: number): Sample {
  return { second: Math.round(second), frames: host.usage().frames, guests: fleet.booted };
}
