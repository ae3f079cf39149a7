/**
 * Frames: free lists, counts, and the bond between a KSM frame and its stable node. An index is a
 * frame's number, counted from the zero frame.
 */
import * as layout from '../../../assembly/layout/index.ts';
import type { Engine } from '../engine.ts';
import { FREE, MET, meet, numberOf, UNSEEN } from './arena.ts';
import { broken } from './rules.ts';
import type { Walk } from './walk.ts';

const { FOLIO_FRAMES, FRAME_COUNT_MASK, FRAME_FREE, FRAME_KEPT, FRAME_KEEPER_MASK, FRAME_OFFLINE, FRAME_PINNED } =
  layout;
const { PINS_DMA_SHIFT, PINS_MASK } = layout;
const LIMBO = layout.FRAME_FREE | layout.FRAME_LIMBO;
/** Mark of a frame that was met in limbo. */
const IN_LIMBO = 3;

export interface Frames {
  /** Address of the frame words. */
  readonly words: number;
  /** Address of the folio words. */
  readonly folios: number;
  /** One past the last frame of each NUMA node, as indices. */
  readonly ends: readonly number[];
  /** UNSEEN (never used), FREE (or out of use), IN_LIMBO or MET (in use), by index. */
  readonly marks: Uint8Array;
  /** Ptes that map each frame, by index; filled in by the walk over page tables. */
  readonly maps: Uint32Array;
}

/** Header row of one NUMA node's frames. */
interface Row {
  readonly nid: number;
  readonly start: number;
  readonly fresh: number;
  readonly end: number;
  readonly used: number;
  readonly free: number;
}

/** Header rows of all NUMA nodes, which together cover all frames. */
export function frameRows(engine: Engine): Row[] {
  const found: Row[] = [];
  let start = 1; // the zero frame is nobody's
  for (let nid = 0; nid < engine.u32(layout.H_NID_COUNT); nid++) {
    const list = layout.H_FRAME_LISTS + nid * layout.FRAME_LIST_BYTES;
    const fresh = engine.u32(list + layout.FRAME_LIST_FRESH);
    const end = engine.u32(list + layout.FRAME_LIST_END);
    if (fresh < start || fresh > end) broken('frames.rows', `NUMA node ${nid}: ${fresh} is not in ${start} to ${end}`);
    const used = engine.u32(list + layout.FRAME_LIST_USED);
    found.push({ nid, start, fresh, end, used, free: engine.u32(list + layout.FRAME_LIST_FREE) });
    start = end;
  }
  const limit = engine.u32(layout.H_FRAME_LIMIT);
  if (start !== limit) broken('frames.rows', `the last NUMA node's frames end at ${start} of ${limit}`);
  return found;
}

/** Walks the free lists. */
export function openFrames(engine: Engine): Frames {
  const all = frameRows(engine);
  const top = Math.max(...all.map((row) => row.fresh));
  const frames: Frames = {
    words: engine.u32(layout.H_FRAME_WORDS),
    folios: engine.u32(layout.H_FOLIOS),
    ends: all.map((row) => row.end),
    marks: new Uint8Array(top),
    maps: new Uint32Array(top),
  };
  frames.marks[0] = MET;
  let used = 0;
  markLimbo(engine, frames);
  for (const row of all) {
    markFree(engine, frames, row);
    used += markUsed(engine, frames, row);
  }
  const counted = engine.u32(layout.H_FRAMES_USED);
  if (used !== counted) broken('frames.used', `H_FRAMES_USED is ${counted}, but ${used} are in use`);
  return frames;
}

function markFree(engine: Engine, frames: Frames, row: Row): void {
  for (let next = row.free; next !== 0; ) {
    const index = next - 1;
    const isOfRow = index >= row.start && index < row.fresh && frames.marks[index] !== FREE;
    const word = isOfRow ? engine.u32(frames.words + index * 4) : 0;
    if (!isFree(word)) {
      broken('frames.free-list', `NUMA node ${row.nid}: frame ${index} is in the free list wrongly`);
    }
    frames.marks[index] = FREE;
    next = word & FRAME_COUNT_MASK;
  }
}

/** Frames in limbo are nobody's, but count as in use until no access names them. */
function markLimbo(engine: Engine, frames: Frames): void {
  for (let next = engine.u32(layout.H_LIMBO); next !== 0; ) {
    const index = next - 1;
    const word = engine.u32(frames.words + index * 4);
    const isInLimbo = word !== FRAME_OFFLINE && (word & (LIMBO | FRAME_KEPT)) >>> 0 === LIMBO;
    if (!isInLimbo || frames.marks[index] !== UNSEEN) {
      broken('frames.limbo', `frame ${index} is in the list wrongly`);
    }
    frames.marks[index] = IN_LIMBO;
    next = word & FRAME_COUNT_MASK;
  }
}

function isFree(word: number): boolean {
  return (word & (FRAME_KEPT | LIMBO)) === FRAME_FREE;
}

/** Returns how many frames of the row are in use. */
function markUsed(engine: Engine, frames: Frames, row: Row): number {
  let used = 0;
  for (let index = row.start; index < row.fresh; index++) {
    if (frames.marks[index] === FREE) continue;
    const word = engine.u32(frames.words + index * 4);
    if (word === FRAME_OFFLINE) {
      frames.marks[index] = FREE;
      continue;
    }
    if (isFree(word)) {
      broken('frames.free-list', `frame ${index} is marked free, but is in no free list`);
    }
    used++;
    if (frames.marks[index] === IN_LIMBO) continue;
    if ((word & LIMBO) === LIMBO) broken('frames.limbo', `frame ${index} is marked so, but not in the list`);
    frames.marks[index] = MET;
  }
  if (used !== row.used) {
    broken('frames.used', `NUMA node ${row.nid} counts ${row.used} frames in use, but ${used} are`);
  }
  return used;
}

/** Compares every frame's word with the ptes that were found, and finds orphans, which only their frames lead to. */
export function checkFrames(walk: Walk): void {
  const { frames } = walk;
  checkZeroFrame(walk);
  for (let first = 0; first < frames.marks.length; first += FOLIO_FRAMES) checkFolio(walk, first);
  for (let index = 1; index < frames.marks.length; index++) {
    checkPins(walk, index);
    if (frames.marks[index] !== MET) continue;
    const word = walk.u32(frames.words + index * 4);
    if (word & FRAME_KEPT) checkKsmFrame(walk, index, word);
    else checkOrdinaryFrame(walk, index, word);
  }
}

function checkZeroFrame(walk: Walk): void {
  const { frames, words } = walk;
  const word = walk.u32(frames.words);
  const start = walk.engine.frames.placeOf(layout.ZERO_FRAME) / 4;
  const end = start + walk.engine.frames.contentBytes / 4;
  let dirty = start;
  while (dirty < end && words[dirty] === 0) dirty++;
  const checksum = walk.checksumOf(layout.ZERO_FRAME);
  const noted = walk.u32(layout.H_ZERO_CHECKSUM);
  if (word === 0 && dirty === end && checksum === noted) return;
  const zeros = (dirty - start) * 4;
  broken('frames.zero', `its word is ${word}, it has ${zeros} zeros, its checksum is ${checksum}, noted is ${noted}`);
}

/** Word of the large folio that a frame is a part of; 0 for a single frame. */
export function folioOf(walk: Walk, index: number): number {
  return walk.u32(walk.frames.folios + Math.floor(index / FOLIO_FRAMES) * 4);
}

/** `first` is the index of the frame that would be part 0. */
function checkFolio(walk: Walk, first: number): void {
  const counted = folioOf(walk, first);
  if (counted === 0) return;
  const end = first + FOLIO_FRAMES;
  if (nidOf(walk.frames, first) !== nidOf(walk.frames, end - 1)) {
    broken('frames.folio', `that of ${nameOf(first)} lies on two NUMA nodes`);
  }
  let parts = 0;
  for (let index = first; index < end; index++) {
    const word = walk.u32(walk.frames.words + index * 4);
    if (index === 0 || walk.frames.marks[index] !== MET || word & FRAME_KEPT) {
      broken('frames.folio', `${nameOf(index)} is part of one, but free, or not ordinary`);
    }
    if (word !== 0) parts++;
  }
  if (counted !== parts) broken('frames.folio', `that of ${nameOf(first)} counts ${counted}, but has ${parts}`);
}

/** How many extra references a frame has. */
function pinsOf(walk: Walk, index: number): number {
  return walk.u32(walk.u32(layout.H_PINCOUNTS) + index * 4) & PINS_MASK;
}

/** Extra references are to frames in use; pins for DMA are some of those to ordinary ones. */
function checkPins(walk: Walk, index: number): void {
  const forDma = walk.u32(walk.u32(layout.H_PINCOUNTS) + index * 4) >>> PINS_DMA_SHIFT;
  const pins = pinsOf(walk, index);
  const isUsed = walk.frames.marks[index] === MET;
  const mayBeForDma = isUsed && !(walk.u32(walk.frames.words + index * 4) & FRAME_KEPT);
  if ((pins !== 0 && !isUsed) || forDma > (mayBeForDma ? pins : 0)) {
    broken('frames.pincount', `${nameOf(index)} has ${pins} extra references, ${forDma} of them for DMA`);
  }
  walk.dmaPins += forDma;
}

function checkOrdinaryFrame(walk: Walk, index: number, word: number): void {
  const maps = walk.frames.maps[index];
  const count = word & FRAME_COUNT_MASK;
  if (count !== maps) broken('frames.count', `${nameOf(index)} counts ${count} ptes, but ${maps} map it`);
  const isPinned = (word & FRAME_PINNED) !== 0;
  if (isPinned !== pinsOf(walk, index) > 0) broken('frames.pincount', `${nameOf(index)} is marked wrongly`);
  if (count !== 0 || isPinned || folioOf(walk, index) !== 0) return;
  broken('frames.lost', `${nameOf(index)} has no reference left`);
}

function checkKsmFrame(walk: Walk, index: number, word: number): void {
  const node = (word & FRAME_KEEPER_MASK) * 2 ** layout.FRAME_KEEPER_SHIFT;
  const number = numberOf(walk.nodes, node);
  const flags = number === -1 ? 0 : walk.u32(node + layout.NODE_FLAGS);
  if (number === -1 || flags & layout.NODE_IS_CHAIN || !namesFrame(walk, node, index)) {
    broken('frames.node', `${nameOf(index)} names address ${node}: no stable node, or one with another frame`);
  }
  if (flags & layout.NODE_ORPHAN) checkOrphan(walk, node, flags, index);
  const maps = walk.u32(node + layout.NODE_MAPS);
  const found = (walk.frames.maps[index] as number) + pinsOf(walk, index);
  if (maps !== found) {
    broken('node.maps', `node ${number} counts ${maps} references to ${nameOf(index)}, but it has ${found}`);
  }
  if (maps === 0) broken('frames.lost', `${nameOf(index)} of node ${number} has no reference left`);
}

function nameOf(index: number): string {
  return `frame ${index}`;
}

function namesFrame(walk: Walk, node: number, index: number): boolean {
  return walk.u32(node + layout.NODE_FRAME) === index;
}

function checkOrphan(walk: Walk, node: number, flags: number, frame: number): void {
  const number = meet(walk.nodes, node, 'frame', frame);
  if (flags !== layout.NODE_ORPHAN) broken('node.flags', `orphan ${number} has flags ${flags}`);
  if (walk.u32(node + layout.NODE_LEN) !== 0 || walk.u32(node + layout.NODE_HEAD) !== 0) {
    broken('chain.bare', `orphan ${number} has items`);
  }
}

/** The frame that `node` names is its own; a stale node names none, and remembers which it was. */
export function checkNodeFrame(walk: Walk, node: number): void {
  const frame = walk.u32(node + layout.NODE_FRAME);
  const index = frame || walk.u32(node + layout.NODE_MAPS);
  if (frame === 0) {
    const wasFrame = index > 0 && index < walk.frames.marks.length;
    if (!wasFrame) broken('node.maps', `${walk.nameOf(node)} is stale, and says that it had frame index ${index}`);
    return;
  }
  const word = walk.frames.marks[index] === MET ? walk.u32(walk.frames.words + index * 4) : 0;
  if (index === 0 || !(word & FRAME_KEPT) || (word & FRAME_KEEPER_MASK) !== node >>> layout.FRAME_KEEPER_SHIFT) {
    broken('frames.node', `${walk.nameOf(node)} names frame ${frame}, which is not its own`);
  }
}

/** NUMA node of a frame. */
export function nidOf(frames: Frames, index: number): number {
  return frames.ends.findIndex((end) => index < end);
}
