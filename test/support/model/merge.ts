/*
 * What KSM does with one candidate page: the stable tree first, then the unstable tree of this pass. There is one NUMA
 * node and nobody runs during a scan, so a merge that has found its partner fails only where a page is held or half-merged.
 */
import { comparePages, type Page, ZERO_PAGE } from './contents.ts';
import { type Frame, ZERO_FRAME } from './frame.ts';
import type { Mm } from './memory.ts';
import { RedBlackTree, type TreeNode } from './rbtree.ts';
import { RmapItem, type StableSettings, StableTree } from './stable.ts';

export interface MergeSettings extends StableSettings {
  useZeroPages: boolean;
}

export class Merger {
  readonly stable: StableTree;
  /** Completed passes: the number of the running one marks what is in the unstable tree. */
  pass = 0;
  pagesUnshared = 0;
  rmapItems = 0;
  private readonly unstable: RedBlackTree<RmapItem> = new RedBlackTree();
  private readonly settings: MergeSettings;

  constructor(settings: MergeSettings) {
    this.settings = settings;
    this.stable = new StableTree(settings);
  }

  newItem(mm: Mm, page: number): RmapItem {
    this.rmapItems++;
    mm.rmapItems++;
    return new RmapItem(mm, page);
  }

  freeItem(item: RmapItem): void {
    this.removeFromTree(item);
    this.rmapItems--;
    item.mm.rmapItems--;
  }

  /** Forgets the unstable tree. Its items go on counting as unshared until they are visited. */
  startPass(): void {
    this.unstable.clear();
  }

  removeFromTree(item: RmapItem): void {
    if (item.node) this.stable.removeItem(item, item.node);
    if (!item.unstable) return;
    if (item.pass === this.pass) this.unstable.remove(item.unstable);
    item.unstable = null;
    this.pagesUnshared--;
  }

  /** One processed visit of a candidate page. */
  compareAndMerge(item: RmapItem, frame: Frame): void {
    const owner = this.stable.owner(frame);
    if (owner) {
      if (item.node === owner) return;
      this.removeFromTree(item);
      this.stable.append(item, owner);
      return;
    }
    this.removeFromTree(item);
    if (!sameChecksum(item.oldChecksum, frame.contents)) {
      item.oldChecksum = frame.contents;
      return;
    }
    if (this.settings.useZeroPages && sameChecksum(ZERO_PAGE, frame.contents) && canGiveUp(frame)) {
      item.mm.placeZeroFrame(item.page);
      return;
    }
    const target = this.stable.search(frame.contents);
    const node = target && this.stable.owner(target);
    if (target && node) {
      if (!canGiveUp(frame)) return;
      item.mm.replacePage(item.page, target);
      this.stable.append(item, node);
      return;
    }
    this.mergeWithUnstable(item, frame);
  }

  /** Two pages become one: the scanned page's frame survives, the tree page's process is the node's first user. */
  private mergeWithUnstable(item: RmapItem, frame: Frame): void {
    const partner = this.unstableSearchOrInsert(item, frame);
    const theirs = partner && mergeableFrame(partner);
    if (!partner || !theirs || !canGiveUp(frame)) return;
    frame.ksm = true;
    if (!canGiveUp(theirs)) {
      item.mm.breakKsm(item.page); // others that map the frame keep it, half-merged
      return;
    }
    partner.mm.replacePage(partner.page, frame);
    this.removeFromTree(partner);
    const node = this.stable.insert(frame);
    this.stable.append(partner, node);
    this.stable.append(item, node);
  }

  /** An item of this pass whose page has equal contents now. Without one the item goes into the tree, if it may. */
  private unstableSearchOrInsert(item: RmapItem, frame: Frame): RmapItem | null {
    let parent: TreeNode<RmapItem> | null = null;
    let side: 'left' | 'right' = 'left';
    for (let at = this.unstable.root; at; at = at[side]) {
      const there = mergeableFrame(at.value);
      if (!there || there === frame) return null;
      const order = comparePages(frame.contents, there.contents);
      if (order === 0) return at.value;
      parent = at;
      side = order < 0 ? 'left' : 'right';
    }
    item.unstable = this.unstable.insert(item, parent, side);
    item.pass = this.pass;
    this.pagesUnshared++;
    return null;
  }
}

/**
 * Can a page be merged away from this frame? Not while somebody holds it, and not where it is KSM's already (rule N1). That a plain
 * reference is no hindrance where the pte is clean, read-only and not exclusive (rule D6) is left out.
 */
function canGiveUp(frame: Frame): boolean {
  return !frame.ksm && !frame.held;
}

/** Equal checksums of the kernel are equal contents here: a collision of XXH64 is no case of the model. */
function sameChecksum(old: Page | null, page: Page): boolean {
  return old !== null && comparePages(old, page) === 0;
}

/** The anonymous frame that is now mapped where the item says, if that is still mergeable memory. */
function mergeableFrame(item: RmapItem): Frame | null {
  const vma = item.mm.vmaAt(item.page);
  const frame = item.mm.ptes.get(item.page)?.frame;
  return vma?.mergeable && frame?.anonymous && frame !== ZERO_FRAME ? frame : null;
}
