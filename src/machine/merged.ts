/** Which frames merging shares, and which of them have the same content: as their stable nodes say. */
import { type Engine, layout, regionOf } from '../engine/index.ts';

/** Of a frame that merging does not share. */
export const NOT_MERGED = -1;

/** Stable nodes by number, all below `limit`, and low ones first. Reads the memory as it is at each call. */
export class MergedFrames {
  readonly limit: number;
  readonly #engine: Engine;
  readonly #words: number;
  readonly #nodes: number;

  constructor(engine: Engine) {
    const nodes = regionOf(engine, layout.REGION_NODES);
    this.#engine = engine;
    this.#words = engine.u32(layout.H_FRAME_WORDS) >>> 2;
    this.#nodes = nodes.base;
    this.limit = nodes.records;
  }

  /** The node of a frame. */
  nodeOf(frame: number): number {
    const word = this.#engine.words[this.#words + frame] as number;
    return (word & layout.FRAME_KEPT) === 0
      ? NOT_MERGED
      : this.#number((word & layout.FRAME_KEEPER_MASK) << layout.FRAME_KEEPER_SHIFT);
  }

  /**
   * The node that stands for the content of a node's frame: the same for all frames of one content, of which there are several where
   * max_page_sharing makes the scanner start another.
   */
  contentOf(node: number): number {
    const at = this.#nodes + node * layout.NODE_BYTES;
    const isDup = (this.#engine.u32(at + layout.NODE_FLAGS) & layout.NODE_IS_DUP) !== 0;
    return isDup ? this.#number(this.#engine.u32(at + layout.NODE_CHAIN)) : node;
  }

  /** Writes the node of each of the first `count` frames into `nodes`; NOT_MERGED also for NO_FRAME. */
  nodesOf(frames: Int32Array, count: number, nodes: Int32Array): void {
    const { words } = this.#engine;
    const first = this.#words;
    for (let i = 0; i < count; i++) {
      const frame = frames[i] as number;
      const word = frame < 0 ? 0 : (words[first + frame] as number);
      const isKept = (word & layout.FRAME_KEPT) !== 0;
      nodes[i] = isKept ? this.#number((word & layout.FRAME_KEEPER_MASK) << layout.FRAME_KEEPER_SHIFT) : NOT_MERGED;
    }
  }

  /** The same with the nodes that stand for the contents (contentOf). */
  contentsOf(frames: Int32Array, count: number, nodes: Int32Array): void {
    this.nodesOf(frames, count, nodes);
    for (let i = 0; i < count; i++) {
      const node = nodes[i] as number;
      if (node !== NOT_MERGED) nodes[i] = this.contentOf(node);
    }
  }

  #number(address: number): number {
    return ((address >>> 0) - this.#nodes) / layout.NODE_BYTES;
  }
}
