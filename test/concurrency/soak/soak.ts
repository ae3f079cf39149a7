/**
 * The soak: guests on threads of their own work beside a scanner that scans flat out. No byte may be lost, torn or
 * another's.
 */
import { layout } from '../../../src/engine/index.ts';
import type { Host } from '../../../src/index.ts';
import { checkHost, viewOf } from '../../support/inside.ts';
import { expectMerging, idleOf, type MachineOptions, type Merging, mergingOf, startMachine } from './machine.ts';
import { Thread } from './thread.ts';

export interface SoakOptions extends MachineOptions {
  /** Of all guests together, at least: they go on until merging was put to the test, up to PATIENCE times as many. */
  readonly operations: number;
  readonly guests: number;
  /** No more operations after so long. */
  readonly seconds?: number;
  /** Says once in a while how far it is. */
  readonly report: (line: string) => void;
}

export interface SoakResult extends Merging {
  readonly operations: number;
  readonly seconds: number;
}

const REPORT_EVERY = 10_000;
const LOOK_EVERY = 10;
const PATIENCE = 100;

/** Rejects at the first wrong byte, and where the machine is not sound at the end. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { seed, page } = options;
  const host = await startMachine(options);
  const shared = host.share();
  const scanner = new Thread({ role: 'scanner', name: 'scanner', shared, seed, page });
  const guests = Array.from({ length: options.guests }, (_, guest) => {
    return new Thread({ role: 'guest', name: `guest ${guest + 1}`, shared, seed: seed + guest, page });
  });
  const threads = [scanner, ...guests];
  try {
    await Promise.all(threads.map((thread) => thread.ready));
    const start = performance.now();
    for (const thread of threads) thread.order('work');
    await Promise.race([workIsDone(options, host, guests, scanner), ...threads.map(({ ended }) => ended)]);
    const seconds = (performance.now() - start) / 1000;
    const sharing = await compared(host, guests, scanner);
    const merging = mergingOf(host, sharing);
    expectMerging(merging);
    await unmerged(host, guests);
    return { ...merging, operations: total(guests), seconds };
  } finally {
    await Promise.allSettled(threads.map((thread) => thread.kill()));
    host[Symbol.dispose]();
  }
}

function total(guests: readonly Thread[]): number {
  return guests.reduce((sum, { operations }) => sum + operations, 0);
}

/** When enough was done and merged, or the time is up; says how far it is until then. */
async function workIsDone(options: SoakOptions, host: Host, guests: readonly Thread[], scanner: Thread): Promise<void> {
  const { operations, seconds = Number.POSITIVE_INFINITY, report } = options;
  const start = performance.now();
  let reported = start;
  for (let now = start; now - start < seconds * 1000; now = performance.now()) {
    const done = total(guests) / operations;
    if (done >= PATIENCE || (done >= 1 && idleOf(mergingOf(host, scanner.sharing)) === undefined)) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    if (now - reported < REPORT_EVERY) continue;
    reported = now;
    report(`${total(guests)} operations after ${Math.round((now - start) / 1000)} s`);
  }
}

/** All guests stop and compare, first beside the scanner and then alone. Returns the most pages that were merged. */
async function compared(host: Host, guests: readonly Thread[], scanner: Thread): Promise<number> {
  await Promise.all(guests.map((guest) => guest.obey('compare')));
  await scanner.obey('pause');
  checkHost(host);
  await Promise.all(guests.map((guest) => guest.obey('compare')));
  return Math.max(scanner.sharing, host.ksm.counters().pages_sharing);
}

/** With all sharing undone the guests see the same, and when they have gone nothing is left. */
async function unmerged(host: Host, guests: readonly Thread[]): Promise<void> {
  host.ksm.settings.run = 2;
  checkHost(host);
  await Promise.all(guests.map((guest) => guest.obey('compare')));
  await Promise.all(guests.map((guest) => guest.obey('end')));
  host.ksm.settings.run = 1;
  host.ksm.scan(1); // what is in limbo goes at the start of a batch
  checkHost(host);
  const left = host.usage();
  const { pages_shared, pages_sharing } = host.ksm.counters();
  if (left.frames + pages_shared + pages_sharing === 0 && viewOf(host).u32(layout.H_LIMBO) === 0) return;
  throw new Error(`${left.frames} frames are in use after all processes have ended`);
}
