/**
 * What memory of its own costs a guest: reads and writes through an address space beside those that go straight to the same memory,
 * alone, among threads, and beside a scanner that merges flat out; then how long a guest waits when its pages are merged all the time.
 */

import { machineOf } from '../src/host/index.ts';
import type { AddressSpace, FrameId, Host, HostOptions } from '../src/index.ts';
import { createHost } from '../src/index.ts';
import { BesideScanner } from './beside.ts';
import { pausesBench } from './pauses.ts';
import { type BenchOptions, type BenchTable, type Contestant, race } from './table.ts';
import { mix, PAGE, xorshift } from './workloads.ts';

const BASE = 2 ** 30;
/** Accesses of one run. */
const ACCESSES = 100_000;
/** Working sets: one that fits a second-level cache, and one that does not. */
const SETS: readonly number[] = [256, 4096];
const LENGTHS: readonly number[] = [64, 8];
const PLAIN = 'straight to the memory';
const NOTE =
  '"among threads": the host is shared, so every access is announced; "merging scanner": a thread that merges pages of its own and ' +
  'looks at all of these, flat out. With dirty tracking it makes the guest fault once a page and pass.';

/** A guest in a host of its own. */
interface Guest {
  readonly host: Host;
  readonly space: AddressSpace;
  /** Address in the engine's memory of its first page; the others follow it. */
  readonly start: number;
}

export interface GuestOptions extends BenchOptions {
  /** Pages of the working sets: four tables for each. */
  readonly sets?: readonly number[];
  /** Writes in a round of the pauses. */
  readonly writes?: number;
}

/** For each length and working set a table of writes and one of reads, then those of the pauses. */
export async function* guestBench(options: GuestOptions = {}): AsyncGenerator<BenchTable, void, void> {
  const { sets = SETS, seed = 1, rounds = 9, ...pauses } = options;
  for (const pages of sets) {
    const alone = { off: await setGuest('off', pages, seed), on: await setGuest('on', pages, seed) };
    const shared = { off: await setGuest('off', pages, seed), on: await setGuest('on', pages, seed) };
    const scanners = {
      off: await BesideScanner.start(shared.off.host, true),
      on: await BesideScanner.start(shared.on.host, true),
    };
    for (const length of LENGTHS) {
      const places = placesOf(pages, length, seed);
      for (const access of ['write', 'read'] as const) {
        const contestant = contestantsOf(access, length, places);
        const contestants = [
          contestant(PLAIN, alone.off, undefined, true),
          contestant('one thread', alone.off),
          contestant('one thread, dirty tracking', alone.on),
          contestant('among threads', shared.off),
          contestant('among threads, dirty tracking', shared.on),
          contestant('beside a merging scanner', shared.off, scanners.off),
          contestant('beside a merging scanner, dirty tracking', shared.on, scanners.on),
        ];
        const title = `Guest's ${access}s of ${length} bytes, ${pages} pages at random`;
        const table = await race(contestants, {
          title,
          unit: 'accesses',
          work: ACCESSES,
          reference: PLAIN,
          rounds,
          seed,
        });
        yield { ...table, note: `${NOTE} ${scannedBy(scanners)}` };
      }
    }
    await Promise.all([scanners.off.stop(), scanners.on.stop()]);
  }
  yield* pausesBench({ seed, rounds, ...pauses });
}

/** What the scanners have done while they were measured. Throws where one did nothing: then nothing ran beside the guest. */
function scannedBy(scanners: { readonly off: BesideScanner; readonly on: BesideScanner }): string {
  const { scanned: off } = scanners.off;
  const { scanned: on } = scanners.on;
  if (off === 0 || on === 0) throw new Error('a scanner has scanned nothing');
  scanners.off.scanned = 0;
  scanners.on.scanned = 0;
  return `Scanned meanwhile: ${off} pages, with dirty tracking ${on}.`;
}

/** A guest whose pages all differ, and are mergeable. */
async function setGuest(
  dirtyTracking: NonNullable<HostOptions['dirtyTracking']>,
  pages: number,
  seed: number,
): Promise<Guest> {
  const host = await createHost({ memory: '32M', pages: 4 * pages, processes: 16, vmas: 64, seed, dirtyTracking });
  const space = host.spawn();
  space.mmap(BASE, pages * PAGE);
  space.madvise(BASE, pages * PAGE, 'MERGEABLE');
  for (let page = 0; page < pages; page++)
    space.write(
      BASE + page * PAGE,
      new Uint8Array(PAGE)
        .fill(7)
        .fill(page, 0, 1)
        .fill(page >> 8, 1, 2),
    );
  host.ksm.settings.smart_scan = false;
  host.ksm.settings.run = 1;
  return { host, space, start: host.addressOf(space.frameOf(BASE) as FrameId) };
}

/** Where each access of a run goes, as offsets into the working set: aligned to 8 bytes, behind what tells the pages apart. */
function placesOf(pages: number, length: number, seed: number): Int32Array {
  let state = mix(seed) || 1;
  return Int32Array.from({ length: ACCESSES }, () => {
    state = xorshift(state);
    const page = state % pages;
    state = xorshift(state);
    return page * PAGE + 8 + (state % ((PAGE - 8 - length) / 8)) * 8;
  });
}

function contestantsOf(access: 'read' | 'write', length: number, places: Int32Array) {
  return (name: string, guest: Guest, scanner?: BesideScanner, isPlain: boolean = false): Contestant => {
    const bytes = new Uint8Array(length).fill(7);
    const runs = isPlain ? { read: readPlain, write: writePlain } : { read: readSpace, write: writeSpace };
    return {
      name,
      before: () => {
        writeSpace(guest, places, bytes); // what was merged or marked as clean is as at first
        scanner?.run();
      },
      run: () => runs[access](guest, places, bytes),
      after: () => scanner?.rest(),
    };
  };
}

function writePlain({ host, start }: Guest, places: Int32Array, bytes: Uint8Array): number {
  const memory = machineOf(host).engine.bytes;
  for (let access = 0; access < places.length; access++) memory.set(bytes, start + (places[access] as number));
  return memory[start + (places[0] as number)] as number;
}

function writeSpace({ space }: Guest, places: Int32Array, bytes: Uint8Array): number {
  for (let access = 0; access < places.length; access++) space.write(BASE + (places[access] as number), bytes);
  return places.length;
}

function readPlain({ host, start }: Guest, places: Int32Array, { length }: Uint8Array): number {
  const memory = machineOf(host).engine.bytes;
  let sum = 0;
  for (let access = 0; access < places.length; access++) {
    const at = start + (places[access] as number);
    sum += memory.slice(at, at + length)[0] as number;
  }
  return sum;
}

function readSpace({ space }: Guest, places: Int32Array, { length }: Uint8Array): number {
  let sum = 0;
  for (let access = 0; access < places.length; access++) {
    sum += space.read(BASE + (places[access] as number), length)[0] as number;
  }
  return sum;
}
