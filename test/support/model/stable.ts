/*
 * KSM's stable tree: nodes that own a KSM frame each, chains of nodes with equal contents (dups), and the rmap items
 * that hang on the nodes. A node holds no reference on its frame. Only who walks over the node notices that the frame is gone, and only
 * then do the counters fall.
 */
import { comparePages, type Page } from './contents.ts';
import type { Frame } from './frame.ts';
import type { Mm } from './memory.ts';
import { RedBlackTree, type TreeNode } from './rbtree.ts';

/** KSM's record of one page of one process. Without a tree and without a node it counts as volatile. */
export class RmapItem {
  readonly mm: Mm;
  readonly page: number;
  /** The contents at the last processed visit stand for their checksum; a fresh item has none. */
  oldChecksum: Page | null = null;
  age = 0;
  remainingSkips = 0;
  /** STABLE: the node it hangs on. */
  node: StableNode | null = null;
  /** UNSTABLE: its place in the unstable tree, and the pass in which it was put there. */
  unstable: TreeNode<RmapItem> | null = null;
  pass = 0;

  constructor(mm: Mm, page: number) {
    this.mm = mm;
    this.page = page;
  }
}

/** A node with a frame: in the tree by itself, or a dup in a chain. */
export class StableNode {
  readonly frame: Frame;
  /** The newest first. */
  items: RmapItem[] = [];
  place: TreeNode<StableNode | Chain> | null = null;
  chain: Chain | null = null;

  constructor(frame: Frame) {
    this.frame = frame;
  }

  get stale(): boolean {
    return this.frame.mappers === 0 && !this.frame.held;
  }
}

/** A node without a frame: the head of dups of equal contents. */
export class Chain {
  /** The newest first, except for what a search has moved to the front. */
  dups: StableNode[] = [];
  place: TreeNode<StableNode | Chain>;
  /** Milliseconds. */
  pruneTime: number;

  constructor(place: TreeNode<StableNode | Chain>, pruneTime: number) {
    this.place = place;
    this.pruneTime = pruneTime;
  }
}

/** What the stable tree needs to know from outside. */
export interface StableSettings {
  maxPageSharing: number;
  pruneMillisecs: number;
  /** Milliseconds on a clock that only goes forward. */
  now: () => number;
}

/** From here on the kernel's conversion to clock ticks means "never". */
const PRUNE_NEVER = 2 ** 31;

function without<T>(list: readonly T[], gone: T): T[] {
  return list.filter((one) => one !== gone);
}

export class StableTree {
  pagesShared = 0;
  pagesSharing = 0;
  chains = 0;
  dups = 0;
  private readonly tree: RedBlackTree<StableNode | Chain> = new RedBlackTree();
  private readonly nodeOf: Map<Frame, StableNode> = new Map();
  private readonly settings: StableSettings;

  constructor(settings: StableSettings) {
    this.settings = settings;
  }

  /** The node that owns this frame. */
  owner(frame: Frame): StableNode | null {
    return this.nodeOf.get(frame) ?? null;
  }

  /** A frame with the contents of `page` that can take one more user. Walks over stale nodes delete them. */
  search(page: Page): Frame | null {
    const { found } = this.descend(page, true);
    return found && this.isCandidate(found, 0) ? found.frame : null;
  }

  /** Makes a node for a new KSM frame: in the tree, or as a dup where a full node has the same contents. */
  insert(frame: Frame): StableNode {
    const { found, parent, side } = this.descend(frame.contents, false);
    const node = new StableNode(frame);
    this.nodeOf.set(frame, node);
    if (!found) node.place = this.tree.insert(node, parent, side);
    else this.addDup(found.chain ?? this.makeChain(found), node);
    return node;
  }

  append(item: RmapItem, node: StableNode): void {
    if (node.items.length === 0) this.pagesShared++;
    else this.pagesSharing++;
    node.items.unshift(item);
    item.node = node;
    item.mm.mergingPages++;
  }

  /** Takes an item off its node; the node stays, if need be without items, until it is found stale. */
  removeItem(item: RmapItem, node: StableNode): void {
    if (node.stale) {
      this.deleteNode(node);
      return;
    }
    node.items = without(node.items, item);
    if (node.items.length > 0) this.pagesSharing--;
    else this.pagesShared--;
    item.mm.mergingPages--;
    item.node = null;
  }

  /** Deletes nodes from the root on; the first one whose frame is still mapped ends it. Returns whether all went. */
  removeAll(): boolean {
    while (this.tree.root) {
      const root = this.tree.root.value;
      for (const node of root instanceof Chain ? root.dups : [root]) {
        if (node.frame.mappers > 0) return false;
        this.deleteNode(node);
      }
      if (root instanceof Chain) this.freeChain(root);
    }
    return true;
  }

  private isCandidate(node: StableNode, offset: number): boolean {
    return node.items.length > 0 && node.items.length + offset < this.settings.maxPageSharing;
  }

  /** Walks down by contents; starts again whenever a stale node was removed, since that turns the tree around. */
  private descend(page: Page, prune: boolean): Descent {
    let parent: TreeNode<StableNode | Chain> | null = null;
    let side: 'left' | 'right' = 'left';
    let at = this.tree.root;
    while (at) {
      const picked = this.pick(at.value, prune);
      if (!picked) {
        at = this.tree.root;
        parent = null;
        continue;
      }
      const here: TreeNode<StableNode | Chain> | null = picked.chain?.place ?? picked.place;
      if (!here) throw new Error('a stable node is neither in the tree nor in a chain');
      const order = comparePages(page, picked.frame.contents);
      if (order === 0) return { found: picked, parent, side };
      parent = here;
      side = order < 0 ? 'left' : 'right';
      at = parent[side];
    }
    return { found: null, parent, side };
  }

  /** The live node to use at this place of the tree; null where there was none and the place is gone. */
  private pick(place: StableNode | Chain, prune: boolean): StableNode | null {
    if (place instanceof StableNode) {
      if (!place.stale) return place;
      this.deleteNode(place);
      return null;
    }
    const best = this.bestDup(place, prune && this.pruneIsDue(place));
    if (!best) {
      this.freeChain(place);
      return null;
    }
    if (place.dups.length === 1) this.collapse(place, best);
    else if (this.isCandidate(best, 1)) place.dups = [best, ...without(place.dups, best)];
    return best;
  }

  /** The first dup that can take one more; a full walk takes the fullest such. Stale dups on the way go. */
  private bestDup(chain: Chain, fullWalk: boolean): StableNode | null {
    let best: StableNode | null = null;
    for (const dup of chain.dups) {
      if (dup.stale) {
        this.deleteNode(dup);
        continue;
      }
      const better = this.isCandidate(dup, 0) && best && (!this.isCandidate(best, 0) || longer(dup, best));
      if (!best || better) best = dup;
      if (!fullWalk && this.isCandidate(best, 0)) break;
    }
    return best;
  }

  private pruneIsDue(chain: Chain): boolean {
    const now = this.settings.now();
    const { pruneMillisecs } = this.settings;
    if (pruneMillisecs >= PRUNE_NEVER || now < chain.pruneTime + pruneMillisecs) return false;
    chain.pruneTime = now;
    return true;
  }

  private makeChain(node: StableNode): Chain {
    if (!node.place) throw new Error('only a node in the tree becomes a chain');
    const chain = new Chain(node.place, this.settings.now());
    chain.place = this.tree.replace(node.place, chain);
    node.place = null;
    this.chains++;
    this.addDup(chain, node);
    return chain;
  }

  private addDup(chain: Chain, node: StableNode): void {
    chain.dups.unshift(node);
    node.chain = chain;
    this.dups++;
  }

  private collapse(chain: Chain, last: StableNode): void {
    last.chain = null;
    last.place = this.tree.replace(chain.place, last);
    this.chains--;
    this.dups--;
  }

  private freeChain(chain: Chain): void {
    this.tree.remove(chain.place);
    this.chains--;
  }

  private deleteNode(node: StableNode): void {
    for (const item of node.items) {
      item.node = null;
      item.mm.mergingPages--;
    }
    if (node.items.length > 0) {
      this.pagesShared--;
      this.pagesSharing -= node.items.length - 1;
    }
    if (node.chain) {
      node.chain.dups = without(node.chain.dups, node);
      this.dups--;
    } else if (node.place) this.tree.remove(node.place);
    this.nodeOf.delete(node.frame);
  }
}

interface Descent {
  readonly found: StableNode | null;
  readonly parent: TreeNode<StableNode | Chain> | null;
  readonly side: 'left' | 'right';
}

function longer(a: StableNode, b: StableNode): boolean {
  return a.items.length > b.items.length;
}
