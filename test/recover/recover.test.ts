/**
 * Recovery, without threads: whatever the derived structures hold, they are rebuilt, nothing that a guest sees changes, and the
 * story goes on as the kernel's did. What is trusted, and so never damaged here, is listed in assembly/recover/recover.ts.
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { xorshift } from '../../bench/workloads.ts';
import { attachHost, createHost, type Host, layout, snapshotOf } from '../../src/index.ts';
import {
  hostSize,
  Player,
  type RecordingStep,
  readRecording,
  readTrace,
  recordingPath,
  type Trace,
} from '../../src/trace/index.ts';

const GOLDEN = fileURLToPath(new URL('../golden/', import.meta.url));
const TRACES = readdirSync(GOLDEN).filter((name) => name.endsWith('.trace.jsonl'));

/** What guests see, and which frame is behind each page. */
function mappings(host: Host): unknown[] {
  return host.processes.map((space) => [...space.resident()].map(({ address, frame }) => [address, frame]));
}

async function playRecovering(
  trace: Trace,
  recording: readonly RecordingStep[],
  index: 'hash' | 'content',
  beforeRecovery: (host: Host) => void,
): Promise<Host> {
  const host = await createHost({ ...hostSize(trace), index });
  const player = new Player(host);
  for (const [at, operation] of trace.operations.entries()) {
    const { result } = player.play(operation);
    expect(result, `operation ${at + 1}, ${operation.op}`).toBe(recording[at]?.result);
    const before = mappings(host);
    beforeRecovery(host);
    host.recover();
    host.check();
    expect(mappings(host)).toEqual(before);
  }
  return host;
}

async function golden(name: string): Promise<{ trace: Trace; steps: RecordingStep[] }> {
  const recording = await readRecording(recordingPath(GOLDEN + name));
  return { trace: await readTrace(GOLDEN + name), steps: recording.slice(1) as RecordingStep[] };
}

test.each(['content', 'hash'] as const)('%s order: after every operation of every recording', async (index) => {
  expect(TRACES.length).toBe(66);
  for (const name of TRACES) {
    const { trace, steps } = await golden(name);
    await playRecovering(trace, steps, index, () => {});
  }
});

/** Random words in the place of everything that is not trusted. */
function damage(host: Host, random: () => number): void {
  const { engine } = host;
  const { words } = engine;
  const base = (field: number): number => engine.u32(field);
  const fill = (from: number, bytes: number): void => {
    for (let at = from; at < from + bytes; at += 4) words[at / 4] = random();
  };
  const each = (field: number, list: number, bytes: number, visit: (record: number) => void): void => {
    const fresh = engine.u32(list + layout.FREE_FRESH);
    for (let record = 0; record < fresh; record++) visit(base(field) + record * bytes);
  };
  fill(base(layout.H_NODES), engine.u32(layout.H_FREE_NODES + layout.FREE_FRESH) * layout.NODE_BYTES);
  fill(base(layout.H_ROOMS), engine.u32(layout.H_FREE_NODES + layout.FREE_FRESH) * layout.ROOM_BYTES);
  fill(base(layout.H_ROOTS), engine.u32(layout.H_ROOT_COUNT) * engine.u32(layout.H_NID_COUNT) * layout.ROOT_BYTES);
  each(layout.H_LEAVES, layout.H_FREE_LEAVES, layout.LEAF_BYTES, (leaf) => fill(leaf, layout.LEAF_BYTES));
  each(layout.H_VMAS, layout.H_FREE_VMAS, layout.VMA_BYTES, (vma) => {
    if (engine.u32(vma + layout.VMA_MM) !== 0) fill(vma + layout.RB_LEFT, 12);
  });
  each(layout.H_MMS, layout.H_FREE_MMS, layout.MM_BYTES, (mm) => {
    if (!(engine.u32(mm) & layout.MM_IN_USE)) return;
    fill(mm + layout.MM_SLOT_NEXT, 24);
    fill(mm + layout.MM_ZERO_PAGES, 4);
    fill(mm + layout.MM_REFS, 8);
  });
  const entries = engine.u32(layout.H_FREE_LEAVES + layout.FREE_FRESH) * layout.TABLE_ENTRIES;
  for (let entry = layout.TABLE_ENTRIES; entry < entries; entry++) {
    fill(base(layout.H_ITEMS) + entry * layout.ITEM_BYTES + layout.ITEM_NODE, 12);
  }
  for (const list of [
    layout.H_FREE_MMS,
    layout.H_FREE_VMAS,
    layout.H_FREE_TABLES,
    layout.H_FREE_LEAVES,
    layout.H_FREE_NODES,
  ]) {
    fill(list + layout.FREE_FIRST, 4);
    fill(list + layout.FREE_USED, 4);
  }
  damageFrames(host, random);
  fill(layout.H_PAGES_SHARED, 28);
  fill(layout.SLOTS + layout.MM_SLOT_NEXT, 8);
}

function damageFrames(host: Host, random: () => number): void {
  const { engine } = host;
  for (let nid = 0; nid < engine.u32(layout.H_NID_COUNT); nid++) {
    const list = layout.H_FRAME_LISTS + nid * layout.FRAME_LIST_BYTES;
    engine.setU32(list + layout.FRAME_LIST_FREE, random());
    engine.setU32(list + layout.FRAME_LIST_USED, random());
    const first = nid === 0 ? 1 : engine.u32(list - layout.FRAME_LIST_BYTES + layout.FRAME_LIST_END);
    for (let index = first; index < engine.u32(list + layout.FRAME_LIST_FRESH); index++) {
      const address = engine.u32(layout.H_FRAME_WORDS) + index * 4;
      const word = engine.u32(address);
      if (word === layout.FRAME_OFFLINE) continue;
      if (word & layout.FRAME_KSM) engine.setU32(address, layout.FRAME_KSM + (random() & layout.FRAME_NODE_MASK));
      else if (word & layout.FRAME_FREE)
        engine.setU32(address, layout.FRAME_FREE + (random() & layout.FRAME_COUNT_MASK));
      else engine.setU32(address, (word & layout.FRAME_PINNED) + (random() & layout.FRAME_COUNT_MASK));
    }
  }
  engine.setU32(layout.H_FRAMES_USED, random());
  engine.setU32(layout.H_DMA_PINS, random());
  const folios = engine.u32(layout.H_FRAME_LIMIT) >>> layout.FOLIO_BITS;
  for (let folio = 0; folio < folios; folio++) {
    const address = engine.u32(layout.H_FOLIOS) + folio * 4;
    if (engine.u32(address) !== 0) engine.setU32(address, 1 + (random() & 0xff));
  }
}

test.each(['content', 'hash'] as const)('%s order: from random words in all that is derived', async (index) => {
  for (const [at, name] of TRACES.entries()) {
    if (at % 4 !== (index === 'hash' ? 0 : 2)) continue;
    const { trace, steps } = await golden(name);
    let state = at + 1;
    const random = (): number => {
      state = xorshift(state);
      return state;
    };
    await playRecovering(trace, steps, index, (host) => damage(host, random));
  }
});

test('merging goes on: what can be merged is merged two passes later', async () => {
  const host = await createHost({ memory: '32M', seed: 1 });
  const spaces = [host.spawn(), host.spawn()];
  for (const space of spaces) {
    space.mmap(0, 400 * 4096);
    space.madvise(0, 400 * 4096, 'MERGEABLE');
    for (let page = 0; page < 400; page++) space.write(page * 4096, new Uint8Array(4096).fill(1 + (page % 100)));
  }
  host.ksm.settings.run = 1;
  host.ksm.settings.smart_scan = false;
  host.ksm.scan(500);
  host.recover();
  for (let pass = 0; pass < 3; pass++) while (!host.ksm.scan(100).pass_ended) host.recover();
  host.check();
  expect(host.ksm.counters().pages_shared).toBe(100);
  expect(host.ksm.counters().pages_sharing).toBe(700);
});

/** A host with two processes and another thread's view of it, which is dead from now on: nothing that it would still do is done. */
async function besideDead(): Promise<{ host: Host; dead: Host }> {
  const host = await createHost({ memory: '16M' });
  return { host, dead: attachHost(host.share()) };
}

test('a process whose maker died before anybody knew of it is gone; those that somebody knows of stay', async () => {
  const { host, dead } = await besideDead();
  const living = attachHost(host.share());
  const own = host.spawn();
  const known = dead.spawn();
  known.mmap(0, 4096);
  known.write(0, Uint8Array.of(7));
  const other = living.engine.call.spawn(0) >>> 0; // a thread that lives is just about to learn of it
  expect(dead.engine.call.fork(known.mm, known.id) >>> 0).toBeGreaterThan(layout.PAGE_SIZE); // and the dead one would have, of these
  expect(dead.engine.call.spawn(0) >>> 0).toBeGreaterThan(layout.PAGE_SIZE);
  host.recover(dead.worker);
  host.check();
  expect(host.handles()).toEqual([own.handle, known.handle]);
  expect(host.usage().processes).toBe(3);
  const adopted = living.adopt(other);
  expect(host.handles()).toEqual([own.handle, known.handle, adopted.handle]);
  expect(host.process(known.handle).read(0, 1)[0]).toBe(7);
});

test('a process whose thread died in exec is found by its id', async () => {
  const { host, dead } = await besideDead();
  const space = host.spawn();
  space.mmap(0, 4096);
  space.prctl(67, 1);
  const { id, mm } = space.handle;
  const now = dead.engine.call.exec(mm, id) >>> 0; // the dead thread would have learnt of this address
  host.recover(dead.worker);
  host.check();
  expect(host.handles()).toEqual([{ id, mm: now }]);
  const [found] = host.processes;
  expect(found?.handle).toEqual({ id, mm: now });
  expect([...(found?.resident() ?? [])]).toEqual([]);
  expect(found?.prctl(68)).toBe(1);
});

test('two threads die, one of them with the lock: the other waits for its turn', async () => {
  const { host, dead } = await besideDead();
  const holder = attachHost(host.share());
  const numbers = [dead.worker, holder.worker] as const;
  host.spawn().mmap(0, 4096);
  Atomics.store(host.engine.words, layout.LOCK / 4, numbers[1]);
  expect(() => host.recover(numbers[0])).toThrow(
    expect.objectContaining({ code: 'EAGAIN', message: expect.stringContaining(`host.recover(${numbers[1]})`) }),
  );
  host.recover(numbers[1]);
  host.recover(numbers[0]);
  host.check();
  host.spawn();
});

test('no snapshot while a thread is just starting a process', async () => {
  const host = await createHost({ memory: '16M' });
  const other = attachHost(host.share());
  const mm = other.engine.call.spawn(0) >>> 0;
  const number = other.worker;
  expect(() => snapshotOf(host)).toThrow(
    expect.objectContaining({ code: 'EBUSY', message: expect.stringContaining(`worker ${number}`) }),
  );
  other.adopt(mm);
  snapshotOf(host);
});

test('recovery from nobody in particular is refused while another thread takes part', async () => {
  const host = await createHost({ memory: '16M' });
  const other = attachHost(host.share());
  expect(() => host.recover()).toThrow(
    expect.objectContaining({ code: 'EINVAL', message: expect.stringContaining(String(other.worker)) }),
  );
  other.leave();
  host.recover();
});
