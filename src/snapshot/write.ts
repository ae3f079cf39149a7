/**
 * Takes a snapshot of a machine: a sparse copy of its memory, and the ids of its processes.
 *
 * The copy is taken in one go, between two calls of the engine, so that a snapshot is of one moment whatever happens
 * while it is written. It takes as much memory as it has pages. Digests and streams want that copy anyway: the platform
 * takes no shared memory for them.
 */
import { type Engine, layout } from '../engine/index.ts';
import { KsmError } from '../errors.ts';
import type { Machine } from '../machine/index.ts';
import { anything, type Checks, flag, optionsOf } from '../validate.ts';
import { chunksOf, DIGEST_BYTES, encodeHead, pagesIn, type Run, sha256 } from './format.ts';
import { leaveKeyOut } from './keyless.ts';
import { liveOf } from './live.ts';
import type { LiveMemory } from './live-memory.ts';
import { type CheckedMacKey, expectMacKey, importMacKey, type MacKey, macOf } from './mac.ts';

const { PAGE_SIZE } = layout;
const PAGE_WORDS = PAGE_SIZE / 4;

/** How a snapshot is taken. */
export interface SnapshotOptions {
  /**
   * Is the key of the keyed hash in it? Default true. Without it the restored host draws a new one, and each of its pages counts as seen
   * for the first time in its next pass (docs/snapshot-format.md).
   */
  readonly key?: boolean;
  /** Key of the MACs: whoever does not have it can make no snapshot that passes for one of yours. Default: no MACs. */
  readonly macKey?: MacKey;
}

const SNAPSHOT_OPTIONS: Checks<SnapshotOptions> = { key: flag, macKey: anything };

/** A snapshot before it has its digests. */
interface Copy {
  readonly head: Uint8Array<ArrayBuffer>;
  /** Each with room for a digest before its pages. */
  readonly chunks: Uint8Array<ArrayBuffer>[];
}

/**
 * A snapshot of `machine` as it is at the moment of this call, as pieces of bytes, each to be read once, for the public function
 * `call`.
 */
export function takeSnapshot(
  call: string,
  machine: Machine,
  options: SnapshotOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const { key = true, macKey } = optionsOf(call, options, SNAPSHOT_OPTIONS);
  const mac = macKey === undefined ? undefined : expectMacKey(macKey, 'sign');
  try {
    return sealed(
      machine.engine.exclusively(() => copyOf(machine, key, mac !== undefined)),
      mac,
    );
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new KsmError('ENOMEM', 'A snapshot takes a copy of all pages in use, and there is no memory for it.', {
      cause,
    });
  }
}

function copyOf(machine: Machine, withKey: boolean, hasMacs: boolean): Copy {
  const { engine } = machine;
  const { books } = machine.processes;
  expectRest(engine);
  const live = liveOf(engine);
  if (!withKey) leaveKeyOut(live);
  const { words } = live.memory;
  const runs = storedRuns(engine, live.memory);
  const head = encodeHead({ memoryPages: engine.u32(layout.H_MEMORY_PAGES), books, runs, hasMacs });
  const before = new Uint8Array(words.buffer);
  const chunks: Copy['chunks'] = [];
  for (const pieces of chunksOf(runs)) {
    const chunk = new Uint8Array(DIGEST_BYTES + pagesIn(pieces) * PAGE_SIZE);
    let at = DIGEST_BYTES;
    for (const { page, pages } of pieces) {
      const [from, to] = [page * PAGE_SIZE, (page + pages) * PAGE_SIZE];
      chunk.set(engine.bytes.subarray(from, to), at);
      chunk.set(before.subarray(from, to), at); // nothing, for frames
      at += to - from;
    }
    chunks.push(chunk);
  }
  return { head, chunks };
}

/** EBUSY if another thread is at something that a snapshot of this moment would cut in two. */
function expectRest(engine: Engine): void {
  const base = engine.u32(layout.H_MMS);
  const end = base + engine.u32(layout.H_FREE_MMS + layout.FREE_FRESH) * layout.MM_BYTES;
  for (let mm = base; mm < end; mm += layout.MM_BYTES) {
    const maker = engine.u32(mm + layout.MM_FLAGS) & layout.MM_IN_USE ? engine.u32(mm + layout.MM_MAKER) : 0;
    if (maker !== 0) throw busy(`worker ${maker} is just starting a process`);
  }
  const scanning = engine.u32(layout.LINUX_BUSY) !== 0;
  if (scanning && engine.u32(layout.H_DIRTY_TRACKING) !== layout.DIRTY_OFF)
    throw busy('a batch is under way, and dirty tracking is on');
}

function busy(why: string): KsmError {
  return new KsmError('EBUSY', `No snapshot can be taken now (${why}): let other threads come to rest first.`);
}

async function* sealed(
  { head, chunks }: Copy,
  mac: CheckedMacKey | undefined,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const key = mac === undefined ? undefined : await importMacKey(mac, 'sign');
  yield head;
  let digest = await sha256(head);
  yield digest;
  if (key !== undefined) yield await macOf(key, digest);
  // Off the list, so that what is written can be freed.
  for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) {
    chunk.set(digest);
    digest = await sha256(chunk);
    yield chunk.subarray(DIGEST_BYTES);
    yield digest;
    if (key !== undefined) yield await macOf(key, digest);
  }
}

/** Pages that are not zero: those of the copy, and behind it the frames that are alive. */
function storedRuns({ words }: Engine, live: LiveMemory): Run[] {
  const before = live.words;
  const recordPages = before.length / PAGE_WORDS;
  const runs: Run[] = [];
  let start = -1;
  const total = words.length / PAGE_WORDS;
  for (let page = 0; page <= total; page++) {
    const isAlive = page < recordPages || live.isWantedFrame(page);
    const isStored = isAlive && page < total && !isZero(page < recordPages ? before : words, page * PAGE_WORDS);
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
