/**
 * The pages that an embedder has told of, as numbers that say what arrays have of them.
 *
 * Pages of 512 neighbours of one process have 512 numbers in a row, a leaf, as in the engine's page tables. A number is called an entry, as
 * there, but these are not the engine's: a page keeps its own until `drop`, whatever becomes of its mapping. No entry is 0.
 */
import { layout } from '../engine/index.ts';
import type { AddressSpace } from '../machine/index.ts';

const { PAGE_SIZE, TABLE_ENTRIES } = layout;

interface Owner {
  space: AddressSpace;
  /** Leaves by which of the process's they are. */
  readonly leaves: Map<number, number>;
}

interface Leaf {
  readonly owner: Owner;
  /** Number of the page that the first of its entries is. */
  readonly firstPage: number;
}

export class Pages {
  /** By the process's id. */
  readonly #owners: Map<number, Owner> = new Map();
  /** By number. There is no leaf 0, so that no entry is 0. */
  readonly #leaves: (Leaf | undefined)[] = [undefined];
  readonly #free: number[] = [];

  /** All entries are below. */
  get end(): number {
    return this.#leaves.length * TABLE_ENTRIES;
  }

  get spaces(): AddressSpace[] {
    return Array.from(this.#owners.values(), ({ space }) => space);
  }

  /** The entry of a page; 0 if no neighbour of it was ever told of. */
  find(space: AddressSpace, page: number): number {
    const leaf = this.#owners.get(space.id)?.leaves.get(Math.floor(page / TABLE_ENTRIES));
    return leaf === undefined ? 0 : leaf * TABLE_ENTRIES + (page % TABLE_ENTRIES);
  }

  /** The entry of a page, which it gets if it has none. */
  entry(space: AddressSpace, page: number): number {
    const owner = this.#ownerOf(space);
    const which = Math.floor(page / TABLE_ENTRIES);
    let leaf = owner.leaves.get(which);
    if (leaf === undefined) {
      leaf = this.#free.pop() ?? this.#leaves.length;
      this.#leaves[leaf] = { owner, firstPage: which * TABLE_ENTRIES };
      owner.leaves.set(which, leaf);
    }
    return leaf * TABLE_ENTRIES + (page % TABLE_ENTRIES);
  }

  /** The process of an entry's page. */
  spaceOf(entry: number): AddressSpace {
    return this.#leafOf(entry).owner.space;
  }

  addressOf(entry: number): number {
    return (this.#leafOf(entry).firstPage + (entry % TABLE_ENTRIES)) * PAGE_SIZE;
  }

  /** The entries that pages [from, to) of a process have. */
  *entriesOf(space: AddressSpace, from: number = 0, to: number = layout.MM_PAGES): Generator<number> {
    for (const [which, leaf] of this.#owners.get(space.id)?.leaves ?? []) {
      const first = which * TABLE_ENTRIES;
      const end = Math.min(to - first, TABLE_ENTRIES);
      for (let index = Math.max(0, from - first); index < end; index++) yield leaf * TABLE_ENTRIES + index;
    }
  }

  /** The process's entries are free for others. */
  drop(space: AddressSpace): void {
    for (const leaf of this.#owners.get(space.id)?.leaves.values() ?? []) {
      this.#leaves[leaf] = undefined;
      this.#free.push(leaf);
    }
    this.#owners.delete(space.id);
  }

  #ownerOf(space: AddressSpace): Owner {
    const known = this.#owners.get(space.id);
    if (known === undefined) {
      const owner = { space, leaves: new Map() };
      this.#owners.set(space.id, owner);
      return owner;
    }
    known.space = space; // after exec another handle of the process may be out of date
    return known;
  }

  #leafOf(entry: number): Leaf {
    return this.#leaves[Math.floor(entry / TABLE_ENTRIES)] as Leaf;
  }
}
