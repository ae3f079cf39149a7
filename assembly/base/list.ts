/** Lists of stable nodes, linked both ways by dupNext and dupPrev. `head` is the address of the word that holds the first. */
import { Node } from '../records/node';
import { addressOf, none, recordAt } from '../records/record';

export function listFirst(head: usize): Node {
  return recordAt<Node>(load<u32>(head));
}

export function listAdd(head: usize, node: Node): void {
  const first = listFirst(head);
  if (!ASC_NO_ASSERT) {
    assert(node);
    assert(first != node); // it is in the list already
    assert(first ? !first.dupPrev : true);
  }
  node.dupNext = first;
  node.dupPrev = none<Node>();
  if (first) first.dupPrev = node;
  store<u32>(head, addressOf(node));
  if (!ASC_NO_ASSERT) assert(!first || first.dupPrev == node);
}

export function listRemove(head: usize, node: Node): void {
  const next = node.dupNext;
  const previous = node.dupPrev;
  if (!ASC_NO_ASSERT) {
    assert(previous ? previous.dupNext == node : listFirst(head) == node);
    assert(!next || next.dupPrev == node);
  }
  if (previous) previous.dupNext = next;
  else store<u32>(head, addressOf(next));
  if (next) next.dupPrev = previous;
  if (!ASC_NO_ASSERT) assert(!next || next.dupPrev == previous);
}
