/**
 * A scan on the engine over bytes: all pages are loaded into one host.
 *
 * Every page is written as it is read, pages of zeros too, since they take memory in the source as well. If the pages are
 * more than the engine has frames, the scanner merges what is in whenever it is full, and loading goes on with the
 * frames that this frees.
 */
import os from 'node:os';
import { KsmError } from '../errors.ts';
import { bytes, count, plural } from '../format.ts';
import { PAGE_BYTES, type PageSource } from '../image/index.ts';
import { type AddressSpace, createHost, type Host, type HostOptions } from '../index.ts';
import { MEMORY_BYTES_MAX, UNIT_BYTES } from '../memory/index.ts';
import { BASE_PAGE, type Engines } from './engines.ts';
import { PageIndex } from './names.ts';
import type { Passes } from './passes.ts';
import { Placed } from './placed.ts';
import type { Watch } from './watch.ts';

const MIB = 2 ** 20;
/** Room for the engine's records: of a page, as a part of the page; of anything; of a source. */
const RECORDS_SHARE = 0.08;
const FIXED_MEMORY = 16 * MIB;
const MEMORY_PER_SOURCE = MIB / 16;
/** Making room that frees less than this part of all frames is not worth going on: every pass reads everything. */
const WORTHWHILE = 1 / 64;
/** Pages that all address spaces of a host can have together: 512 GiB. */
const MOST_PAGES = 2 ** 27;

/** The engine's options that the user chose. `memory`: bytes, else as much as the pages need, and the machine has free. */
export type BytesOptions = Pick<HostOptions, 'index' | 'seed' | 'scanners' | 'onWarning'> & {
  readonly memory?: number | undefined;
};

/** A host that has room for the page tables of these sources. EFBIG if no host has. */
export async function bytesHost(sources: readonly PageSource[], { memory, ...options }: BytesOptions): Promise<Host> {
  const tables = sources.reduce((total, { pages }) => total + Math.ceil(pages / BASE_PAGE), 0);
  const pages = Math.max(tables, 1) * BASE_PAGE;
  if (pages > MOST_PAGES) {
    const [most, asked] = [MOST_PAGES, pages].map((n) => bytes(n * PAGE_BYTES));
    throw new KsmError(
      'EFBIG',
      `what is to be scanned takes ${asked} of address space, and the engine has ${most}: scan less at a time`,
    );
  }
  const host = createHost({
    ...options,
    dirtyTracking: 'on', // nothing writes to what is loaded: counters are the same (test/behaviour/host/untouched.test.ts)
    memory: memory ?? defaultMemory(sources),
    pages,
    processes: sources.length + 1,
    vmas: sources.length + 64,
  });
  return host.catch((error: unknown) => {
    // A size that the engine refuses is the user's if the user chose it, unless the system has no room for any.
    const isOurs = memory === undefined || !(error instanceof KsmError) || error.cause instanceof RangeError;
    throw isOurs ? error : new KsmError('EUSAGE', `--memory: ${error.message}`, { cause: error });
  });
}

/** Bytes for all pages and their records, as far as the machine has them free. */
function defaultMemory(sources: readonly PageSource[]): number {
  const pages = sources.reduce((total, source) => total + source.pages, 0);
  const records = pages * PAGE_BYTES * RECORDS_SHARE + sources.length * MEMORY_PER_SOURCE + FIXED_MEMORY;
  const wanted = pages * PAGE_BYTES + records;
  const most = Math.min(Math.max(os.freemem() / 2, 256 * MIB), MEMORY_BYTES_MAX);
  return Math.ceil(Math.min(wanted, most) / UNIT_BYTES) * UNIT_BYTES;
}

/** Loads sources into one host, one after the other. */
export class BytesLoader {
  readonly #engines: Engines;
  readonly #host: Host;
  readonly #passes: Passes;
  readonly #watch: Watch;
  #loaded = 0;
  #whole = 0;

  constructor(engines: Engines, passes: Passes, watch: Watch) {
    this.#engines = engines;
    this.#host = engines.first;
    this.#passes = passes;
    this.#watch = watch;
  }

  /** Loads them all. Throws ENOMEM if they do not fit, even merged. */
  async load(sources: readonly PageSource[]): Promise<Placed[]> {
    this.#whole = sources.reduce((total, { pages }) => total + pages, 0);
    const placed: Placed[] = [];
    for (const source of sources) {
      const [space] = this.#engines.map([source.pages]);
      const pages = new PageIndex();
      for await (const chunk of source.read({ signal: this.#watch.signal })) {
        await this.#write(space as AddressSpace, (BASE_PAGE + pages.count) * PAGE_BYTES, chunk.bytes);
        pages.add(chunk.page, chunk.bytes.length / PAGE_BYTES);
        await this.#watch.look(`loading ${source.name}`, this.#loaded, this.#whole);
      }
      placed.push(new Placed(source, this.#engines, [space as AddressSpace], pages));
    }
    return placed;
  }

  /** Writes whole pages, as many at a time as there are frames. */
  async #write(space: AddressSpace, address: number, data: Uint8Array): Promise<void> {
    for (let done = 0; done < data.length; ) {
      if (this.#freeFrames() === 0) await this.#makeRoom();
      const piece = data.subarray(done, done + this.#freeFrames() * PAGE_BYTES);
      space.write(address + done, piece);
      done += piece.length;
      this.#loaded += piece.length / PAGE_BYTES;
    }
  }

  async #makeRoom(): Promise<void> {
    await this.#passes.settle(true);
    const left = this.#whole - this.#loaded;
    const frames = this.#host.limits.frames;
    if (this.#freeFrames() >= Math.min(left, Math.ceil(frames * WORTHWHILE))) return;
    throw new KsmError(
      'ENOMEM',
      `the engine's memory is full: ${count(this.#loaded)} of ${plural(this.#whole, 'page')} are in ` +
        `(${bytes(this.#loaded * PAGE_BYTES)}), and merging them freed too few of the ${plural(frames, 'frame')}. ` +
        'Give it more with --memory SIZE (at most 4G), or scan less at a time.',
    );
  }

  #freeFrames(): number {
    return this.#host.limits.frames - this.#host.usage().frames;
  }
}
