/**
 * Reads a snapshot into a memory of its own, and says whether that is a machine.
 *
 * What a piece says is believed once its digest has been compared, and its MAC where it must have one. The memory is made
 * after the head's, and a page of it takes up room when its chunk's digest was right, so a file that is wrong costs no more
 * than it has bytes. On any error all of it is dropped.
 */
import { type Engine, layout } from '../engine/index.ts';
import type { Books } from '../machine/index.ts';
import { createMemory } from '../memory/index.ts';
import { expectBlank } from './blank.ts';
import {
  CHUNK_PAGES,
  chunksOf,
  DIGEST_BYTES,
  decodeFixed,
  decodeHead,
  FIXED_BYTES,
  type Head,
  pagesIn,
  refused,
  sha256,
  tableBytes,
} from './format.ts';
import { type CheckedMacKey, importMacKey, isMacOf, MAC_BYTES } from './mac.ts';
import { SnapshotReader, type SnapshotSource } from './source.ts';

const { PAGE_SIZE } = layout;

/** What a snapshot holds. */
export interface Snapshot {
  readonly memory: WebAssembly.Memory;
  readonly books: Books;
  /** Are its pages names? What the memory says, which may be wrong. */
  readonly areNames: boolean;
}

/**
 * Reads all of `source`. EFORMAT if it is not a whole and unaltered snapshot of this version, or does not have the MACs of
 * `macKey`, or has MACs and there is no key; ENOMEM if the system has no room for its memory. Errors of the source
 * itself pass through.
 */
export async function readSnapshot(source: SnapshotSource, macKey?: CheckedMacKey): Promise<Snapshot> {
  const reader = new SnapshotReader(source);
  try {
    const key = macKey === undefined ? undefined : await importMacKey(macKey, 'verify');
    const { head, digest } = await readHead(reader, key);
    const memory = createMemory(head.memoryPages);
    await readPages(reader, key, head, digest, new Uint8Array(memory.buffer));
    await reader.expectEnd();
    const words = new Uint32Array(memory.buffer);
    expectBlank(words, head.runs);
    return { memory, books: head.books, areNames: words[layout.H_PAGE_KIND / 4] === layout.PAGE_NAMES_KIND };
  } finally {
    await reader.close();
  }
}

async function readHead(
  reader: SnapshotReader,
  key: CryptoKey | undefined,
): Promise<{ head: Head; digest: Uint8Array }> {
  const fixedBytes = new Uint8Array(FIXED_BYTES);
  await reader.fill(fixedBytes);
  const fixed = decodeFixed(fixedBytes);
  const end = FIXED_BYTES + tableBytes(fixed);
  const bytes = new Uint8Array(end + DIGEST_BYTES);
  bytes.set(fixedBytes);
  await reader.fill(bytes.subarray(FIXED_BYTES));
  await expectDigest(bytes, end, 'its head');
  if (fixed.hasMacs && key === undefined) throw refused('it has MACs: give the "macKey" with which it was saved');
  if (!fixed.hasMacs && key !== undefined)
    throw refused('it has no MAC, and a "macKey" was given: nobody vouches for it');
  await expectMac(reader, key, bytes.subarray(end), 'its head');
  return { head: decodeHead(fixed, bytes), digest: bytes.subarray(end) };
}

async function readPages(
  reader: SnapshotReader,
  key: CryptoKey | undefined,
  head: Head,
  digest: Uint8Array,
  memory: Uint8Array,
): Promise<void> {
  const room = Math.min(CHUNK_PAGES, pagesIn(head.runs)) * PAGE_SIZE;
  const buffer = new Uint8Array(DIGEST_BYTES + room + DIGEST_BYTES);
  buffer.set(digest);
  let number = 0;
  for (const pieces of chunksOf(head.runs)) {
    const end = DIGEST_BYTES + pagesIn(pieces) * PAGE_SIZE;
    await reader.fill(buffer.subarray(DIGEST_BYTES, end + DIGEST_BYTES));
    await expectDigest(buffer, end, `chunk ${number}`);
    await expectMac(reader, key, buffer.subarray(end, end + DIGEST_BYTES), `chunk ${number}`);
    number++;
    let at = DIGEST_BYTES;
    for (const { page, pages } of pieces) {
      memory.set(buffer.subarray(at, at + pages * PAGE_SIZE), page * PAGE_SIZE);
      at += pages * PAGE_SIZE;
    }
    buffer.copyWithin(0, end, end + DIGEST_BYTES);
  }
}

/** EFORMAT if the digest at `end` is not that of the bytes before it. */
async function expectDigest(bytes: Uint8Array<ArrayBuffer>, end: number, what: string): Promise<void> {
  const digest = await sha256(bytes.subarray(0, end));
  if (digest.every((byte, index) => byte === bytes[end + index])) return;
  throw refused(`${what} is damaged: it does not have the checksum that it had when it was written`);
}

/** If there is a key: EFORMAT if what comes next is not the MAC of `digest`. */
async function expectMac(
  reader: SnapshotReader,
  key: CryptoKey | undefined,
  digest: Uint8Array<ArrayBuffer>,
  what: string,
): Promise<void> {
  if (key === undefined) return;
  const mac = new Uint8Array(MAC_BYTES);
  await reader.fill(mac);
  if (await isMacOf(key, digest, mac)) return;
  throw refused(
    `${what} does not have the MAC of this "macKey": it was saved with another, or by somebody who has none`,
  );
}

/**
 * EFORMAT if what lies in the memory of `engine` is not a sound machine whose live processes are those of `books`.
 * No accident gets past the digests, but whoever makes a snapshot by hand can give it any digest.
 */
export async function expectMachine(engine: Engine, books: Books): Promise<void> {
  const { checkInvariants } = await import('../engine/invariants.ts');
  try {
    checkInvariants(engine);
  } catch (cause) {
    throw refused(`what it holds is not sound (${(cause as Error).message})`, { cause });
  }
  const live = liveMms(engine);
  for (const { id, mm } of books.processes) {
    const isThere = live.delete(mm) && engine.u32(mm + layout.MM_ID) === id && engine.u32(mm + layout.MM_MAKER) === 0;
    if (!isThere) throw refused(`its process ${id} is not in its memory`);
  }
  if (live.size > 0) throw refused(`its memory holds ${live.size} processes that have no id`);
  const next = engine.u32(layout.H_NEXT_ID);
  if (next !== books.nextId) throw refused(`the next process is ${books.nextId}, and in its memory ${next}`);
}

/**
 * Rebuilds what can be rebuilt in the memory of `engine`, which nobody else uses. EFORMAT if that would follow words to nowhere, as no
 * death leaves them.
 */
export async function recoverMachine(engine: Engine): Promise<void> {
  const { checkTrusted } = await import('../engine/invariants.ts');
  try {
    checkTrusted(engine);
    engine.setU32(layout.LINUX_BUSY, 1); // snapshots do not say whether a batch was under way
    engine.recover(0);
  } catch (cause) {
    throw refused(`what it holds cannot be recovered (${(cause as Error).message})`, { cause });
  }
}

/** Addresses of the mms that a process runs in. */
function liveMms(engine: Engine): Set<number> {
  const live = new Set<number>();
  const base = engine.u32(layout.H_MMS);
  const end = base + engine.u32(layout.H_FREE_MMS + layout.FREE_FRESH) * layout.MM_BYTES;
  const kind = layout.MM_IN_USE | layout.MM_EXITED | layout.MM_SHARED_OBJECT;
  for (let mm = base; mm < end; mm += layout.MM_BYTES) {
    if ((engine.u32(mm + layout.MM_FLAGS) & kind) === layout.MM_IN_USE) live.add(mm);
  }
  return live;
}
