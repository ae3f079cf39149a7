/** The trees: their roots, and the stable nodes that are alive. */
import { domainsOf, layout, rootsEnd } from '../engine/index.ts';
import { isRecord, type LiveMemory, numberOf } from './live-memory.ts';

const { NODE_BYTES, NODE_DUP_NEXT, NODE_FRAME, NODE_HEAD, NODE_IS_CHAIN, NODE_KEY, NODE_FLAGS } = layout;
const { FRAME_FREE, FRAME_KEPT, ROOT_BYTES, ROOT_STABLE, ROOT_UNSTABLE } = layout;

/** The nodes of one stable tree, in its order. */
export interface Tree {
  /** Address of the record with its root. */
  readonly roots: number;
  readonly nodes: readonly number[];
}

export interface Trees {
  readonly stable: readonly Tree[];
  /** Addresses of all stable nodes that are alive. */
  readonly nodes: ReadonlySet<number>;
}

/** Takes roots and nodes. Which frames are wanted must be known. */
export function takeNodes(memory: LiveMemory): Trees {
  memory.takeFreeLinks(memory.nodes);
  takeRoots(memory);
  const stable: Tree[] = [];
  const nodes = new Set<number>();
  for (const roots of rootRecords(memory)) {
    const slot = roots + ROOT_STABLE;
    if (memory.u32(slot) === 0) continue;
    const found = inOrder(memory, slot);
    for (const node of found) nodes.add(node);
    for (const node of found.filter((each) => isChain(memory, each))) list(memory, node + NODE_HEAD, nodes);
    stable.push({ roots, nodes: found });
  }
  list(memory, layout.H_MIGRATE_NODES, nodes);
  addOfFrames(memory, nodes);
  takeLost(memory, nodes);
  for (const node of nodes) takeNode(memory, node);
  if (!memory.isHashOrder) forgetStaleKeys(memory, stable);
  return { stable, nodes };
}

/** A stable node, and what a chain and its dups know of each other. */
function takeNode(memory: LiveMemory, node: number): void {
  memory.take(node, node + NODE_BYTES);
  memory.takeColumn(layout.REGION_NODE_COLUMN, numberOf(memory.nodes, node));
  if (!(memory.u32(node + NODE_FLAGS) & (NODE_IS_CHAIN | layout.NODE_IS_DUP))) return;
  const room = memory.u32(layout.H_ROOMS) + node - memory.nodes.base;
  memory.take(room, room + layout.ROOM_BYTES);
}

/** Addresses of the root records of all domains. */
export function* rootRecords(memory: LiveMemory): Generator<number> {
  for (const domain of domainsOf(memory)) {
    for (let roots = domain.roots; roots < rootsEnd(memory, domain); roots += ROOT_BYTES) yield roots;
  }
}

/** In content order the unstable trees of the last pass stay behind their roots until the next one begins. */
function takeRoots(memory: LiveMemory): void {
  for (const roots of rootRecords(memory)) memory.take(roots, roots + ROOT_BYTES);
  const areOver = !memory.isHashOrder && memory.u32(layout.LINUX_SLOT) === layout.SLOTS;
  if (areOver) clearUnstable(memory);
}

export function clearUnstable(memory: LiveMemory): void {
  for (const roots of rootRecords(memory)) memory.set(roots + ROOT_UNSTABLE, 0);
}

/** The nodes of the tree in the word at `slot`, each once, whatever its links say. */
function inOrder(memory: LiveMemory, slot: number): number[] {
  const met = new Set<number>();
  const found: number[] = [];
  const above: number[] = [];
  let node = memory.u32(slot);
  for (;;) {
    for (; isRecord(memory.nodes, node) && !met.has(node); node = memory.u32(node + layout.RB_LEFT)) {
      met.add(node);
      above.push(node);
    }
    const next = above.pop();
    if (next === undefined) return found;
    found.push(next);
    node = memory.u32(next + layout.RB_RIGHT);
  }
}

/** Adds the nodes of the list whose first is in the word at `head`. */
function list(memory: LiveMemory, head: number, nodes: Set<number>): void {
  for (let node = memory.u32(head); isRecord(memory.nodes, node) && !nodes.has(node); ) {
    nodes.add(node);
    node = memory.u32(node + NODE_DUP_NEXT);
  }
}

/** Adds those to which only a frame leads: of a merge that failed, and all of them where a death has left the trees in pieces. */
function addOfFrames(memory: LiveMemory, nodes: Set<number>): void {
  const words = memory.u32(layout.H_FRAME_WORDS);
  for (let index = 1; index < memory.frames.length; index++) {
    const word = memory.frames[index] === 1 ? memory.u32(words + index * 4) : 0;
    const node = (word & (FRAME_KEPT | FRAME_FREE)) >>> 0 === FRAME_KEPT ? memory.nodeOf(word) : 0;
    if (node !== 0) nodes.add(node);
  }
}

/** Adds those that have lost their frame and that merging has not heard of, and takes the links between them. */
function takeLost(memory: LiveMemory, nodes: Set<number>): void {
  const met = new Set<number>();
  for (let node = memory.u32(layout.H_LOST); isRecord(memory.nodes, node) && !met.has(node); ) {
    const link = memory.u32(layout.H_ROOMS) + node - memory.nodes.base + layout.ROOM_LOST_NEXT;
    memory.take(link, link + 4);
    met.add(node);
    nodes.add(node);
    node = memory.u32(link);
  }
}

export function isChain(memory: LiveMemory, node: number): boolean {
  return (memory.u32(node + NODE_FLAGS) & NODE_IS_CHAIN) !== 0;
}

/** The regular node or the dups that tree node `node` stands for. */
export function membersOf(memory: LiveMemory, node: number): number[] {
  if (!isChain(memory, node)) return [node];
  const dups = new Set<number>();
  list(memory, node + NODE_HEAD, dups);
  return [...dups];
}

/** The frame that stands for tree node `node` in a comparison; 0 if there is none left. */
export function frameOf(memory: LiveMemory, node: number): number {
  const members = membersOf(memory, node).map((member) => memory.u32(member + NODE_FRAME));
  return members.find((frame) => frame !== 0) ?? 0;
}

/**
 * In content order a node's key are the first bytes of its page. If that is gone, so are they: nobody looks at the key of
 * a stale node there, so it gets one that is there anyway, that of the last node before it which has a page.
 */
function forgetStaleKeys(memory: LiveMemory, trees: readonly Tree[]): void {
  for (const { nodes } of trees) {
    let last = 0;
    for (const node of nodes) {
      if (frameOf(memory, node) !== 0) last = memory.u32(node + NODE_KEY);
      else for (const each of [node, ...membersOf(memory, node)]) memory.set(each + NODE_KEY, last);
    }
  }
  const waiting = new Set<number>();
  list(memory, layout.H_MIGRATE_NODES, waiting);
  for (const node of waiting) {
    if (memory.u32(node + NODE_FRAME) === 0) memory.set(node + NODE_KEY, 0);
  }
}
