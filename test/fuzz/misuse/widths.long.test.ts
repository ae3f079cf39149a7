/**
 * The items of a stable node, more than a packed word could count, which max_page_sharing cannot hold back: fork brings as many mappings
 * of a merged page as there are processes. Takes 400 MB and some ten seconds.
 */
import { expect, test } from 'vitest';
import { layout } from '../../../src/engine/index.ts';
import { createHost, type FrameId } from '../../../src/index.ts';
import { engineOf } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';

const PAGES = 4096;
const ITEMS = 2 ** 24 + PAGES;

test('one node counts all the pages that fork brings it', async () => {
  const processes = ITEMS / PAGES;
  const host = await createHost({
    memory: '1G',
    pages: (processes + 1) * PAGES,
    processes: processes + 2,
    vmas: 3 * processes,
    seed: 1,
  });
  const { settings } = host.ksm;
  settings.max_page_sharing = 2 ** 31 - 1;
  settings.smart_scan = false;
  settings.run = 1;
  const parent = host.spawn();
  parent.mmap(0, PAGES * PAGE);
  parent.madvise(0, PAGES * PAGE, 'MERGEABLE');
  const content = new Uint8Array(PAGE).fill(1);
  for (let page = 0; page < PAGES; page++) parent.write(page * PAGE, content);
  const pass = (): void => {
    for (let batch = host.ksm.scan(2 ** 29); !batch.passEnded; ) batch = host.ksm.scan(2 ** 29);
  };
  for (let again = 0; again < 3; again++) pass();
  expect(host.ksm.counters().pages_sharing).toBe(PAGES - 1);
  for (let child = 1; child < processes; child++) parent.fork();
  pass();
  const { pages_shared, pages_sharing, pages_volatile, stable_node_chains } = host.ksm.counters();
  expect({ pages_shared, pages_sharing, pages_volatile, stable_node_chains }).toEqual({
    pages_shared: 1,
    pages_sharing: ITEMS - 1,
    pages_volatile: 0,
    stable_node_chains: 0,
  });
  const frame = parent.frameOf(0) as FrameId;
  const word = engineOf(host).frames.wordOf(frame);
  const node = (word & layout.FRAME_KEEPER_MASK) * 2 ** layout.FRAME_KEEPER_SHIFT;
  expect(engineOf(host).u32(node + layout.NODE_LEN)).toBe(ITEMS);
  host.processes.at(-1)?.munmap(0, PAGE);
  pass();
  expect(host.ksm.counters().pages_sharing).toBe(ITEMS - 2);
});
