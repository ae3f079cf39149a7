/**
 * Memory hot-remove: frames that go out of use while KSM has pages in them, or nodes that remember them. Section 6.9 of the
 * specification; recorded nowhere, so the expectations are its text, followed by hand.
 */
import { describe, expect, test } from 'vitest';
import { checkHost } from '../../support/inside.ts';
import { type Area, boot, expectError, mergeable, ORDERS, pass, same, state, stateWithChains } from './machine.ts';

describe.each(ORDERS)('frames going out of use (6.9), %s order', (index) => {
  test('a merged frame is moved, and nothing else happens', async () => {
    const host = await boot(index);
    const area = mergeable(host.spawn(), same('a', 3));
    pass(host, 2);
    const gone = area.frame(0);
    host.offline(gone, 1);
    checkHost(host);
    expect(area.frames()).not.toContain(gone);
    expect(new Set(area.frames()).size).toBe(1);
    pass(host, 2);
    expect(state(host)).toEqual([1, 2, 0, 0]);
    expect(area.holds(0, ...same('a', 3))).toBe(true);
    checkHost(host);
  });

  test('what is out of use is given to nobody, until it is back', async () => {
    const host = await boot(index, { memory: '4M', pages: 4096, processes: 8 });
    const area = mergeable(host.spawn(), same('a', 3));
    const gone = area.frame(1);
    host.offline(gone, 1);
    const space = host.spawn();
    const rest = host.limits.frames - host.usage().frames;
    const base = space.mmap(null, (rest + 1) * 4096);
    const write = (page: number): void => space.write(base + page * 4096, Uint8Array.of(1));
    for (let page = 0; page < rest - 1; page++) write(page);
    expectError('ENOMEM', () => write(rest - 1));
    expect([...space.resident()].map(({ frame }) => frame)).not.toContain(gone);
    checkHost(host);
    host.online(gone, 1);
    write(rest - 1);
    expect(space.frameOf(base + (rest - 1) * 4096)).toBe(gone);
    checkHost(host);
  });

  test('nodes that remember a frame of the range are deleted at once, and the counters fall', async () => {
    const host = await boot(index);
    host.ksm.settings.max_page_sharing = 3;
    const area = mergeable(host.spawn(), same('a', 6));
    pass(host, 2);
    const frames = [area.frame(0), area.frame(3)] as const;
    expect(stateWithChains(host)).toEqual([2, 4, 0, 0, 1, 2]);
    area.munmap();
    expect(stateWithChains(host)).toEqual([2, 4, 0, 0, 1, 2]);
    host.offline(frames[0], 1);
    expect(stateWithChains(host)).toEqual([1, 2, 0, 3, 1, 1]);
    checkHost(host);
    host.offline(frames[1], 1);
    expect(stateWithChains(host)).toEqual([0, 0, 0, 6, 0, 0]);
    expect(area.space.ksmStat()).toMatchObject({ ksm_rmap_items: 6, ksm_merging_pages: 0 });
    checkHost(host);
    host.ksm.write('max_page_sharing', '4');
    pass(host);
    expect(state(host)).toEqual([0, 0, 0, 0]);
    checkHost(host);
  });

  test('a frame that somebody holds cannot go, nor can the zero frame', async () => {
    const host = await boot(index);
    const area = mergeable(host.spawn(), same('a', 3));
    pass(host, 2);
    const frame = area.frame(0);
    const pin = area.space.pin(area.at(0));
    expectError('EBUSY', () => host.offline(frame, 1));
    expectError('EBUSY', () => host.offline(host.frame(0), 1));
    expectError('EAGAIN', () => host.migrate(frame, 0));
    expect(area.frames()).toEqual([frame, frame, frame]);
    checkHost(host);
    pin.release();
    host.offline(frame, 1);
    expect(area.frames()).not.toContain(frame);
    checkHost(host);
  });

  test('a whole NUMA node goes: what was merged there moves and is sorted in on the other side', async () => {
    const host = await boot(index, { nodes: 2 });
    host.ksm.settings.merge_across_nodes = 0;
    const [near, far] = [0, 1].map((node) => mergeable(host.spawn({ node }), same('a', 3))) as [Area, Area];
    const first = host.frame(Math.min(...far.frames()));
    pass(host, 2);
    const end = host.limits.frames + 1;
    host.offline(first, end - first);
    checkHost(host);
    expect(stateWithChains(host)).toEqual([2, 4, 0, 0, 0, 0]);
    expect(far.frame(0)).toBeLessThan(first);
    pass(host);
    expect(stateWithChains(host)).toEqual([2, 4, 0, 0, 1, 2]);
    expect([near, far].every((area) => area.holds(0, ...same('a', 3)))).toBe(true);
    checkHost(host);
  });
});
