/** Recordings that are played with a recovery after every operation, from a memory that is sound or one full of random words. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { counterRows } from '../../../assembly/layout/counters.ts';
import { layout } from '../../../src/engine/index.ts';
import { createHost, type Host } from '../../../src/index.ts';
import {
  hostSize,
  Player,
  type RecordingStep,
  readRecording,
  readTrace,
  recordingPath,
  type Trace,
} from '../../../src/trace/index.ts';
import { Dice } from '../../support/dice.ts';
import { checkHost, engineOf } from '../../support/inside.ts';

const GOLDEN = fileURLToPath(new URL('../../recordings/golden/', import.meta.url));
export const TRACES: readonly string[] = readdirSync(GOLDEN).filter((name) => name.endsWith('.trace.jsonl'));

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
    checkHost(host);
    expect(mappings(host)).toEqual(before);
  }
  return host;
}

async function golden(name: string): Promise<{ trace: Trace; steps: RecordingStep[] }> {
  const recording = await readRecording(recordingPath(GOLDEN + name));
  return { trace: await readTrace(GOLDEN + name), steps: recording.slice(1) as RecordingStep[] };
}

/** Random words in the place of everything that is not trusted. */
function damage(host: Host, dice: Dice): void {
  const engine = engineOf(host);
  const { words } = engine;
  const base = (field: number): number => engine.u32(field);
  const fill = (from: number, bytes: number): void => {
    for (let at = from; at < from + bytes; at += 4) words[at / 4] = dice.bits();
  };
  const each = (field: number, list: number, bytes: number, visit: (record: number) => void): void => {
    const fresh = engine.u32(list + layout.FREE_FRESH);
    for (let record = 0; record < fresh; record++) visit(base(field) + record * bytes);
  };
  fill(base(layout.H_NODES), engine.u32(layout.H_FREE_NODES + layout.FREE_FRESH) * layout.NODE_BYTES);
  fill(base(layout.H_ROOMS), engine.u32(layout.H_FREE_NODES + layout.FREE_FRESH) * layout.ROOM_BYTES);
  fill(base(layout.H_ROOTS), engine.u32(layout.H_ROOT_LIMIT) * layout.ROOT_BYTES);
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
  damageFrames(host, dice);
  // Counts of what there is have 32 bits.
  for (const { word, isTotal } of counterRows()) if (word !== 0 && !isTotal) fill(word, 4);
  fill(layout.SLOTS + layout.MM_SLOT_NEXT, 8);
}

function damageFrames(host: Host, dice: Dice): void {
  const engine = engineOf(host);
  for (let nid = 0; nid < engine.u32(layout.H_NID_COUNT); nid++) {
    const list = layout.H_FRAME_LISTS + nid * layout.FRAME_LIST_BYTES;
    engine.setU32(list + layout.FRAME_LIST_FREE, dice.bits());
    engine.setU32(list + layout.FRAME_LIST_USED, dice.bits());
    const first = nid === 0 ? 1 : engine.u32(list - layout.FRAME_LIST_BYTES + layout.FRAME_LIST_END);
    for (let index = first; index < engine.u32(list + layout.FRAME_LIST_FRESH); index++) {
      const address = engine.u32(layout.H_FRAME_WORDS) + index * 4;
      const word = engine.u32(address);
      if (word === layout.FRAME_OFFLINE) continue;
      if (word & layout.FRAME_KEPT)
        engine.setU32(address, layout.FRAME_KEPT + (dice.bits() & layout.FRAME_KEEPER_MASK));
      else if (word & layout.FRAME_FREE)
        engine.setU32(address, layout.FRAME_FREE + (dice.bits() & layout.FRAME_COUNT_MASK));
      else engine.setU32(address, (word & layout.FRAME_PINNED) + (dice.bits() & layout.FRAME_COUNT_MASK));
    }
  }
  engine.setU32(layout.H_FRAMES_USED, dice.bits());
  engine.setU32(layout.H_DMA_PINS, dice.bits());
  const folios = engine.u32(layout.H_FRAME_LIMIT) >>> layout.FOLIO_BITS;
  for (let folio = 0; folio < folios; folio++) {
    const address = engine.u32(layout.H_FOLIOS) + folio * 4;
    if (engine.u32(address) !== 0) engine.setU32(address, 1 + (dice.bits() & 0xff));
  }
}

/** Plays the recordings at these places, with a recovery after every operation. */
export async function recoverAfterAll(index: 'hash' | 'content', places: readonly number[]): Promise<void> {
  for (const at of places) {
    const { trace, steps } = await golden(TRACES[at] as string);
    await playRecovering(trace, steps, index, () => {});
  }
}

/** The same from random words in all that is derived. */
export async function recoverFromDamage(index: 'hash' | 'content', places: readonly number[]): Promise<void> {
  for (const at of places) {
    const { trace, steps } = await golden(TRACES[at] as string);
    const dice = new Dice(at);
    await playRecovering(trace, steps, index, (host) => damage(host, dice));
  }
}

/** Every `step`-th place, from `first` on. */
export function places(first: number, step: number): number[] {
  return [...TRACES.keys()].filter((at) => at % step === first);
}
