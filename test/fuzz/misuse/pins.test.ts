/** Pins: no more handles than there are, no more released than were taken, and no more of a page than can be counted. */
import { expect, test } from 'vitest';
import { layout } from '../../../src/engine/index.ts';
import { createHost, type FrameId, type Host, type Pin, restoreHost, snapshotOf } from '../../../src/index.ts';
import { checkHost, engineOf } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';

const SMALL = { memory: '4M', pages: 4096, processes: 8, vmas: 64, seed: 1 } as const;
const EINVAL = expect.objectContaining({ code: 'EINVAL' });

/** A process whose first two pages are merged. */
function mergedPair(host: Host): ReturnType<Host['spawn']> {
  const space = host.spawn();
  space.mmap(0, 2 * PAGE);
  space.madvise(0, 2 * PAGE, 'MERGEABLE');
  space.write(0, new Uint8Array(2 * PAGE).fill(1));
  host.ksm.settings.run = 1;
  host.ksm.settings.smart_scan = false;
  for (let batch = 0; batch < 3; batch++) host.ksm.scan(100);
  return space;
}

test('a pin has one handle: none more can be adopted', async () => {
  const host = await createHost(SMALL);
  const space = host.spawn();
  space.mmap(0, PAGE);
  const pin = space.pin(0, 'write');
  expect(() => host.adoptPin(pin.frame)).toThrow(EINVAL);
  const restored = await restoreHost(snapshotOf(host));
  const adopted = restored.adoptPin(pin.frame);
  expect(() => restored.adoptPin(pin.frame)).toThrow(EINVAL);
  adopted.release();
  adopted.release(); // more does no harm
  expect(() => restored.adoptPin(pin.frame)).toThrow(EINVAL);
  checkHost(restored);
});

test('what is released more often than it was taken is refused, of an ordinary frame and of one of KSM’s', async () => {
  const host = await createHost(SMALL);
  const space = mergedPair(host);
  expect(host.ksm.counters().pages_sharing).toBe(1);
  const frame = space.frameOf(0) as FrameId;
  const { call } = engineOf(host);
  expect(call.unpinFrame(frame, layout.PIN_GET)).toBe(-layout.EINVAL);
  const pin = space.pin(0);
  expect(pin.frame).toBe(frame);
  expect(call.unpinFrame(frame, layout.PIN_GET)).toBe(0);
  expect(call.unpinFrame(frame, layout.PIN_GET)).toBe(-layout.EINVAL);
  expect(() => pin.release()).toThrow(EINVAL);
  checkHost(host);
  expect(call.unpinFrame(host.frame(frame + 1), layout.PIN_GET)).toBe(-layout.EINVAL);
  expect(space.read(0, 1)[0]).toBe(1);
});

test.each(['get', 'write'] as const)(
  'a page takes as many references (%s) as can be counted, and no more',
  async (how) => {
    const host = await createHost(SMALL);
    const space = host.spawn();
    space.mmap(0, PAGE);
    space.write(0, Uint8Array.of(7));
    const pins: Pin[] = [];
    for (let held = 0; held < layout.PINS_MASK - 1; held++) pins.push(space.pin(0, how));
    checkHost(host);
    pins.push(space.pin(0, how));
    checkHost(host);
    expect(() => space.pin(0, how)).toThrow(
      expect.objectContaining({ code: 'ENOMEM', message: expect.stringContaining(String(layout.PINS_MASK)) }),
    );
    checkHost(host);
    expect(space.read(0, 1)[0]).toBe(7);
    for (const pin of pins) pin.release();
    checkHost(host);
    space.munmap(0, PAGE);
    expect(host.usage().frames).toBe(0);
  },
);

test('a merged page takes as many, too, and they stay when KSM lets it go', async () => {
  const host = await createHost({ ...SMALL, index: 'content' });
  const space = mergedPair(host);
  const pins: Pin[] = [];
  for (let held = 0; held < layout.PINS_MASK; held++) pins.push(space.pin(0));
  expect(() => space.pin(0)).toThrow(expect.objectContaining({ code: 'ENOMEM' }));
  checkHost(host);
  host.ksm.settings.run = 2;
  host.ksm.settings.max_page_sharing = 2; // nothing is merged any more, so that this is allowed: the frame is ordinary then
  checkHost(host);
  for (const pin of pins) pin.release();
  checkHost(host);
  expect(host.usage().frames).toBe(2);
});

test('pins survive a recovery, each of them, on frames of both kinds', async () => {
  const host = await createHost(SMALL);
  const space = mergedPair(host);
  space.mmap(2 * PAGE, PAGE);
  space.write(2 * PAGE, Uint8Array.of(1));
  const pins = [space.pin(0), space.pin(0), space.pin(2 * PAGE, 'write'), space.pin(2 * PAGE)];
  host.recover();
  checkHost(host);
  for (const pin of pins) pin.release();
  checkHost(host);
  const { call } = engineOf(host);
  for (const { frame } of pins) expect(call.unpinFrame(frame, layout.PIN_GET)).toBe(-layout.EINVAL);
});

test('counts of ptes cannot come near the flags of a frame’s word', () => {
  expect(layout.FRAME_COUNT_MASK).toBeGreaterThan(layout.MM_PAGES);
  expect(layout.FRAME_COUNT_MASK & (layout.FRAME_PINNED | layout.FRAME_FREE | layout.FRAME_KEPT)).toBe(0);
});
