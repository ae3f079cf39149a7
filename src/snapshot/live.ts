/**
 * What of a machine's memory a snapshot takes: what is alive, and nothing else.
 *
 * Memory that was given up is not cleared, since that would cost every fault: free frames and held parts of large folios
 * have old bytes, free records old fields, freed rmap items old checksums. So a snapshot does not leave out what is
 * known to be free, but is built up from what is known to be in use: what processes, page tables, pins, trees and
 * lists lead to. All else is 0 in it, also what nobody has thought of.
 *
 * It goes by the words that recovery trusts (assembly/recover), so it also takes what a death has left behind.
 */
import { type Engine, layout, regionOf } from '../engine/index.ts';
import { THREADS } from './blank.ts';
import { LiveMemory, numberOf } from './live-memory.ts';
import { type Trees, takeNodes } from './live-nodes.ts';
import { takeTables } from './live-tables.ts';

const { PINS_MASK } = layout;

/** What is alive of a memory. */
export interface Live {
  readonly memory: LiveMemory;
  readonly trees: Trees;
}

/** For between two calls of the engine. */
export function liveOf(engine: Engine): Live {
  const memory = new LiveMemory(engine);
  memory.take(layout.HEADER, layout.REGIONS);
  for (const [from, to] of THREADS) memory.words.fill(0, from / 4, to / 4);
  const domains = regionOf(memory, layout.REGION_DOMAINS);
  memory.take(domains.base, domains.base + domains.records * domains.bytes);
  takeVmas(memory);
  takeProcesses(memory);
  takeFrameWords(memory);
  memory.takeNames();
  return { memory, trees: takeNodes(memory) };
}

/** Mappings are told by the process that they belong to, which is written last and erased first. */
function takeVmas(memory: LiveMemory): void {
  const { vmas } = memory;
  memory.takeFreeLinks(vmas);
  for (let vma = vmas.base; vma < vmas.end; vma += vmas.bytes) {
    if (memory.u32(vma + layout.VMA_MM) === 0) continue;
    memory.take(vma, vma + vmas.bytes);
    memory.takeColumn(layout.REGION_VMA_COLUMN, numberOf(vmas, vma));
  }
}

/** Processes and shared objects with their page tables; those that have ended too, as long as they have rmap items. */
function takeProcesses(memory: LiveMemory): void {
  const { mms } = memory;
  for (const arena of [mms, memory.tables, memory.leaves]) memory.takeFreeLinks(arena);
  for (let mm = mms.base; mm < mms.end; mm += mms.bytes) {
    if (!(memory.u32(mm + layout.MM_FLAGS) & layout.MM_IN_USE)) continue;
    memory.take(mm, mm + mms.bytes);
    memory.takeColumn(layout.REGION_MM_COLUMN, numberOf(mms, mm));
    takeTables(memory, mm);
  }
}

/** The words of frames, of their pins and of large folios, which say nothing of contents, and the frames that only a pin holds. */
function takeFrameWords(memory: LiveMemory): void {
  const words = memory.u32(layout.H_FRAME_WORDS);
  const folios = regionOf(memory, layout.REGION_FOLIOS);
  const pins = memory.u32(layout.H_PINCOUNTS);
  memory.take(words, words + memory.frames.length * 4);
  memory.take(pins, pins + memory.frames.length * 4);
  memory.takeColumn(layout.REGION_FRAME_COLUMN, 0, memory.frames.length);
  memory.take(folios.base, folios.base + folios.records * folios.bytes);
  for (let index = 1; index < memory.frames.length; index++) {
    if (memory.u32(pins + index * 4) & PINS_MASK) memory.frames[index] = 1;
  }
}
