/**
 * What the tests of snapshots share: hosts to save, snapshots as bytes, and the format once more, from
 * docs/snapshot-format.md.
 */
import { createHash, createHmac } from 'node:crypto';
import {
  type AddressSpace,
  createHost,
  type Host,
  type HostOptions,
  KsmError,
  layout,
  snapshotOf,
} from '../../../src/index.ts';
import { PAGE } from '../../support/page.ts';

const FIXED = 40;
const DIGEST = 32;
const CHUNK = 256 * PAGE;

/** A host of 4 MiB. */
export function smallHost(options: HostOptions = {}): Promise<Host> {
  return createHost({ memory: '4M', pages: 2048, processes: 8, vmas: 32, seed: 1, ...options });
}

/** A process with `pages` mergeable pages; page k is full of the byte `contents(k)`. */
export function guest(host: Host, pages: number, contents: (page: number) => number): AddressSpace {
  const space = host.spawn();
  space.mmap(0, pages * PAGE);
  space.madvise(0, pages * PAGE, 'MERGEABLE');
  for (let page = 0; page < pages; page++) space.write(page * PAGE, new Uint8Array(PAGE).fill(contents(page)));
  return space;
}

export function pass(host: Host): void {
  host.ksm.settings.run = 1;
  while (!host.ksm.scan(10_000, { now: 0 }).passEnded);
}

/** A host with more than a chunk of pages in use, some of them merged. */
export async function busyHost(options: HostOptions = {}): Promise<Host> {
  const host = await smallHost(options);
  guest(host, 200, (page) => page % 120);
  guest(host, 150, (page) => page).fork();
  pass(host);
  pass(host);
  guest(host, 100, (page) => page + 7).write(3 * PAGE + 5, Uint8Array.of(1, 2, 3));
  return host;
}

export async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece.slice());
  return new Uint8Array(Buffer.concat(all));
}

/** A host's snapshot as bytes. */
export function saved(host: Host): Promise<Uint8Array<ArrayBuffer>> {
  return collect(snapshotOf(host));
}

/** The error with which a promise is rejected, which must be a KsmError. */
export async function refusal(promise: Promise<unknown>): Promise<KsmError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof KsmError) return error;
  throw new Error(`expected a KsmError, not ${error instanceof Error ? error.stack : String(error)}`);
}

/** A snapshot taken apart, by the document. */
export interface Parts {
  memoryPages: number;
  stored: number;
  nextId: bigint;
  processes: { id: bigint; mm: number }[];
  runs: { page: number; pages: number }[];
  /** Without digests. */
  chunks: Uint8Array[];
  digests: Uint8Array[];
  /** One after each digest, in version 2. */
  macs: Uint8Array[];
  /** Where pieces of the file end, ascending; the last is the file's end. */
  boundaries: number[];
}

export function parse(bytes: Uint8Array): Parts {
  const file = Buffer.from(bytes);
  const [processCount, runCount, stored] = [20, 24, 28].map((at) => file.readUInt32LE(at)) as [number, number, number];
  const boundaries = [8, 12, 16, 20, 24, 28, 32, FIXED];
  const reach = (length: number): number => {
    const start = boundaries.at(-1) as number;
    boundaries.push(start + length);
    return start;
  };
  const processes = Array.from({ length: processCount }, () => {
    const at = reach(12);
    return { id: file.readBigUInt64LE(at), mm: file.readUInt32LE(at + 8) };
  });
  const runs = Array.from({ length: runCount }, () => {
    const at = reach(8);
    return { page: file.readUInt32LE(at), pages: file.readUInt32LE(at + 4) };
  });
  const take = (length: number): Uint8Array => {
    const at = reach(length);
    return bytes.subarray(at, at + length);
  };
  const digests: Uint8Array[] = [];
  const macs: Uint8Array[] = [];
  const takeDigest = (): void => {
    digests.push(take(DIGEST));
    if (file.readUInt32LE(8) === 2) macs.push(take(DIGEST));
  };
  takeDigest();
  const chunks: Uint8Array[] = [];
  for (let left = stored * PAGE; left > 0; left -= CHUNK) {
    chunks.push(take(Math.min(left, CHUNK)));
    takeDigest();
  }
  const nextId = file.readBigUInt64LE(32);
  return { memoryPages: file.readUInt32LE(16), stored, nextId, processes, runs, chunks, digests, macs, boundaries };
}

const sha256 = (...pieces: Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
};

export function hmac(key: Uint8Array, digest: Uint8Array): Buffer {
  return createHmac('sha256', key).update(digest).digest();
}

/** A file of these parts, with the digests that it must have; with MACs if there is a key for them. */
export function build(
  parts: Omit<Parts, 'digests' | 'macs' | 'boundaries'>,
  macKey?: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const head = Buffer.alloc(FIXED + parts.processes.length * 12 + parts.runs.length * 8);
  head.set([0x89, 0x4b, 0x53, 0x4d, 0x0d, 0x0a, 0x1a, 0x0a]);
  const version = macKey === undefined ? 1 : 2;
  const counts = [parts.processes.length, parts.runs.length, parts.stored];
  const words = [version, layout.LAYOUT_VERSION, parts.memoryPages, ...counts];
  for (const [index, word] of words.entries()) head.writeUInt32LE(word, 8 + index * 4);
  head.writeBigUInt64LE(parts.nextId, 32);
  let at = FIXED;
  for (const { id, mm } of parts.processes) {
    head.writeBigUInt64LE(id, at);
    at = head.writeUInt32LE(mm, at + 8);
  }
  for (const { page, pages } of parts.runs) {
    head.writeUInt32LE(page, at);
    at = head.writeUInt32LE(pages, at + 4);
  }
  return new Uint8Array(Buffer.concat([head, ...sealed(head, parts.chunks, macKey)]));
}

/** What follows a head: its digest, then the chunks with theirs. */
export function sealed(head: Uint8Array, chunks: readonly Uint8Array[], macKey?: Uint8Array): Uint8Array[] {
  let digest = sha256(head);
  const pieces: Uint8Array[] = [digest];
  if (macKey !== undefined) pieces.push(hmac(macKey, digest));
  for (const chunk of chunks) {
    digest = sha256(digest, chunk);
    pieces.push(chunk, digest);
    if (macKey !== undefined) pieces.push(hmac(macKey, digest));
  }
  return pieces;
}

/** The memory that a snapshot describes. */
export function memoryOf({ memoryPages, runs, chunks }: Parts): Uint8Array {
  const memory = new Uint8Array(memoryPages * 65536);
  const pages = Buffer.concat(chunks);
  let at = 0;
  for (const run of runs) {
    memory.set(pages.subarray(at, at + run.pages * PAGE), run.page * PAGE);
    at += run.pages * PAGE;
  }
  return memory;
}

/** A snapshot whose memory was changed by somebody who knows how to make the digests. */
export function forged(bytes: Uint8Array, change: (memory: DataView) => void): Uint8Array<ArrayBuffer> {
  const parts = parse(bytes);
  const memory = memoryOf(parts);
  change(new DataView(memory.buffer));
  const stored = parts.runs.map(({ page, pages }) => memory.subarray(page * PAGE, (page + pages) * PAGE));
  const pages = Buffer.concat(stored);
  const chunks = parts.chunks.map((_, index) => pages.subarray(index * CHUNK, (index + 1) * CHUNK));
  return build({ ...parts, chunks });
}

/** A snapshot with another word in the fixed part of its head, and the digests that belong to that. */
export function withWord(bytes: Uint8Array, at: number, value: number): Uint8Array<ArrayBuffer> {
  const { chunks, processes, runs } = parse(bytes);
  const head = Buffer.from(bytes.subarray(0, FIXED + processes.length * 12 + runs.length * 8));
  head.writeUInt32LE(value, at);
  return new Uint8Array(Buffer.concat([head, ...sealed(head, chunks)]));
}

/** What a process reads in all that is present of it. */
export function contentOf(space: AddressSpace): Uint8Array {
  return new Uint8Array(Buffer.concat([...space.resident()].map(({ address }) => space.read(address, PAGE))));
}
