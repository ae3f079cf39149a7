/**
 * The pages of the range and domain at hand that have found no partner yet: a tree by checksum, and by bytes where that is equal. Its
 * nodes are rmap items that are in no other tree, and its root lies in the scanner's record.
 *
 * A guest may write to such a page at any time, which makes the order wrong: a misled search misses a partner. Nobody else works while the
 * tree is in use, so no item leaves it unseen. To empty it is to forget its root.
 */
import { rbAt, rbErase, rbInsert, rbLink } from '../../base/rb';
import { frameOfPte } from '../../memory/pte';
import { pteOf } from '../../memory/tables';
import { isCandidate } from '../../merge/candidate';
import { domainNumber, entryDomain } from '../../merge/domain';
import { orderByKey } from '../../merge/order';
import { entryOf, expectFreeItem, itemOf } from '../../merge/rmap';
import { comparePages } from '../../page/page';
import { Domain } from '../../records/domain';
import { Item } from '../../records/node';
import { none } from '../../records/record';
import { Scanner } from '../../records/scanner';
import { TreeNode } from '../../records/tree-node';
import { ownWord } from '../../scan/scanner';

/** Nobody was seen. */
export function seenClear(scanner: Scanner): void {
  store<u32>(ownWord(scanner), 0);
}

/** The entry of a page that equals the one in `frame`; 0 if there is none. */
export function seenFind(domain: Domain, scanner: Scanner, frame: u32, checksum: u32): u32 {
  let item = rbAt<Item>(ownWord(scanner));
  while (item) {
    const order = orderBeside(domain, frame, checksum, item);
    if (order == 0) return entryOf(item);
    item = rbAt<Item>(rbLink(item, order < 0));
  }
  return 0;
}

/** Adds the page of `entry`, which has this checksum and is in no tree. */
export function seenAdd(domain: Domain, scanner: Scanner, entry: u32, checksum: u32): void {
  const frame = frameOfPte(pteOf(entry));
  if (!ASC_NO_ASSERT) {
    expectFreeItem(entry);
    assert(entryDomain(entry) == domainNumber(domain));
  }
  let parent = none<TreeNode>();
  let link = ownWord(scanner);
  for (let item = rbAt<Item>(link); item; item = rbAt<Item>(link)) {
    parent = item;
    link = rbLink(item, orderBeside(domain, frame, checksum, item) < 0);
  }
  itemOf(entry).checksum = checksum;
  rbInsert(itemOf(entry), parent, link);
}

/** Takes the page of `entry` out again. */
export function seenDrop(entry: u32): void {
  rbErase(itemOf(entry));
}

/** How the page in `frame` compares with that of a node. One that is no candidate any more equals nobody. */
function orderBeside(domain: Domain, frame: u32, checksum: u32, item: Item): i32 {
  const order = orderByKey(domain, checksum, item);
  if (order != 0) return order;
  const pte = pteOf(entryOf(item));
  return isCandidate(pte) ? comparePages(frame, frameOfPte(pte)) : 1;
}
