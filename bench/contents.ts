/**
 * What it costs to have changed pages named (src/contents), beside hashing the same bytes and nothing else: reading through a callback,
 * hashing, comparing where a name is known already, telling the engine, and keeping account.
 *
 * All pages are known from the warm-up on, so a run is what a later one is: each page leaves its content and gets one. Equal pages lie far
 * apart, so a comparison fetches both.
 */
import { type AddressSpace, createContents, createHost, createNamer, type Namer } from '../src/index.ts';
import { type BenchOptions, type BenchTable, race } from './table.ts';

const PAGE = 4096;
const BATCH = 256 * PAGE;

/** Names `bytes` (default 256 MiB) in every round. */
export async function contentsBench(options: BenchOptions = {}): Promise<BenchTable> {
  const { seed = 1, rounds = 9, bytes = 2 ** 28 } = options;
  const pages = Math.floor(bytes / PAGE);
  const namer = await createNamer({ seed });
  const unique = memoryOf(pages, pages);
  const contestants = [
    { name: 'hash', run: () => hashAll(namer, unique) },
    { name: 'update and flush, unique', run: await updaterOf(namer, unique) },
    { name: 'update and flush, 16:1', run: await updaterOf(namer, memoryOf(pages, pages / 16)) },
  ];
  const title = `Naming ${pages} changed pages (${(bytes / 2 ** 20).toFixed(0)} MiB), one thread`;
  return race(contestants, { title, unit: 'pages', work: pages, reference: 'hash', rounds, seed });
}

/** Pages of so many different contents, one after the other and again. */
function memoryOf(pages: number, contents: number): Uint8Array {
  const words = new Uint32Array((pages * PAGE) / 4);
  const period = (contents * PAGE) / 4;
  for (let word = 0; word < words.length; word++) words[word] = Math.imul((word % period) + 1, 0x9e3779b1);
  return new Uint8Array(words.buffer);
}

function hashAll(namer: Namer, memory: Uint8Array): bigint {
  let sink = 0n;
  for (let at = 0; at < memory.length; at += BATCH) sink ^= namer.name(memory.subarray(at, at + BATCH))[0] ?? 0n;
  return sink;
}

/** An embedder of one guest with this memory, as a run: everything has changed. */
async function updaterOf(namer: Namer, memory: Uint8Array): Promise<() => number> {
  const pages = memory.length / PAGE;
  const host = await createHost({ memory: 2 ** 24 + pages * 256, page: 'names', pages: 2 * pages, seed: 1 });
  const guest = host.spawn();
  guest.mmap(0, memory.length);
  const read = (_: AddressSpace, address: number): Uint8Array => memory.subarray(address, address + PAGE);
  const contents = await createContents({ host, read, namer });
  return () => {
    contents.update(guest, 0, memory.length);
    contents.flush();
    return contents.usage.pages;
  };
}
