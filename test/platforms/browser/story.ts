/**
 * A story of a machine that every platform plays alike: nothing in it depends on time or chance. Three processes over several
 * windows of pages are written, scanned, forked and emptied; what came of it is returned as plain JSON.
 */
import type { AddressSpace, Counters, createHost, Host, HostOptions, ScanResult } from '../../../src/index.ts';
import { Dice } from '../../support/dice.ts';
import { PAGE } from '../../support/page.ts';

const PAGES = 6000;
/** Different pages that are written again and again. */
const CONTENTS = 300;
const ROUNDS = 6;
const WRITES = 2500;

export interface Chapter {
  readonly batch: ScanResult;
  readonly counters: Counters;
  readonly vmstat: ReturnType<Host['vmstat']>;
  /** SHA-256 of the frame numbers of each process. */
  readonly frames: readonly string[];
}

export interface Story {
  readonly running: number;
  readonly chapters: readonly Chapter[];
  /** SHA-256 of all that each process reads at the end. */
  readonly bytes: readonly string[];
  /** The same of what was written, as this file remembers it. */
  readonly written: readonly string[];
}

/** A process and what its memory must hold. */
interface Guest {
  readonly space: AddressSpace;
  readonly memory: Uint8Array;
}

async function digest(data: Uint8Array | Uint32Array): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', data as Uint8Array<ArrayBuffer>));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A process all of whose pages are written, so that a batch goes over several windows of it. */
function spawn(host: Host): Guest {
  const space = host.spawn();
  space.mmap(0, PAGES * PAGE);
  space.madvise(0, PAGES * PAGE, 'MERGEABLE');
  const words = new Uint32Array((PAGES * PAGE) / 4).map((_, index) => Math.floor((index * 4) / PAGE) % CONTENTS);
  const memory = new Uint8Array(words.buffer);
  space.write(0, memory);
  return { space, memory };
}

function fork({ space, memory }: Guest): Guest {
  return { space: space.fork(), memory: memory.slice() };
}

/** Whole pages, most of them of few contents, zero among them. */
function writePages(guests: readonly Guest[], dice: Dice): void {
  const words = new Uint32Array(PAGE / 4);
  const page = new Uint8Array(words.buffer);
  for (let write = 0; write < WRITES; write++) {
    words[0] = dice.below(4) === 0 ? dice.below(2 ** 30) : dice.below(CONTENTS);
    const guest = guests[dice.below(guests.length)] as Guest;
    const address = dice.below(PAGES) * PAGE;
    guest.space.write(address, page);
    guest.memory.set(page, address);
  }
}

function empty({ space, memory }: Guest): void {
  space.madvise(100 * PAGE, 900 * PAGE, 'DONTNEED');
  memory.fill(0, 100 * PAGE, 1000 * PAGE);
}

async function scan(host: Host, guests: readonly Guest[], pages: number, now: number): Promise<Chapter> {
  const batch = host.ksm.scan(pages, { now });
  await host.check();
  const frames = guests.map(({ space }) => Uint32Array.from(space.resident(), ({ frame }) => frame));
  return {
    batch,
    counters: host.ksm.counters(),
    vmstat: host.vmstat(),
    frames: await Promise.all(frames.map(digest)),
  };
}

/** Plays the story with the library that `create` comes from. */
export async function play(create: typeof createHost, options: HostOptions): Promise<Story> {
  const host = await create({ memory: '96M', pages: 4 * PAGES, seed: 7, ...options });
  const dice = new Dice(1);
  const guests = [spawn(host), spawn(host)];
  Object.assign(host.ksm.settings, { run: 1, use_zero_pages: true, max_page_sharing: 8 });
  const chapters: Chapter[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    writePages(guests, dice);
    if (round === 2) guests.push(fork(guests[0] as Guest));
    if (round === 4) empty(guests[1] as Guest);
    chapters.push(await scan(host, guests, 3000 + dice.below(9000), round));
  }
  const { running } = host.scanners;
  const bytes = await Promise.all(guests.map(({ space }) => digest(space.read(0, PAGES * PAGE))));
  const written = await Promise.all(guests.map(({ memory }) => digest(memory)));
  host[Symbol.dispose]();
  return { running, chapters, bytes, written };
}
