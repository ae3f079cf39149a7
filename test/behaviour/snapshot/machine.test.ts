/** What a snapshot holds, what it leaves out, and what a restored host can do. */
import { describe, expect, test } from 'vitest';
import { layout } from '../../../src/engine/index.ts';
import { createHost, type FrameId, type Host, restoreHost, snapshotOf } from '../../../src/index.ts';
import { resumedClock } from '../../../src/snapshot/clock.ts';
import { checkHost, engineOf } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';
import { busyHost, collect, guest, memoryOf, parse, pass, refusal, saved, smallHost } from './helpers.ts';

/** Frames that nobody has any more. */
function freeFrames(host: Host): FrameId[] {
  const words = engineOf(host).u32(layout.H_FRAME_WORDS);
  const count = host.limits.frames + 1;
  return Array.from({ length: count }, (_, index) => index)
    .filter(
      (index) =>
        (engineOf(host).u32(words + index * 4) & (layout.FRAME_FREE | layout.FRAME_KEPT)) === layout.FRAME_FREE,
    )
    .map((index) => host.frame(index));
}

describe('the bytes', () => {
  test('are those of the document: a second reader finds the memory, the ids and the digests', async () => {
    const host = await busyHost();
    const bytes = await saved(host);
    const parts = parse(bytes);
    expect(parts.boundaries.at(-1)).toBe(bytes.length);
    expect(parts.memoryPages).toBe(64);
    expect(parts.processes).toEqual(host.processes.map(({ id, mm }) => ({ id: BigInt(id), mm })));
    expect(parts.nextId).toBe(5n);
    const memory = memoryOf(parts);
    const firstFrame = host.addressOf(host.frame(0));
    const frames = engineOf(host).bytes.slice();
    for (const frame of freeFrames(host)) frames.fill(0, host.addressOf(frame), host.addressOf(frame) + PAGE);
    expect(Buffer.compare(memory.subarray(firstFrame), frames.subarray(firstFrame))).toBe(0);
    // Before the frames, what is alive is as it is, and the rest is 0.
    const words = new Uint32Array(memory.buffer, 0, firstFrame / 4);
    expect(words.findIndex((word, at) => word !== 0 && word !== engineOf(host).words[at])).toBe(-1);
    for (const [base, limit, bytes] of [
      [layout.H_PTES, layout.H_LEAF_LIMIT, 4 * layout.TABLE_ENTRIES],
      [layout.H_STATES, layout.H_LEAF_LIMIT, 4 * layout.TABLE_ENTRIES],
      [layout.H_FRAME_WORDS, layout.H_FRAME_LIMIT, 4],
    ] as const) {
      const from = engineOf(host).u32(base);
      const to = from + engineOf(host).u32(limit) * bytes;
      expect(Buffer.compare(memory.subarray(from, to), engineOf(host).bytes.slice(from, to))).toBe(0);
    }
    expect(parts.chunks.length).toBeGreaterThan(1);
  });

  test('hold no page of zeros: an almost empty host is small, whatever its size', async () => {
    for (const memory of ['32M', '256M', '1G']) {
      const host = await createHost({ memory, seed: 1 });
      expect((await saved(host)).length).toBeLessThan(32 * 1024);
    }
  });

  test('hold each frame once and no free one: they shrink as pages merge', async () => {
    const host = await smallHost();
    const framesIn = async (): Promise<number> => {
      const { runs } = parse(await saved(host));
      const pages = runs.flatMap((run) => Array.from({ length: run.pages }, (_, index) => run.page + index));
      return pages.filter((page) => page * PAGE >= host.addressOf(host.frame(0))).length;
    };
    expect(await framesIn()).toBe(0);
    guest(host, 200, (page) => 1 + (page % 10));
    expect(await framesIn()).toBe(200);
    pass(host);
    pass(host);
    expect(await framesIn()).toBe(10);
  });

  test('have nothing left of a process that ended', async () => {
    const host = await smallHost();
    const secret = Buffer.from('a secret of the guest');
    const space = guest(host, 1, () => 0);
    space.write(100, secret);
    expect(Buffer.from(await saved(host)).includes(secret)).toBe(true);
    space.exit();
    expect(Buffer.from(engineOf(host).bytes).includes(secret)).toBe(true); // else this would show nothing
    expect(Buffer.from(await saved(host)).includes(secret)).toBe(false);
  });

  test('hold a frame that a page table names, also where its word says that it is free', async () => {
    const host = await smallHost();
    const space = guest(host, 1, () => 7);
    const frame = space.frameOf(0) as FrameId;
    engineOf(host).setU32(engineOf(host).u32(layout.H_FRAME_WORDS) + frame * 4, layout.FRAME_FREE);
    const memory = memoryOf(parse(await saved(host)));
    expect(memory.subarray(host.addressOf(frame), host.addressOf(frame) + PAGE).every((byte) => byte === 7)).toBe(true);
  });

  test('hold a frame that only a pin holds', async () => {
    const host = await smallHost();
    const space = guest(host, 1, () => 7);
    const { frame } = space.pin(0);
    space.exit();
    const memory = memoryOf(parse(await saved(host)));
    expect(memory.subarray(host.addressOf(frame), host.addressOf(frame) + PAGE).every((byte) => byte === 7)).toBe(true);
  });

  test('say nothing of the threads of the host', async () => {
    const host = await busyHost();
    const alone = await saved(host);
    const header = [
      layout.LINUX_THREADS,
      layout.LINUX_JOB,
      layout.LINUX_JOB_DONE,
      layout.LINUX_JOB_BELL,
      layout.H_KSMD,
    ];
    const workers = [
      layout.H_WORKERS,
      layout.LINUX_JOB_LOST,
      layout.LOCK,
      layout.EPOCH,
      layout.WORKERS,
      layout.WORKERS_END - 4,
    ];
    for (const word of [...header, ...workers]) engineOf(host).setU32(word, 3);
    expect(Buffer.compare(await saved(host), alone)).toBe(0);
    expect(engineOf(host).u32(layout.H_KSMD)).toBe(3);
  });

  test('are of the moment of the call, whatever happens while they are read', async () => {
    const host = await busyHost();
    const expected = await saved(host);
    const pieces = snapshotOf(host);
    host.processes[0]?.write(0, Uint8Array.of(99));
    const begun = await pieces.next();
    host.processes[1]?.exit();
    pass(host);
    const rest = await collect(pieces);
    expect(Buffer.compare(Buffer.concat([begun.value as Uint8Array, rest]), expected)).toBe(0);
  });
});

describe('a restored host', () => {
  test('has its processes under their ids, and gives no id a second time', async () => {
    const host = await smallHost();
    const [first, second, third] = [host.spawn(), host.spawn(), host.spawn()];
    second.exit();
    third.exec();
    host.spawn().exit();
    const restored = await restoreHost(await saved(host));
    expect(restored.processes.map(({ id, mm }) => [id, mm])).toEqual([
      [1, first.mm],
      [3, third.mm],
    ]);
    expect(restored.spawn().id).toBe(5);
    expect(host.spawn().id).toBe(5);
  });

  test('is another machine: what happens in one of the two is not seen in the other', async () => {
    const host = await busyHost();
    const restored = await restoreHost(await saved(host));
    restored.processes[0]?.write(0, Uint8Array.of(42));
    host.processes[1]?.exit();
    expect(host.processes[0]?.read(0, 1)).toEqual(Uint8Array.of(0));
    expect(restored.processes).toHaveLength(4);
    checkHost(host);
    checkHost(restored);
  });

  test('writes to frames that were free when it was saved', async () => {
    const host = await smallHost();
    guest(host, 100, (page) => page + 1).exit();
    expect(freeFrames(host)).toHaveLength(100);
    const restored = await restoreHost(await saved(host));
    const space = guest(restored, 100, (page) => page);
    space.mmap(200 * PAGE, 2 * PAGE);
    space.write(200 * PAGE, Uint8Array.of(1));
    expect(space.read(200 * PAGE, PAGE)).toEqual(new Uint8Array(PAGE).fill(1, 0, 1));
    checkHost(restored);
  });

  test('keeps settings, modes and cures', async () => {
    const host = await smallHost({
      index: 'content',
      nodes: 2,
      cures: { smartScanPhase: true },
      dirtyTracking: 'advisory',
    });
    Object.assign(host.ksm.settings, { merge_across_nodes: 0, max_page_sharing: 17, sleep_millisecs: 5 });
    const restored = await restoreHost(await saved(host));
    expect(restored.dirtyTracking).toBe('advisory');
    expect(restored.ksm.read('merge_across_nodes')).toBe('0\n');
    expect(restored.ksm.read('max_page_sharing')).toBe('17\n');
    expect(restored.ksm.read('sleep_millisecs')).toBe('5\n');
    for (const word of [layout.H_INDEX, layout.H_CHECKSUM, layout.H_CURES, layout.H_NID_COUNT]) {
      expect(engineOf(restored).u32(word)).toBe(engineOf(host).u32(word));
    }
    expect(restored.limits).toEqual(host.limits);
  });

  test('takes the options that are given again, and refuses wrong ones before it reads', async () => {
    const bytes = await saved(await smallHost());
    const clock = { now: () => 7, cpu: () => 0n, sleep: async () => {} };
    expect((await restoreHost(bytes, { clock, debug: true })).clock).toBe(clock);
    const unread = (async function* (): AsyncGenerator<Uint8Array> {
      yield await Promise.reject(new Error('was read'));
    })();
    expect((await refusal(restoreHost(unread, { scanners: 0 }))).code).toBe('EINVAL');
  });
});

describe('pins', () => {
  test('stay, and their handles can be had again', async () => {
    const host = await smallHost();
    const space = guest(host, 2, () => 3);
    const { frame } = space.pin(0);
    expect(frame).toBe(space.frameOf(0));
    const restored = await restoreHost(await saved(host));
    restored.ksm.settings.smart_scan = false;
    pass(restored);
    pass(restored);
    expect(restored.ksm.counters().pages_sharing).toBe(0);
    const pin = restored.adoptPin(frame);
    pin.release();
    pin.release();
    pass(restored);
    pass(restored);
    expect(restored.ksm.counters().pages_sharing).toBe(1);
    checkHost(restored);
  });

  test('of a KSM frame: it outlives its pages until the handle is released', async () => {
    const host = await smallHost();
    const space = guest(host, 2, () => 3);
    pass(host);
    pass(host);
    const { frame } = space.pin(0, 'get');
    const restored = await restoreHost(await saved(host));
    restored.processes[0]?.exit();
    expect(restored.usage().frames).toBe(1);
    restored.adoptPin(frame).release();
    expect(restored.usage().frames).toBe(0);
    checkHost(restored);
  });

  test('that nobody holds are not handed out', async () => {
    const host = await smallHost();
    const space = guest(host, 2, (page) => page + 1);
    const used = space.frameOf(0) as FrameId;
    const free = space.frameOf(PAGE) as FrameId;
    space.madvise(PAGE, PAGE, 'DONTNEED');
    for (const frame of [used, free, 0, -1, 1.5, Number.NaN, 2 ** 40]) {
      expect(() => host.adoptPin(frame as FrameId)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    }
    host.offline(free, 1);
    expect(() => host.adoptPin(free)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });
});

describe('time', () => {
  /** A host of the system's clock whose engine was last told `now`. */
  async function told(now: number): Promise<Host> {
    const host = await smallHost();
    guest(host, 10, () => 1);
    host.ksm.settings.run = 1;
    host.ksm.scan(5, { now });
    return host;
  }

  test.each([0, 12_345, 2 ** 32 - 1])('goes on at %d where no clock is given', async (now) => {
    const restored = await restoreHost(await saved(await told(now)));
    const first = restored.clock.now();
    expect(first).toBeGreaterThanOrEqual(now);
    expect(restored.clock.now()).toBeGreaterThanOrEqual(first);
    expect(restored.clock.cpu()).toBeGreaterThanOrEqual(0n);
  });

  test('goes on beyond 2^32 milliseconds where the advisor has noted when its pass began', async () => {
    const host = await smallHost();
    guest(host, 10, () => 1);
    host.ksm.write('advisor_mode', 'scan-time\n');
    host.ksm.settings.run = 1;
    const start = 5 * 2 ** 32 - 10; // the batches after it are on the other side of a multiple of 2^32
    host.ksm.scan(5, { now: start });
    host.ksm.scan(3, { now: start + 60 });
    const restored = resumedClock(engineOf(host), { now: () => 1000, cpu: () => 77n, sleep: async () => {} });
    expect(restored.now()).toBe(start + 60);
  });

  test('passes as fast as that of the clock below it; CPU time goes on from the end of the last pass', async () => {
    let milliseconds = 500;
    const below = { now: () => milliseconds, cpu: () => BigInt(milliseconds) * 1_000_000n, sleep: async () => {} };
    const host = await told(8000);
    engineOf(host).setBigU64(layout.H_ADVISOR_CPU_TIME, 3_000_000_000n);
    const clock = resumedClock(engineOf(host), below);
    milliseconds += 250;
    expect(clock.now()).toBe(8250);
    expect(clock.cpu()).toBe(3_250_000_000n);
  });

  test('sleeps as the clock below it, and can be woken', async () => {
    const clock = resumedClock(engineOf(await told(1)));
    const stop = new AbortController();
    const slept = clock.sleep(1e9, stop.signal);
    stop.abort();
    await expect(slept).resolves.toBeUndefined();
  });
});

test('where there is no memory for the copy, ENOMEM says so', async () => {
  const host = await smallHost();
  const { Uint8Array: original } = globalThis;
  globalThis.Uint8Array = class extends original {
    constructor(length: number) {
      super(length);
      throw new RangeError('Array buffer allocation failed');
    }
  } as typeof original;
  try {
    expect(() => snapshotOf(host)).toThrow(expect.objectContaining({ code: 'ENOMEM' }));
  } finally {
    globalThis.Uint8Array = original;
  }
});
