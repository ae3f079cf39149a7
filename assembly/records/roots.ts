/** Both roots of one root number: a search looks at the stable and then at the unstable tree, so they share a cache line. */
import { TreeNode } from './tree-node';

@unmanaged
export class Roots {
  stable: TreeNode;
  unstable: TreeNode;

  get stableSlot(): usize {
    return changetype<usize>(this) + offsetof<Roots>('stable');
  }
  get unstableSlot(): usize {
    return changetype<usize>(this) + offsetof<Roots>('unstable');
  }
}
