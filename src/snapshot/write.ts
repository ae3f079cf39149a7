/**
 * Takes a snapshot of a machine: a sparse copy of its memory, and the ids of its processes.
 *
 * The copy is taken in one go, between two calls of the engine, so that a snapshot is of one moment whatever happens
 * while it is written. It takes as much memory as it has pages. Digests and streams want that copy anyway: the platform
 * takes no shared memory for them.
 */
import { type Engine, layout } from '../engine/index.ts';
import { KsmError } from '../errors.ts';
import type { Machine } from '../host/index.ts';
import { THREADS } from './blank.ts';
import { chunksOf, DIGEST_BYTES, encodeHead, pagesIn, type Run, sha256 } from './format.ts';

const { PAGE_SIZE } = layout;
const PAGE_WORDS = PAGE_SIZE / 4;

/** A snapshot before it has its digests. */
interface Copy {
  readonly head: Uint8Array<ArrayBuffer>;
  /** Each with room for a digest before its pages. */
  readonly chunks: Uint8Array<ArrayBuffer>[];
}

/**
 * A snapshot of `machine` as it is at the moment of this call, as pieces of bytes, each to be read once. What guests in
 * other threads write during the copy is in it or not, page by page. ENOMEM where there is no room for the copy; EBUSY where another
 * thread is just starting a process, or scanning under dirty tracking; EAGAIN where one keeps the lock.
 */
export function snapshotOf(machine: Machine): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  try {
    return sealed(machine.engine.exclusively(() => copyOf(machine)));
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new KsmError('ENOMEM', 'A snapshot takes a copy of all pages in use, and there is no memory for it.', {
      cause,
    });
  }
}

function copyOf(machine: Machine): Copy {
  const { engine, books } = machine;
  expectRest(machine);
  const fixed = fixedPart(engine);
  const runs = storedRuns(engine, new Uint32Array(fixed.buffer));
  const head = encodeHead({ memoryPages: engine.u32(layout.H_MEMORY_PAGES), books, runs });
  const chunks: Copy['chunks'] = [];
  for (const pieces of chunksOf(runs)) {
    const chunk = new Uint8Array(DIGEST_BYTES + pagesIn(pieces) * PAGE_SIZE);
    let at = DIGEST_BYTES;
    for (const { page, pages } of pieces) {
      const [from, to] = [page * PAGE_SIZE, (page + pages) * PAGE_SIZE];
      chunk.set(engine.bytes.subarray(from, to), at);
      chunk.set(fixed.subarray(from, to), at); // nothing, for all pages behind it
      at += to - from;
    }
    chunks.push(chunk);
  }
  return { head, chunks };
}

/** EBUSY where another thread is at something that a snapshot of this moment would cut in two. */
function expectRest({ engine, dirtyTracking }: Machine): void {
  const base = engine.u32(layout.H_MMS);
  const end = base + engine.u32(layout.H_FREE_MMS + layout.FREE_FRESH) * layout.MM_BYTES;
  for (let mm = base; mm < end; mm += layout.MM_BYTES) {
    const maker = engine.u32(mm + layout.MM_FLAGS) & layout.MM_IN_USE ? engine.u32(mm + layout.MM_MAKER) : 0;
    if (maker !== 0) throw busy(`worker ${maker} is just starting a process`);
  }
  const scanning = engine.u32(layout.H_SCANNING) !== 0;
  if (scanning && dirtyTracking !== 'off') throw busy('a batch is under way, and dirty tracking is on');
}

function busy(why: string): KsmError {
  return new KsmError('EBUSY', `No snapshot can be taken now (${why}): let other threads come to rest first.`);
}

/** A copy of the pages that lie before all regions, without what is the threads'. */
function fixedPart(engine: Engine): Uint8Array<ArrayBuffer> {
  const fixed = new Uint8Array(layout.REGIONS);
  fixed.set(engine.bytes.subarray(0, layout.REGIONS));
  for (const [from, to] of THREADS) fixed.fill(0, from, to);
  return fixed;
}

async function* sealed({ head, chunks }: Copy): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  yield head;
  let digest = await sha256(head);
  yield digest;
  // Off the list, so that what is written can be freed.
  for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) {
    chunk.set(digest);
    digest = await sha256(chunk);
    yield chunk.subarray(DIGEST_BYTES);
    yield digest;
  }
}

/** Pages that are not zero and not of a free frame. `fixed` has the words of the first ones. */
function storedRuns(engine: Engine, fixed: Uint32Array): Run[] {
  const { words } = engine;
  const isUnused = unusedPages(engine);
  const runs: Run[] = [];
  let start = -1;
  const total = words.length / PAGE_WORDS;
  for (let page = 0; page <= total; page++) {
    const from = page * PAGE_WORDS;
    const isStored = page < total && isUnused[page] === 0 && !isZero(from < fixed.length ? fixed : words, from);
    if (isStored && start < 0) start = page;
    if (isStored || start < 0) continue;
    runs.push({ page: start, pages: page - start });
    start = -1;
  }
  return runs;
}

function isZero(words: Uint32Array, first: number): boolean {
  const end = first + PAGE_WORDS;
  let word = first;
  while (word < end && words[word] === 0) word++;
  return word === end;
}

/**
 * 1 for each page that is a free frame: what lies in it is nobody's any more. Page tables have the last word: what a
 * pte names is in use.
 */
function unusedPages(engine: Engine): Uint8Array {
  const unused = new Uint8Array(engine.words.length / PAGE_WORDS);
  const frames = engine.u32(layout.H_FRAME_LIMIT);
  const firstPage = engine.u32(layout.H_FRAMES) / PAGE_SIZE;
  const firstWord = engine.u32(layout.H_FRAME_WORDS) / 4;
  for (let index = 0; index < frames; index++) {
    if ((engine.words[firstWord + index] as number) & layout.FRAME_FREE) unused[firstPage + index] = 1;
  }
  const ptes = engine.u32(layout.H_PTES) / 4;
  const entries = engine.u32(layout.H_FREE_LEAVES + layout.FREE_FRESH) * layout.TABLE_ENTRIES;
  for (let entry = 0; entry < entries; entry++) {
    const pte = engine.words[ptes + entry] as number;
    if (pte & layout.PTE_PRESENT) unused[pte >>> layout.PAGE_SHIFT] = 0;
  }
  return unused;
}
