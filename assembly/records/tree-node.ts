/** A node of a red-black tree, the first 16 bytes of whatever is ordered: vmas, stable nodes, rmap items, rooms (base/rb). */
@unmanaged
export class TreeNode {
  key: u32;
  left: TreeNode;
  right: TreeNode;
  /** Address of the parent, or of the root slot with RB_IS_ROOT; RB_BLACK in bit 0. */
  above: u32;
}
