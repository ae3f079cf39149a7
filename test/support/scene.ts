/**
 * A memory in which there is one of everything that the layout knows, in the middle of a pass, and ways to find it.
 * Used to break one thing at a time.
 */
import { type Engine, layout } from '../../src/engine/index.ts';
import { type AddressSpace, createHost, type Host } from '../../src/index.ts';
import { frameOfPte } from '../../src/memory/index.ts';
import { PAGE } from './page.ts';

export type Order = 'content' | 'hash';

/** A whole page of the word `content`. */
function write(space: AddressSpace, page: number, ...contents: number[]): void {
  for (const [index, content] of contents.entries()) {
    space.write((page + index) * PAGE, new Uint8Array(new Uint32Array(PAGE / 4).fill(content).buffer));
  }
}

function mapped(space: AddressSpace, page: number, pages: number, ...contents: number[]): void {
  space.mmap(page * PAGE, pages * PAGE);
  space.madvise(page * PAGE, pages * PAGE, 'MERGEABLE');
  write(space, page, ...contents);
}

/** Two processes and their shared memory, which KSM does not look at, and a huge page. */
function strangers(host: Host): void {
  const parent = host.spawn();
  parent.mmap(PAGE, 8 * PAGE, { shared: true });
  write(parent, 1, 900, 901);
  parent.fork().touch(PAGE, 2 * PAGE);
  parent.mmap(16 * PAGE, 4 * PAGE);
  write(parent, 16, 902);
  parent.mmap(512 * PAGE, 512 * PAGE, { hugepage: true });
  write(parent, 512, 903);
}

/** Free records of every kind, and frames that are free or out of use. */
function leftovers(host: Host): void {
  const guest = host.spawn();
  guest.mmap(2048 * PAGE, 4 * PAGE);
  write(guest, 2048, 910, 911);
  guest.exit();
  host.offline(host.frame(host.limits.frames - 3), 2);
}

export async function scene(index: Order, checksum?: 'keyed' | 'xxh64'): Promise<Host> {
  const limits = { memory: '10M', pages: 8192, processes: 16, vmas: 64, nodes: 2 };
  const host = await createHost({ ...limits, index, seed: 1, dirtyTracking: 'on', ...(checksum && { checksum }) });
  const { ksm } = host;
  Object.assign(ksm.settings, { smart_scan: false, use_zero_pages: true, max_page_sharing: 2, run: 1 });
  const guest = host.spawn();
  mapped(guest, 1, 40, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 0); // a chain of two, regular nodes, a zero page
  write(guest, 21, ...Array.from({ length: 12 }, (_, at) => 100 + at));
  guest.mmap(64 * PAGE, 4 * PAGE, { prot: 'r' });
  const other = host.spawn();
  mapped(other, 1, 8, 200, 201, 5, 5);
  strangers(host);
  leftovers(host);
  for (let pass = 0; pass < 3; pass++) ksm.scan(1000, { now: 0 });
  guest.munmap(9 * PAGE, 2 * PAGE); // the node of content 4 is stale now
  ksm.scan(18, { now: 0 });
  other.exit();
  return host;
}

/** Finds things in a memory, by what the layout says of them. */
export class Records {
  readonly engine: Engine;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  u32(address: number): number {
    return this.engine.u32(address);
  }

  set(address: number, value: number): void {
    this.engine.setU32(address, value);
  }

  add(address: number, difference: number): void {
    this.set(address, this.u32(address) + difference);
  }

  flip(address: number, bits: number): void {
    this.set(address, this.u32(address) ^ bits);
  }

  mms(): number[] {
    return this.#inUse(layout.H_FREE_MMS, layout.H_MMS, layout.MM_BYTES);
  }

  vmas(): number[] {
    return this.#inUse(layout.H_FREE_VMAS, layout.H_VMAS, layout.VMA_BYTES);
  }

  nodes(): number[] {
    return this.#inUse(layout.H_FREE_NODES, layout.H_NODES, layout.NODE_BYTES);
  }

  #inUse(list: number, base: number, bytes: number): number[] {
    const free = new Set<number>();
    for (let record = this.u32(list + layout.FREE_FIRST); record !== 0; record = this.u32(record)) free.add(record);
    const fresh = this.u32(list + layout.FREE_FRESH);
    const all = Array.from({ length: fresh }, (_, number) => this.u32(base) + number * bytes);
    return all.filter((record) => !free.has(record));
  }

  /** The first mm with all of `flags` and none of `others`. */
  mm(flags: number, others: number = 0): number {
    return found(this.mms().find((mm) => has(this.u32(mm + layout.MM_FLAGS), flags, others)));
  }

  vma(flags: number, others: number = 0): number {
    return found(this.vmas().find((vma) => has(this.u32(vma + layout.VMA_FLAGS), flags, others)));
  }

  /** The first stable node with all of `flags` and none of `others` that also suits. */
  node(flags: number, others: number = 0, suits: (node: number) => boolean = () => true): number {
    return found(this.nodes().find((node) => has(this.u32(node + layout.NODE_FLAGS), flags, others) && suits(node)));
  }

  /** A node in a tree that is no chain and has a frame. */
  regularNode(): number {
    const { NODE_FRAME, NODE_IS_CHAIN, NODE_IS_DUP } = layout;
    return this.node(0, NODE_IS_CHAIN | NODE_IS_DUP, (node) => this.u32(node + NODE_FRAME) !== 0);
  }

  /** Address of the room record of a stable node. */
  room(node: number): number {
    return this.u32(layout.H_ROOMS) + (node - this.u32(layout.H_NODES));
  }

  /** Leaves that have an mm, by number. */
  #leaves(): number[] {
    const inUse = this.#inUse(layout.H_FREE_LEAVES, layout.H_LEAVES, layout.LEAF_BYTES);
    return inUse.map((leaf) => (leaf - this.u32(layout.H_LEAVES)) / layout.LEAF_BYTES).filter((leaf) => leaf > 0);
  }

  /** The first entry whose pte, state and mm suit. */
  entry(suits: (pte: number, state: number, mm: number) => boolean): number {
    for (const leaf of this.#leaves()) {
      const mm = this.u32(this.leaf(leaf) + layout.LEAF_MM);
      for (let entry = leaf * layout.TABLE_ENTRIES; entry < (leaf + 1) * layout.TABLE_ENTRIES; entry++) {
        if (suits(this.u32(this.pte(entry)), this.u32(this.state(entry)), mm)) return entry;
      }
    }
    throw missing();
  }

  /** Address of a leaf's record, of an entry's pte, state and item, and of the word of the frame that a pte maps. */
  leaf(leaf: number): number {
    return this.u32(layout.H_LEAVES) + leaf * layout.LEAF_BYTES;
  }

  pte(entry: number): number {
    return this.u32(layout.H_PTES) + entry * 4;
  }

  state(entry: number): number {
    return this.u32(layout.H_STATES) + entry * 4;
  }

  item(entry: number): number {
    return this.u32(layout.H_ITEMS) + entry * layout.ITEM_BYTES;
  }

  frameWord(entry: number): number {
    return this.u32(layout.H_FRAME_WORDS) + frameOfPte(this.u32(this.pte(entry))) * 4;
  }

  /** Address of the first root slot of a kind (ROOT_STABLE or ROOT_UNSTABLE) that suits; which there is. */
  slot(kind: number, suits: (root: number) => boolean): number {
    const first = this.u32(layout.H_ROOTS) + kind;
    for (let root = 0; root < this.u32(layout.H_ROOT_COUNT); root++) {
      const slot = first + root * layout.ROOT_BYTES;
      if (suits(this.u32(slot))) return slot;
    }
    throw missing();
  }

  /** Moves the only node of a tree to a root slot that is empty. */
  moveTree(kind: number): void {
    const from = this.slot(
      kind,
      (root) => root !== 0 && this.u32(root + layout.RB_LEFT) + this.u32(root + layout.RB_RIGHT) === 0,
    );
    const to = this.slot(kind, (root) => root === 0);
    const node = this.u32(from);
    this.set(from, 0);
    this.set(to, node);
    this.set(node + layout.RB_PARENT, to + layout.RB_IS_ROOT + layout.RB_BLACK);
  }
}

function has(word: number, flags: number, others: number): boolean {
  return (word & flags) >>> 0 === flags && (word & others) === 0;
}

function found<T>(thing: T | undefined): T {
  if (thing === undefined) throw missing();
  return thing;
}

function missing(): Error {
  return new Error('the scene lacks what this test wants to break');
}
