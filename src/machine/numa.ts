/** NUMA nodes, as callers name them. */
import { type Engine, layout } from '../engine/index.ts';
import { invalid } from '../validate.ts';

/** A node that there is. EINVAL names those that there are. */
export function expectNode(engine: Engine, node: unknown): number {
  const nodes = engine.u32(layout.H_NID_COUNT);
  if (typeof node === 'number' && Number.isInteger(node) && node >= 0 && node < nodes) return node;
  throw invalid('The NUMA node', node, `one of the ${nodes} of this host, counted from 0`);
}
