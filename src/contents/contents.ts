/**
 * Names the pages of an embedder that keeps its guests' bytes itself, for a host over names, and says which of them share a frame.
 *
 * An engine over names believes that equal names are equal contents. So that this is true, a name is given to a second page only once its
 * bytes have been compared with those of a page that has the name, a *witness*. A witness is good only if it has not changed since it was
 * named. That is why changes are noted first (`update`: the page is nobody's witness from then on) and all named together (`flush`).
 *
 * Taken for granted: whoever changes a page says so before the next flush, nobody changes pages during one, and nobody else names pages of
 * this host. That pages are unmapped, or processes end, need not be said: a page is a witness only if the engine has it and by its name.
 */
import { isSteady, lengthOf } from '../bytes.ts';
import { layout } from '../engine/index.ts';
import { KsmError } from '../errors.ts';
import type { SharedFrame, SharedPage } from '../ksm/index.ts';
import { type AddressSpace, eachPage, expectRange, type Machine, pageAt } from '../machine/index.ts';
import type { FrameId } from '../memory/index.ts';
import { invalid } from '../validate.ts';
import { Pages } from './pages.ts';
import { BATCH, Staging, WITNESS, ZERO_PAGE } from './staging.ts';
import { ContentTable, NONE, ZEROS } from './table.ts';
import type { ContentsOptions, ContentsUsage, PageNamer } from './types.ts';

const { PAGE_SIZE } = layout;

export class Contents {
  readonly #machine: Machine;
  readonly #read: ContentsOptions['read'];
  readonly #namer: PageNamer;
  readonly #pages: Pages = new Pages();
  readonly #table: ContentTable = new ContentTable();
  readonly #staging: Staging = new Staging();
  /** Pages that have changed, in the order in which that was said, with the hash of what is in them if it was given. */
  readonly #changed: Map<number, bigint | undefined> = new Map();
  /** Pages that are being written, with the names that they have meanwhile. */
  readonly #written: Map<number, bigint> = new Map();
  #writes = 0n;

  constructor(machine: Machine, read: ContentsOptions['read'], namer: PageNamer) {
    this.#machine = machine;
    this.#read = read;
    this.#namer = namer;
  }

  /**
   * The pages of [address, address + length) have changed, or are new: the next flush reads and names them. With hashes in place of the
   * length it takes these, one a page from the page at `address` on, and reads a page only to compare it with another of the same hash.
   * ESRCH if the process has ended; EFAULT names the first page that is not mapped, and those before it are noted.
   */
  update(space: AddressSpace, address: number, what: number | BigUint64Array = PAGE_SIZE): void {
    this.#expectLive('update', space);
    const hashes = what instanceof BigUint64Array ? what : undefined;
    const length = hashes === undefined ? (what as number) : hashes.length * PAGE_SIZE;
    const first = Math.floor(address / PAGE_SIZE);
    eachPage('update', hashes === undefined ? address : first * PAGE_SIZE, length, (at) => {
      const page = Math.floor(at / PAGE_SIZE);
      space.touch(at, 1); // so that one that is not there later was unmapped since
      this.#note(this.#entry(space, page), hashes?.[page - first]);
    });
  }

  #note(entry: number, hash?: bigint): void {
    this.#table.detach(entry);
    this.#changed.delete(entry); // it was said of the others first
    this.#changed.set(entry, hash);
  }

  /**
   * The page at `address` is about to be written, and `update` follows: from now on until then it is equal to no other. Did it share its
   * frame, so that it got one of its own? EFAULT or ENOMEM as setName.
   */
  willWrite(space: AddressSpace, address: number): boolean {
    this.#expectLive('willWrite', space);
    const entry = this.#entry(space, pageAt('willWrite', address));
    if (this.#written.has(entry) && this.#frameOf(entry) !== undefined) {
      this.#changed.delete(entry); // the last write was reported, and not named yet
      return false;
    }
    const name = this.#table.reserve(this.#writes++);
    const before = space.frameOf(address);
    try {
      space.setName(address, name);
    } catch (error) {
      this.#table.release(name);
      throw error;
    }
    this.#table.detach(entry);
    this.#settle(entry);
    this.#written.set(entry, name);
    return before !== undefined && before !== space.frameOf(address);
  }

  /**
   * Reads, hashes and names all pages that have changed. To be called before each scan. Those that were unmapped since are passed over.
   * What fails stays noted, as does what is behind it: ENOMEM of setName, or EFAULT if the page may not be written; whatever `read` throws;
   * EINVAL if that gives anything but 4096 bytes.
   */
  flush(): void {
    for (const space of this.#pages.spaces) if (!space.alive) this.#drop(space);
    const changed = this.#changed.keys();
    for (let some = take(changed, BATCH); some.length > 0; some = take(changed, BATCH)) this.#nameAll(some);
  }

  #nameAll(noted: readonly number[]): void {
    const entries = noted.filter((entry) => this.#isThere(entry));
    const unread = entries.filter((entry) => this.#changed.get(entry) === undefined);
    for (const [place, entry] of unread.entries()) this.#copy(entry, place);
    const hashes = this.#hashesOf(unread.length);
    for (const [place, entry] of unread.entries()) this.#name(entry, hashes[place] as bigint, () => place);
    for (const entry of entries) {
      const hash = this.#changed.get(entry);
      if (hash !== undefined) this.#name(entry, hash, () => this.#copy(entry, 0));
    }
  }

  #hashesOf(count: number): BigUint64Array {
    const hashes: unknown = this.#namer.name(this.#staging.first(count));
    if (hashes instanceof BigUint64Array && hashes.length === count) return hashes;
    throw invalid('flush: what the namer gave', hashes, `a BigUint64Array of ${count} names`);
  }

  /** Names the page by the content that it has; `staged` says where a copy of it is. */
  #name(entry: number, hash: bigint, staged: () => number): void {
    const table = this.#table;
    table.attach(entry, this.#known(hash, staged) ?? table.add(hash));
    const [space, address] = [this.#pages.spaceOf(entry), this.#pages.addressOf(entry)];
    try {
      space.setName(address, table.nameOf(table.contentOf(entry)));
    } catch (error) {
      table.detach(entry);
      throw error;
    }
    this.#settle(entry);
  }

  /** Is a page that has changed present still? If not, nothing is to be done about it. */
  #isThere(entry: number): boolean {
    const space = this.#pages.spaceOf(entry);
    const isThere = space.alive && space.frameOf(this.#pages.addressOf(entry)) !== undefined;
    if (!isThere) this.#settle(entry);
    return isThere;
  }

  /** Nothing is to be done about the page any more. */
  #settle(entry: number): void {
    const name = this.#written.get(entry);
    if (name !== undefined) this.#table.release(name);
    this.#written.delete(entry);
    this.#changed.delete(entry);
  }

  /** The content of that hash that is the page's. */
  #known(hash: bigint, staged: () => number): number | undefined {
    for (let content = this.#table.first(hash); content !== NONE; ) {
      const following = this.#table.following(content); // the content goes if no page has it any more
      const witness = this.#witness(content);
      if (witness !== undefined && this.#staging.areEqual(staged(), witness)) return content;
      content = following;
    }
    return undefined;
  }

  /** Where a copy of the content is; undefined if there is no page that still has it. */
  #witness(content: number): number | undefined {
    if (content === ZEROS) return ZERO_PAGE;
    for (let entry = this.#table.pageOf(content); entry !== NONE; entry = this.#table.pageOf(content)) {
      if (this.#frameOrLeave(entry) !== undefined) return this.#copy(entry, WITNESS);
    }
    return undefined;
  }

  /** The frame of a page that has a content. A page that is gone leaves its content. */
  #frameOrLeave(entry: number): FrameId | undefined {
    const frame = this.#frameOf(entry);
    if (frame === undefined) this.#table.detach(entry);
    return frame;
  }

  /** The frame of a page that has a name; undefined if the page is not there any more, or another is in its place. */
  #frameOf(entry: number): FrameId | undefined {
    const expected = this.#written.get(entry) ?? this.#table.nameOf(this.#table.contentOf(entry));
    const [space, address] = [this.#pages.spaceOf(entry), this.#pages.addressOf(entry)];
    const { engine } = this.#machine;
    for (;;) {
      const frame = space.alive ? space.frameOf(address) : undefined;
      if (frame === undefined) return undefined;
      const name = engine.bigU64(engine.frames.placeOf(frame));
      if (frame !== space.frameOf(address)) continue; // a scanner in another thread has merged it just now
      return name === expected ? frame : undefined;
    }
  }

  /**
   * A child with a copy of the process's memory, by `space.fork`, whose pages have the names that its parent's have. Flushes first. From
   * when this returns on `read` is asked for the child's pages, too.
   */
  fork(space: AddressSpace): AddressSpace {
    this.#expectLive('fork', space);
    this.flush();
    const child = space.fork();
    for (const entry of this.#pages.entriesOf(space)) {
      const content = this.#table.contentOf(entry);
      if (content === NONE && !this.#written.has(entry)) continue;
      const twin = this.#entry(child, this.#pages.addressOf(entry) / PAGE_SIZE);
      if (content === NONE) this.#note(twin);
      else this.#table.attach(twin, content);
    }
    return child;
  }

  /**
   * The pages of [address, address + length) were unmapped: what is kept of them goes. It need not be said, but saves what they take until
   * the process ends or another page is compared with them. Nothing happens to pages that the engine still has.
   */
  forget(space: AddressSpace, address: number, length: number): void {
    if (!this.#machine.processes.has(space)) throw notOfHost('forget', space);
    expectRange('forget', address, length);
    const [from, to] = [Math.floor(address / PAGE_SIZE), Math.ceil((address + length) / PAGE_SIZE)];
    for (const entry of this.#pages.entriesOf(space, from, to)) {
      if (this.#table.contentOf(entry) !== NONE) this.#frameOrLeave(entry);
      else this.#isThere(entry);
    }
  }

  /** A process has ended. */
  #drop(space: AddressSpace): void {
    for (const entry of this.#pages.entriesOf(space)) {
      this.#table.detach(entry);
      this.#settle(entry);
    }
    this.#pages.drop(space);
  }

  /**
   * The other pages that share the frame of the page at `address`; none if that has changed since the last flush. Takes time by the pages
   * of this content.
   */
  sharedWith(space: AddressSpace, address: number): SharedPage[] {
    this.#expectLive('sharedWith', space);
    const entry = this.#pages.find(space, pageAt('sharedWith', address));
    const content = entry === 0 ? NONE : this.#table.contentOf(entry);
    const frame = content === NONE ? undefined : this.#frameOf(entry);
    if (frame === undefined) return [];
    const others = [...this.#table.pagesOf(content)].filter((each) => each !== entry && this.#frameOf(each) === frame);
    return others.map((each) => this.#page(each));
  }

  /**
   * All groups of pages that share a frame: by KSM, by fork, or because they are pages of zeros on the zero frame. Pages that have
   * changed since the last flush are in none. Takes time by the pages whose content another page has, too.
   */
  *groups(): Generator<SharedFrame> {
    for (const content of this.#table.shared()) {
      const byFrame = new Map<FrameId, SharedPage[]>();
      for (const entry of this.#table.pagesOf(content)) {
        const frame = this.#frameOf(entry);
        if (frame === undefined) continue;
        const pages = byFrame.get(frame);
        if (pages === undefined) byFrame.set(frame, [this.#page(entry)]);
        else pages.push(this.#page(entry));
      }
      for (const [frame, pages] of byFrame) if (pages.length > 1) yield { frame, pages };
    }
  }

  get usage(): ContentsUsage {
    return this.#table.usage;
  }

  #page(entry: number): SharedPage {
    return { process: this.#pages.spaceOf(entry), address: this.#pages.addressOf(entry) };
  }

  #entry(space: AddressSpace, page: number): number {
    const entry = this.#pages.entry(space, page);
    this.#table.makeRoom(this.#pages.end);
    return entry;
  }

  /** Copies a page's bytes to `place`, and returns that. */
  #copy(entry: number, place: number): number {
    const bytes: unknown = this.#read(this.#pages.spaceOf(entry), this.#pages.addressOf(entry));
    if (!isSteady(bytes)) throw invalid('flush: what "read" gave', bytes, `a Uint8Array of ${PAGE_SIZE} bytes`);
    if (lengthOf(bytes) !== PAGE_SIZE)
      throw invalid('flush: the bytes that "read" gave', lengthOf(bytes), `${PAGE_SIZE}`);
    this.#staging.put(place, bytes);
    return place;
  }

  #expectLive(call: string, space: AddressSpace): void {
    if (!this.#machine.processes.has(space)) throw notOfHost(call, space);
    if (!space.alive) throw new KsmError('ESRCH', `${call}: process ${space.id} has ended; start or fork another one.`);
  }
}

function notOfHost(call: string, given: unknown): KsmError {
  return invalid(`${call}: what is given as the process`, given, 'a process of the host that createContents was given');
}

/** The next `count` of an iterator, or as many as there are. */
function take<Item>(from: Iterator<Item>, count: number): Item[] {
  const taken: Item[] = [];
  while (taken.length < count) {
    const { done, value } = from.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}
