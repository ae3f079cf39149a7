/**
 * Snapshots without the key of the keyed hash: how it is left out, and how a restored machine gets another.
 *
 * What is saved is the same machine under a key of zeros. Under that the checksum of every page is 0, so that all checksums
 * are 0 and tell nothing; equal checksums are ordered by bytes, so that each stable tree of hash order is one tree behind
 * the root of checksum 0; and of the unstable trees nothing can be said. That is a sound machine like any other, and the walker
 * goes over it before a new key is drawn (assembly/policy/linux/rekey).
 */
import { domainsOf, type Engine, layout, rootIndexOf, rootsEnd } from '../engine/index.ts';
import { KsmError } from '../errors.ts';
import type { Live } from './live.ts';
import type { LiveMemory } from './live-memory.ts';
import { clearUnstable, frameOf, rootRecords } from './live-nodes.ts';

const { CHECKSUM_KEYED, ITEM_BYTES, NODE_KEY, ROOT_BYTES, ROOT_STABLE, TABLE_ENTRIES } = layout;
const { RB_BLACK, RB_IS_ROOT, RB_LEFT, RB_PARENT, RB_RIGHT } = layout;
const { STATE_DISPLACED, STATE_ITEM, STATE_STABLE, STATE_UNSTABLE } = layout;

/** Takes the key out of what will be saved, and all that was computed with it: nothing if checksums are XXH64 or pages are names. */
export function leaveKeyOut({ memory, trees }: Live): void {
  memory.words.fill(0, layout.HASH_KEY / 4, (layout.HASH_KEY + layout.HASH_KEY_BYTES) / 4);
  if (memory.areNames || memory.u32(layout.H_CHECKSUM) !== CHECKSUM_KEYED) return;
  memory.set(layout.H_ZERO_CHECKSUM, 0);
  forgetItems(memory);
  clearUnstable(memory);
  if (!memory.isHashOrder) return;
  for (const node of trees.nodes) memory.set(node + NODE_KEY, 0);
  sortByBytes({ memory, trees });
}

/** No checksum is known, and no page is a node of an unstable tree. */
function forgetItems(memory: LiveMemory): void {
  const states = memory.u32(layout.H_STATES);
  const items = memory.u32(layout.H_ITEMS);
  const end = ((memory.leaves.end - memory.leaves.base) / layout.LEAF_BYTES) * TABLE_ENTRIES;
  for (let entry = TABLE_ENTRIES; entry < end; entry++) {
    const state = memory.taken(states + entry * 4);
    if (!(state & STATE_ITEM)) continue;
    const item = items + entry * ITEM_BYTES;
    memory.set(item + layout.ITEM_CHECKSUM, 0);
    if (state & STATE_STABLE) continue;
    for (let field = item; field < item + ITEM_BYTES; field += 4) memory.set(field, 0);
    if (state & STATE_UNSTABLE) memory.set(states + entry * 4, state | STATE_DISPLACED);
  }
}

/** Makes one of all trees that a domain has for a NUMA node, in the order of bytes. */
function sortByBytes(live: Live): void {
  const { memory } = live;
  for (const roots of rootRecords(memory)) memory.set(roots + ROOT_STABLE, 0);
  for (const domain of domainsOf(memory)) {
    const bytes = domain.rootCount * ROOT_BYTES;
    for (let first = domain.roots; first < rootsEnd(memory, domain); first += bytes) {
      sortTrees(live, first, first + bytes, first + rootIndexOf(domain, 0) * ROOT_BYTES);
    }
  }
}

/** Hangs what was in the trees from one root record up to another below `root`. Nodes without a frame have no place: they come first. */
function sortTrees({ memory, trees }: Live, from: number, to: number, root: number): void {
  const among = trees.stable.filter(({ roots }) => roots >= from && roots < to);
  const nodes = among.flatMap((tree) => tree.nodes).map((node) => ({ node, frame: frameOf(memory, node) }));
  const stale = nodes.filter(({ frame }) => frame === 0).sort((one, other) => one.node - other.node);
  const sorted = nodes.filter(({ frame }) => frame !== 0).sort((one, other) => memory.compare(one.frame, other.frame));
  const ordered = [...stale, ...sorted].map(({ node }) => node);
  const slot = root + ROOT_STABLE;
  memory.set(slot, hang(memory, ordered, slot | RB_IS_ROOT, Math.floor(Math.log2(ordered.length + 1))));
}

/** A red-black tree of nodes in order: full for so many `levels`, and what lies below them is red. Returns its topmost node. */
function hang(memory: LiveMemory, nodes: readonly number[], above: number, levels: number): number {
  if (nodes.length === 0) return 0;
  const middle = nodes.length >>> 1;
  const node = nodes[middle] as number;
  memory.set(node + RB_PARENT, above | (levels > 0 ? RB_BLACK : 0));
  memory.set(node + RB_LEFT, hang(memory, nodes.slice(0, middle), node, levels - 1));
  memory.set(node + RB_RIGHT, hang(memory, nodes.slice(middle + 1), node, levels - 1));
  return node;
}

/**
 * Draws a key from `seed`, 64 bits, for a sound machine that came without one. EINVAL if it has its own, or pages of names, which take
 * none, and a seed is `given` all the same.
 */
export function giveKey(engine: Engine, given: boolean, seed: bigint): void {
  if (engine.frames.areNames) {
    if (!given) return;
    throw new KsmError(
      'EINVAL',
      'Option "seed" is for pages of bytes, and those of this snapshot are names: leave it out.',
    );
  }
  const key = engine.words.subarray(layout.HASH_KEY / 4, (layout.HASH_KEY + layout.HASH_KEY_BYTES) / 4);
  if (key.every((word) => word === 0)) {
    engine.call.rekey(Number(seed & 0xffffffffn), Number((seed >> 32n) & 0xffffffffn));
  } else if (given) {
    throw new KsmError(
      'EINVAL',
      'Option "seed" is for snapshots that were saved with "key: false", and this one has its key: leave it out.',
    );
  }
}
