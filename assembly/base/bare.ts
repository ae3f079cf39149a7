/** What lies at the bottom, for the tests that call it directly: nothing of KSM, and no generic functions, which cannot be exported. */
import { FreeList } from '../records/free-list';
import { TreeNode } from '../records/tree-node';
import { arenaGive } from './arena';

export { arenaRoom, arenaTake } from './arena';
export { listAdd, listRemove } from './list';
export { rbErase, rbFirst, rbInsert, rbNext, rbReplace } from './rb';

export function arenaGiveBack(list: FreeList, record: TreeNode): void {
  arenaGive<TreeNode>(list, record);
}
