/**
 * Pages that somebody holds: extra references, pins and locks. T12 and T23 of appendix A of the specification, and sections 3.2, 3.3,
 * 5.2, 6.5 and 6.7.
 */
import { describe, expect, test } from 'vitest';
import { checkHost } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';
import { batch, boot, counter, cowKsm, mergeable, ORDERS, pass, same, state, stateWithChains } from './machine.ts';

describe.each(ORDERS)('pinned and locked pages, %s order', (index) => {
  test('T12/T23: a reference on the page in the tree costs a copy in each pass', async () => {
    const host = await boot(index);
    const area = mergeable(host.spawn(), same('a', 2));
    const pin = area.space.pin(area.at(0));
    pass(host);
    const [, frame] = area.frames();
    batch(host, 1);
    expect(state(host)).toEqual([0, 0, 1, 1]);
    batch(host, 1);
    expect(state(host)).toEqual([0, 0, 1, 1]);
    expect(cowKsm(host)).toBe(1);
    expect(area.frame(1)).not.toBe(frame);
    batch(host, 1); // closes the pass
    for (let more = 2; more <= 5; more++) {
      pass(host);
      expect(state(host)).toEqual([0, 0, 1, 1]);
      expect(cowKsm(host)).toBe(more);
    }
    checkHost(host);
    pin.release();
    pass(host);
    expect(state(host)).toEqual([1, 1, 0, 0]);
    expect(cowKsm(host)).toBe(5);
    checkHost(host);
  });

  test('T12/T23: a reference on the scanned page costs nothing', async () => {
    const host = await boot(index);
    const area = mergeable(host.spawn(), same('a', 2));
    const pin = area.space.pin(area.at(1));
    pass(host);
    for (let more = 0; more < 3; more++) {
      pass(host);
      expect(state(host)).toEqual([0, 0, 1, 1]);
    }
    expect(cowKsm(host)).toBe(0);
    pin.release();
    pass(host);
    expect(state(host)).toEqual([1, 1, 0, 0]);
    checkHost(host);
  });

  test('T23: a reference to a merged page leaves it merged; a pin does not (6.7)', async () => {
    const host = await boot(index);
    const area = mergeable(host.spawn(), same('a', 4));
    pass(host, 2);
    const merged = area.frame(0);
    using _reference = area.space.pin(area.at(0), 'get');
    expect([area.frame(0), cowKsm(host)]).toEqual([merged, 0]);
    using _read = area.space.pin(area.at(1), 'read');
    expect(cowKsm(host)).toBe(1);
    expect(area.frame(1)).not.toBe(merged);
    using _write = area.space.pin(area.at(2), 'write');
    expect(cowKsm(host)).toBe(2);
    expect(area.frame(2)).not.toBe(merged);
    expect(state(host)).toEqual([1, 3, 0, 0]);
    pass(host, 2);
    expect(state(host)).toEqual([1, 1, 0, 2]); // contents and checksums are the same, but the pages cannot be taken
    checkHost(host);
  });

  test('5.2: a reference without a mapping keeps no knob busy', async () => {
    const host = await boot(index);
    const area = mergeable(host.spawn(), same('a', 2));
    pass(host, 2);
    const reference = area.space.pin(area.at(0));
    host.ksm.settings.run = 2;
    host.ksm.write('max_page_sharing', '4');
    expect(host.ksm.settings.max_page_sharing).toBe(4);
    reference.release();
    checkHost(host);
  });

  test('3.2: a reference without a mapping keeps its node in the tree; equal pages become its dups', async () => {
    const host = await boot(index);
    const area = mergeable(host.spawn(), same('a', 2));
    pass(host, 2);
    using _reference = area.space.pin(area.at(0));
    area.munmap();
    pass(host);
    expect(stateWithChains(host)).toEqual([0, 0, 0, 0, 0, 0]);
    mergeable(area.space, same('a', 2));
    pass(host, 2);
    expect(stateWithChains(host)).toEqual([1, 1, 0, 0, 1, 2]);
    checkHost(host);
  });

  test('3.3: a pinned zero page is treated like any other page', async () => {
    const host = await boot(index);
    host.ksm.settings.use_zero_pages = true;
    const area = mergeable(host.spawn(), [0]);
    const pin = area.space.pin(area.at(0));
    pass(host, 2);
    expect(state(host)).toEqual([0, 0, 1, 0]);
    pin.release();
    pass(host);
    expect(counter(host, 'ksm_zero_pages')).toBe(1);
    checkHost(host);
  });

  test('6.5: mlock breaks all sharing at once, and the next pass makes it anew', async () => {
    const host = await boot(index);
    const area = mergeable(host.spawn(), same('a', 4));
    pass(host, 2);
    area.space.mlock(area.base, 4 * PAGE);
    expect(cowKsm(host)).toBe(4);
    expect(new Set(area.frames()).size).toBe(4);
    expect(state(host)).toEqual([1, 3, 0, 0]);
    pass(host);
    expect(state(host)).toEqual([1, 3, 0, 0]);
    expect(new Set(area.frames()).size).toBe(1);
    checkHost(host);
  });

  test('6.5: mlock of memory that may not be written leaves the sharing', async () => {
    const host = await boot(index);
    const area = mergeable(host.spawn(), same('a', 4), { prot: 'r' });
    pass(host, 2);
    area.space.mlock(area.base, 4 * PAGE);
    expect(cowKsm(host)).toBe(0);
    expect(new Set(area.frames()).size).toBe(1);
    checkHost(host);
  });
});
