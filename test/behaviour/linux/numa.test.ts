/**
 * KSM on several NUMA nodes with merge_across_nodes 0: trees apart, frames that move from node to node, and how their stable nodes
 * find their way. The expectations are sections 3.1, 3.5, 3.7 and 6.9 of the specification, followed by hand, with rule N1 of what
 * recordings of a kernel with two nodes showed (test/recordings/golden2). The invariant walker runs after every pass.
 */
import { describe, expect, test } from 'vitest';
import type { Host } from '../../../src/index.ts';
import { checkHost } from '../../support/inside.ts';
import {
  type Area,
  boot,
  counter,
  cowKsm,
  expectError,
  mergeable,
  ORDERS,
  type Order,
  type Present,
  pass,
  same,
  state,
  stateWithChains,
} from './machine.ts';

async function apart(index: Order, options: { nodes?: number; limit?: number } = {}): Promise<Host> {
  const host = await boot(index, { nodes: options.nodes ?? 2 });
  host.ksm.settings.merge_across_nodes = 0;
  if (options.limit !== undefined) host.ksm.settings.max_page_sharing = options.limit;
  return host;
}

/** A process on a NUMA node with these pages, mergeable. */
function on(host: Host, node: number, contents: readonly (Present | null)[]): Area {
  return mergeable(host.spawn({ node }), contents);
}

function checkedPass(host: Host, count: number = 1): void {
  for (let done = 0; done < count; done++) {
    pass(host);
    checkHost(host);
  }
}

/** Three merged pages on a node, of which all but the first are then written: one page is left in the KSM frame. */
function lonely(host: Host, node: number): Area {
  const area = on(host, node, same('a', 3));
  checkedPass(host, 2);
  area.write(1, 1000, 1001);
  return area;
}

describe.each(ORDERS)('trees for each node, %s order', (index) => {
  test('equal pages meet only on their own node', async () => {
    const host = await apart(index);
    const [near, far] = [on(host, 0, same('a', 2)), on(host, 1, same('a', 2))];
    checkedPass(host, 2);
    expect(state(host)).toEqual([2, 2, 0, 0]);
    expect(near.frame(0)).not.toBe(far.frame(0));
    checkHost(host);
  });

  test('5.2: changing sides needs everything unmerged; checksums stay, so one pass is enough', async () => {
    const host = await apart(index);
    on(host, 0, ['a']);
    on(host, 1, ['a']);
    checkedPass(host, 2);
    expect(state(host)).toEqual([0, 0, 2, 0]);
    host.ksm.settings.merge_across_nodes = 1;
    checkedPass(host);
    expect(state(host)).toEqual([1, 1, 0, 0]);
    expectError('EBUSY', () => host.ksm.write('merge_across_nodes', '0'));
    host.ksm.settings.run = 2;
    host.ksm.settings.merge_across_nodes = 0;
    host.ksm.settings.run = 1;
    checkedPass(host, 2);
    expect(state(host)).toEqual([0, 0, 2, 0]);
    checkHost(host);
  });

  test('5.2: from 1 to 0 in mid-pass, the unstable tree goes on as that of node 0', async () => {
    const host = await boot(index, { nodes: 2 });
    on(host, 0, ['a', 'b']);
    const late = on(host, 0, ['a', 'b']);
    checkedPass(host);
    host.ksm.scan(2);
    expect(state(host)).toEqual([0, 0, 2, 2]);
    host.ksm.settings.merge_across_nodes = 0;
    checkHost(host);
    host.ksm.scan(2);
    expect(state(host)).toEqual([2, 2, 0, 0]);
    expect(late.space.ksmStat().ksm_merging_pages).toBe(2);
    checkHost(host);
  });

  test('3.7: a page of the tree that has moved to another node meanwhile is no partner', async () => {
    const host = await apart(index);
    const first = on(host, 0, ['a']);
    on(host, 0, ['a']);
    checkedPass(host);
    host.ksm.scan(1);
    expect(state(host)).toEqual([0, 0, 1, 1]);
    host.migrate(first.frame(0), 1);
    host.ksm.scan(10);
    expect(state(host)).toEqual([0, 0, 1, 1]);
    checkHost(host);
    checkedPass(host); // now each is in the tree of its own node
    expect(state(host)).toEqual([0, 0, 2, 0]);
    const far = on(host, 1, ['a']);
    checkedPass(host, 2);
    expect(state(host)).toEqual([1, 1, 1, 0]);
    expect(first.frame(0)).toBe(far.frame(0));
  });
});

describe.each(ORDERS)('merged frames that move, %s order', (index) => {
  test('across nodes a move changes nothing', async () => {
    const host = await boot(index, { nodes: 2 });
    const area = on(host, 0, same('a', 3));
    checkedPass(host, 2);
    const moved = host.migrate(area.frame(0), 1);
    expect(area.frames()).toEqual([moved, moved, moved]);
    checkedPass(host, 2);
    expect(state(host)).toEqual([1, 2, 0, 0]);
    expect(area.frames()).toEqual([moved, moved, moved]);
    expect(area.holds(0, ...same('a', 3))).toBe(true);
    checkHost(host);
  });

  test('not found: the node goes over to the other tree, and pages of that side join it', async () => {
    const host = await apart(index);
    const area = on(host, 0, same('a', 3));
    checkedPass(host, 2);
    const moved = host.migrate(area.frame(0), 1);
    checkHost(host);
    expect(state(host)).toEqual([1, 2, 0, 0]);
    checkedPass(host);
    expect(state(host)).toEqual([1, 2, 0, 0]);
    const [near, far] = [on(host, 0, ['a']), on(host, 1, ['a'])];
    checkedPass(host, 2);
    expect(state(host)).toEqual([1, 3, 1, 0]);
    expect(far.frame(0)).toBe(moved);
    expect(near.frame(0)).not.toBe(moved);
    checkHost(host);
  });

  test('a page that was alone on the other side finds it there', async () => {
    const host = await apart(index);
    const area = on(host, 0, same('a', 3));
    const alone = on(host, 1, ['a']);
    checkedPass(host, 3);
    expect(state(host)).toEqual([1, 2, 1, 0]);
    const moved = host.migrate(area.frame(0), 1);
    checkedPass(host);
    expect(state(host)).toEqual([1, 3, 0, 0]);
    expect(alone.frame(0)).toBe(moved);
    checkHost(host);
  });

  test('found, and mapped more than once: it becomes a dup (chain_append)', async () => {
    const host = await apart(index, { nodes: 3 });
    const areas = [0, 1, 2].map((node) => on(host, node, same('a', 3))) as [Area, Area, Area];
    checkedPass(host, 2);
    expect(stateWithChains(host)).toEqual([3, 6, 0, 0, 0, 0]);
    host.migrate(areas[0].frame(0), 1);
    checkedPass(host);
    expect(stateWithChains(host)).toEqual([3, 6, 0, 0, 1, 2]);
    host.migrate(areas[2].frame(0), 1);
    checkedPass(host);
    expect(stateWithChains(host)).toEqual([3, 6, 0, 0, 1, 3]);
    checkedPass(host, 2);
    expect(stateWithChains(host)).toEqual([3, 6, 0, 0, 1, 3]);
    for (const area of areas) expect(area.holds(0, ...same('a', 3))).toBe(true);
    checkHost(host);
  });

  test('N1: found, and mapped once: a frame that is merged does not merge into the other; the page stays volatile for good', async () => {
    const host = await apart(index);
    const area = lonely(host, 0);
    const other = on(host, 1, same('a', 3));
    checkedPass(host, 2);
    expect(state(host)).toEqual([2, 2, 2, 0]);
    const moved = host.migrate(area.frame(0), 1);
    for (let more = 0; more < 4; more++) {
      checkedPass(host);
      expect(area.frame(0)).toBe(moved);
      expect(other.frame(0)).not.toBe(moved);
      expect(stateWithChains(host)).toEqual([1, 2, 2, 1, 0, 0]);
    }
    checkHost(host);
  });

  test('found full, and mapped once: the page looks for a partner in the unstable tree, like any other', async () => {
    const host = await apart(index, { limit: 2 });
    const area = on(host, 0, same('a', 2));
    const other = on(host, 1, ['a', 'a', null]);
    checkedPass(host, 2);
    area.write(1, 1000);
    checkedPass(host, 2);
    expect(state(host)).toEqual([2, 1, 1, 0]);
    host.migrate(area.frame(0), 1);
    for (let more = 0; more < 3; more++) {
      checkedPass(host);
      expect(state(host)).toEqual([1, 1, 2, 0]); // it waits, with nobody recorded: its one item is in the unstable tree
    }
    other.write(2, 'a');
    const broken = cowKsm(host);
    checkedPass(host);
    expect(state(host)).toEqual([1, 1, 2, 1]);
    // N1: the partner's frame becomes KSM's, but the page of the merged frame cannot join it: the partner gets a copy, every time.
    for (let copies = 1; copies <= 3; copies++) {
      checkedPass(host);
      expect(stateWithChains(host)).toEqual([1, 1, 2, 1, 0, 0]);
      expect(cowKsm(host) - broken).toBe(copies);
    }
    expect(area.frame(0)).not.toBe(other.frame(2));
    expect(area.holds(0, 'a', 1000)).toBe(true);
    checkHost(host);
  });

  test('N1: found full, and partnered by a page seen before it: a frame that is merged gets no second node', async () => {
    const host = await apart(index, { limit: 2 });
    const other = on(host, 1, ['a', 'a', null]);
    const area = on(host, 0, same('a', 2));
    checkedPass(host, 2);
    area.write(1, 1000);
    checkedPass(host, 2);
    const moved = host.migrate(area.frame(0), 1);
    other.write(2, 'a');
    const broken = cowKsm(host);
    checkedPass(host, 2);
    for (let more = 0; more < 3; more++) {
      expect(stateWithChains(host)).toEqual([1, 1, 2, 1, 0, 0]);
      checkedPass(host);
    }
    expect(area.frame(0)).toBe(moved);
    expect(other.frame(2)).not.toBe(moved);
    expect(cowKsm(host)).toBe(broken);
    checkHost(host);
  });

  test('not found, and full: the first item is out for one pass', async () => {
    const host = await apart(index, { limit: 2 });
    const area = on(host, 0, same('a', 2));
    checkedPass(host, 2);
    expect(state(host)).toEqual([1, 1, 0, 0]);
    const moved = host.migrate(area.frame(0), 1);
    // Sorted in, but no candidate: as the search gives nothing, the item goes to the unstable tree. The second one is at home.
    checkedPass(host);
    expect(state(host)).toEqual([1, 0, 1, 0]);
    checkedPass(host);
    expect(state(host)).toEqual([1, 1, 0, 0]);
    expect(area.frames()).toEqual([moved, moved]);
    checkHost(host);
  });

  test('chain_append, and full: the same', async () => {
    const host = await apart(index, { limit: 2 });
    const area = on(host, 0, same('a', 2));
    on(host, 1, same('a', 2));
    checkedPass(host, 2);
    const moved = host.migrate(area.frame(0), 1);
    checkedPass(host);
    expect(stateWithChains(host)).toEqual([2, 1, 1, 0, 1, 2]);
    checkedPass(host);
    expect(stateWithChains(host)).toEqual([2, 2, 0, 0, 1, 2]);
    expect(area.frames()).toEqual([moved, moved]);
    checkHost(host);
  });
});

describe.each(ORDERS)('searches that meet a frame which has moved, %s order', (index) => {
  test('by an ordinary page: the node is taken out, and its items sort it in again (replace)', async () => {
    const host = await apart(index);
    const first = on(host, 0, ['b']);
    const area = on(host, 0, same('a', 3));
    checkedPass(host, 2);
    expect(state(host)).toEqual([1, 2, 1, 0]);
    first.write(0, 'a');
    checkedPass(host);
    expect(state(host)).toEqual([1, 2, 0, 1]);
    const moved = host.migrate(area.frame(0), 1);
    checkedPass(host);
    expect(state(host)).toEqual([1, 2, 1, 0]);
    expect(area.frames()).toEqual([moved, moved, moved]);
    const far = on(host, 1, ['a']);
    checkedPass(host, 2);
    expect(state(host)).toEqual([1, 3, 1, 0]);
    expect(far.frame(0)).toBe(moved);
    checkHost(host);
  });

  test('by a merged page that moved the other way: they change places (replace)', async () => {
    const host = await apart(index);
    const single = lonely(host, 1);
    const area = on(host, 0, same('a', 3));
    checkedPass(host, 2);
    expect(state(host)).toEqual([2, 2, 2, 0]);
    const singleMoved = host.migrate(single.frame(0), 0);
    const moved = host.migrate(area.frame(0), 1);
    checkHost(host);
    checkedPass(host);
    expect(stateWithChains(host)).toEqual([2, 2, 2, 0, 0, 0]);
    expect([single.frame(0), ...area.frames()]).toEqual([singleMoved, moved, moved, moved]);
    const [near, far] = [on(host, 0, ['a']), on(host, 1, ['a'])];
    checkedPass(host, 2);
    expect(stateWithChains(host)).toEqual([2, 4, 2, 0, 0, 0]);
    expect([near.frame(0), far.frame(0)]).toEqual([singleMoved, moved]);
    checkHost(host);
  });

  test('in a chain: the dup leaves, and the chain collapses at the next look', async () => {
    const host = await apart(index, { limit: 3 });
    const first = on(host, 0, ['b']);
    const area = on(host, 0, same('a', 5));
    checkedPass(host, 2);
    expect(stateWithChains(host)).toEqual([2, 3, 1, 0, 1, 2]);
    first.write(0, 'a');
    checkedPass(host);
    // The dup with room is the one of pages 3 and 4.
    const moved = host.migrate(area.frame(3), 1);
    checkedPass(host);
    expect(stateWithChains(host)).toEqual([2, 3, 1, 0, 1, 1]);
    expect([area.frame(3), area.frame(4)]).toEqual([moved, moved]);
    checkedPass(host);
    expect(stateWithChains(host)).toEqual([2, 3, 1, 0, 0, 0]);
    checkHost(host);
  });

  test('in a chain, by a merged page that moved the other way: dup for dup', async () => {
    const host = await apart(index, { limit: 3 });
    const single = lonely(host, 1);
    const area = on(host, 0, same('a', 5));
    checkedPass(host, 2);
    expect(stateWithChains(host)).toEqual([3, 3, 2, 0, 1, 2]);
    const singleMoved = host.migrate(single.frame(0), 0);
    const moved = host.migrate(area.frame(3), 1);
    checkedPass(host);
    expect(stateWithChains(host)).toEqual([3, 3, 2, 0, 1, 2]);
    expect(single.frame(0)).toBe(singleMoved);
    const [near, far] = [on(host, 0, ['a']), on(host, 1, ['a'])];
    checkedPass(host, 2);
    expect([near.frame(0), far.frame(0)]).toEqual([singleMoved, moved]);
    expect(stateWithChains(host)).toEqual([3, 5, 2, 0, 1, 2]);
    checkHost(host);
  });

  test('3.2: a waiting node whose frame is gone is deleted when the next pass begins', async () => {
    const host = await apart(index);
    const first = on(host, 0, [7]);
    const area = on(host, 0, same('a', 3));
    const last = on(host, 0, ['b']);
    checkedPass(host, 2);
    last.write(0, 'a');
    checkedPass(host);
    expect(state(host)).toEqual([1, 2, 1, 1]);
    host.ksm.scan(4); // up to the last page of area
    host.migrate(area.frame(0), 1);
    host.ksm.scan(10); // last meets the node, which now waits
    expect(state(host)).toEqual([1, 2, 2, 0]);
    checkHost(host);
    area.munmap();
    expect(state(host)).toEqual([1, 2, 2, 0]);
    host.ksm.scan(1); // the new pass begins, and only first is looked at
    expect(first.space.ksmStat().ksm_rmap_items).toBe(1);
    expect(state(host)).toEqual([0, 0, 2, 3]);
    checkHost(host);
    checkedPass(host);
    expect(state(host)).toEqual([0, 0, 2, 0]);
  });

  test('run 2 and a change of sides clean up waiting nodes too', async () => {
    const host = await apart(index, { limit: 2 });
    const area = on(host, 0, same('a', 2));
    on(host, 1, same('a', 2));
    checkedPass(host, 2);
    area.write(1, 1000);
    checkedPass(host);
    host.migrate(area.frame(0), 1);
    checkedPass(host); // its node waits
    host.ksm.settings.run = 2;
    expect(stateWithChains(host)).toEqual([0, 0, 0, 0, 0, 0]);
    checkHost(host);
    host.ksm.settings.merge_across_nodes = 1;
    host.ksm.settings.run = 1;
    checkedPass(host, 2);
    expect(counter(host, 'pages_shared') + counter(host, 'pages_sharing')).toBe(2);
    checkHost(host);
  });
});
