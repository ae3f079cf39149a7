/**
 * The snapshot format (docs/snapshot-format.md): its head as bytes and back, and how stored pages are cut into chunks.
 *
 *     fixed head | processes | runs | digest | chunk | digest | chunk | digest ...
 *
 * In version 2 a MAC (./mac) follows each digest.
 *
 * Each digest is SHA-256 of what lies between it and the digest before it, that one included. So every piece can be
 * trusted as soon as it is read, none can be moved or left out, and the last digest covers the whole file. SHA-256
 * because the platform has it, in Node.js as in browsers, and because nobody can make an altered file that passes by
 * chance. What is read is not trusted: every number is checked before it is used.
 */
import { layout } from '../engine/index.ts';
import { KsmError } from '../errors.ts';
import type { Books } from '../machine/index.ts';
import { PAGES_PER_UNIT, UNITS_MAX } from '../memory/index.ts';

/** Versions of the format: without MACs and with them. */
export const PLAIN = 1;
export const WITH_MACS = 2;
/** As PNG's: a byte that is not ASCII, a name, and line ends that a transfer as text would change. */
export const MAGIC: Uint8Array = Uint8Array.of(0x89, 0x4b, 0x53, 0x4d, 0x0d, 0x0a, 0x1a, 0x0a);
export const FIXED_BYTES = 40;
export const DIGEST_BYTES = 32;
/** Pages of a chunk; the last one may have fewer. */
export const CHUNK_PAGES = 256;

const PROCESS_BYTES = 12;
const RUN_BYTES = 8;
const PROCESSES_MAX = 65536;

/** Pages of the memory, from page number `page` on. */
export interface Run {
  readonly page: number;
  readonly pages: number;
}

export interface Head {
  /** Size of the memory in units of 64 KiB. */
  readonly memoryPages: number;
  readonly books: Books;
  /** The pages that are stored, ascending; between two runs lies at least one page that is not. */
  readonly runs: readonly Run[];
  /** Does a MAC follow each digest? */
  readonly hasMacs: boolean;
}

/** What the fixed part of a head says. */
export interface Fixed {
  readonly hasMacs: boolean;
  readonly memoryPages: number;
  readonly processes: number;
  readonly runs: number;
  readonly stored: number;
  readonly nextId: number;
}

/** The one error for whatever is not a sound snapshot. */
export function refused(why: string, options?: ErrorOptions): KsmError {
  return new KsmError('EFORMAT', `The snapshot is refused: ${why}.`, options);
}

export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

export function pagesIn(runs: readonly Run[]): number {
  return runs.reduce((sum, { pages }) => sum + pages, 0);
}

/** The head, without its digest. */
export function encodeHead({ memoryPages, books, runs, hasMacs }: Head): Uint8Array<ArrayBuffer> {
  const { processes, nextId } = books;
  const bytes = new Uint8Array(FIXED_BYTES + processes.length * PROCESS_BYTES + runs.length * RUN_BYTES);
  const view = new DataView(bytes.buffer);
  const counts = [processes.length, runs.length, pagesIn(runs)];
  bytes.set(MAGIC);
  const version = hasMacs ? WITH_MACS : PLAIN;
  [version, layout.LAYOUT_VERSION, memoryPages, ...counts].forEach((word, index) => {
    view.setUint32(MAGIC.length + index * 4, word, true);
  });
  view.setBigUint64(FIXED_BYTES - 8, BigInt(nextId), true);
  let at = FIXED_BYTES;
  for (const { id, mm } of processes) {
    view.setBigUint64(at, BigInt(id), true);
    view.setUint32(at + 8, mm, true);
    at += PROCESS_BYTES;
  }
  for (const { page, pages } of runs) {
    view.setUint32(at, page, true);
    view.setUint32(at + 4, pages, true);
    at += RUN_BYTES;
  }
  return bytes;
}

/** Reads the fixed part. EFORMAT for what is no snapshot, another version, or counts that cannot be. */
export function decodeFixed(bytes: Uint8Array<ArrayBuffer>): Fixed {
  const view = new DataView(bytes.buffer, bytes.byteOffset, FIXED_BYTES);
  const word = (index: number): number => view.getUint32(MAGIC.length + index * 4, true);
  if (!MAGIC.every((byte, index) => bytes[index] === byte)) throw refused('it does not begin as a snapshot does');
  expectVersion('format', word(0), [PLAIN, WITH_MACS]);
  expectVersion('layout', word(1), [layout.LAYOUT_VERSION]);
  const [memoryPages, processes, runs, stored] = [word(2), word(3), word(4), word(5)];
  const within = (what: string, value: number, min: number, max: number): void => {
    if (value < min || value > max) throw refused(`it claims ${value} ${what}; expected ${min} to ${max}`);
  };
  within('times 64 KiB of memory', memoryPages, 1, UNITS_MAX);
  within('processes', processes, 0, PROCESSES_MAX);
  within('stored pages', stored, 1, memoryPages * PAGES_PER_UNIT);
  within('runs of pages', runs, 1, Math.min(stored, (memoryPages * PAGES_PER_UNIT) / 2));
  const hasMacs = word(0) === WITH_MACS;
  return { hasMacs, memoryPages, processes, runs, stored, nextId: idAt(view, FIXED_BYTES - 8) };
}

function expectVersion(what: string, found: number, read: readonly number[]): void {
  if (read.includes(found)) return;
  const versions = read.join(' and ');
  throw refused(
    `it has version ${found} of the ${what}, and this library reads version ${versions}; use the library that wrote it`,
  );
}

/** Bytes between the fixed part and the first digest. */
export function tableBytes({ processes, runs }: Fixed): number {
  return processes * PROCESS_BYTES + runs * RUN_BYTES;
}

/** Reads the tables behind the fixed part; `bytes` begins with it. EFORMAT if they cannot be. */
export function decodeHead(fixed: Fixed, bytes: Uint8Array<ArrayBuffer>): Head {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const runsAt = FIXED_BYTES + fixed.processes * PROCESS_BYTES;
  const processes = Array.from({ length: fixed.processes }, (_, index) => {
    const at = FIXED_BYTES + index * PROCESS_BYTES;
    return { id: idAt(view, at), mm: view.getUint32(at + 8, true) };
  });
  const runs = Array.from({ length: fixed.runs }, (_, index) => {
    const at = runsAt + index * RUN_BYTES;
    return { page: view.getUint32(at, true), pages: view.getUint32(at + 4, true) };
  });
  checkIds(processes, fixed.nextId);
  checkRuns(runs, fixed);
  const { hasMacs, memoryPages, nextId } = fixed;
  return { memoryPages, books: { nextId, processes }, runs, hasMacs };
}

function idAt(view: DataView, at: number): number {
  const id = view.getBigUint64(at, true);
  if (id >= 1n && id <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(id);
  throw refused(`${id} is no id of a process`);
}

function checkIds(processes: Books['processes'], nextId: number): void {
  let last = 0;
  for (const { id } of processes) {
    if (id <= last || id >= nextId)
      throw refused(`process ${id} comes after ${last}, and the next to come is ${nextId}`);
    last = id;
  }
}

function checkRuns(runs: readonly Run[], { memoryPages, stored }: Fixed): void {
  let end = -1;
  for (const { page, pages } of runs) {
    if (page <= end || pages === 0 || page + pages > memoryPages * PAGES_PER_UNIT) {
      throw refused(`it has ${pages} pages from page ${page} on, which overlap others or lie outside its memory`);
    }
    end = page + pages;
  }
  if (pagesIn(runs) !== stored) throw refused(`its runs have ${pagesIn(runs)} pages, not ${stored}`);
}

/** The runs cut into chunks: as pieces that have CHUNK_PAGES pages together, the last chunk maybe fewer. */
export function* chunksOf(runs: readonly Run[]): Generator<Run[], void> {
  let chunk: Run[] = [];
  let room = CHUNK_PAGES;
  for (const run of runs) {
    for (let done = 0; done < run.pages; ) {
      const pages = Math.min(run.pages - done, room);
      chunk.push({ page: run.page + done, pages });
      done += pages;
      room -= pages;
      if (room > 0) continue;
      yield chunk;
      chunk = [];
      room = CHUNK_PAGES;
    }
  }
  if (chunk.length > 0) yield chunk;
}
