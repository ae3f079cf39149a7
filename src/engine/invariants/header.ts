/** The header: everything else is found through it, so it is checked first and trusts nothing. */
import * as layout from '../../../assembly/layout/index.ts';
import { settingRows } from '../../../assembly/layout/settings.ts';
import type { Engine } from '../engine.ts';
import { broken } from './rules.ts';

/** A region: name, field of its base, bytes of a record, alignment that its users count on. */
type Region = readonly [name: string, base: number, records: number, bytes: number, alignment: number];

function regions(engine: Engine): Region[] {
  const entries = engine.u32(layout.H_LEAF_LIMIT) * layout.TABLE_ENTRIES;
  const roots = engine.u32(layout.H_ROOT_COUNT) * engine.u32(layout.H_NID_COUNT);
  const frames = engine.u32(layout.H_FRAME_LIMIT);
  const memoryPages = engine.u32(layout.H_MEMORY_PAGES);
  return [
    ['mms', layout.H_MMS, engine.u32(layout.H_MM_LIMIT), layout.MM_BYTES, 4],
    ['vmas', layout.H_VMAS, engine.u32(layout.H_VMA_LIMIT), layout.VMA_BYTES, 4],
    ['tables', layout.H_TABLES, engine.u32(layout.H_TABLE_LIMIT), layout.TABLE_BYTES, 4],
    ['leaves', layout.H_LEAVES, engine.u32(layout.H_LEAF_LIMIT), layout.LEAF_BYTES, 4],
    ['ptes', layout.H_PTES, entries, 4, 4],
    ['states', layout.H_STATES, entries, 4, 4],
    ['items', layout.H_ITEMS, entries, layout.ITEM_BYTES, 4],
    ['dirty bitmap', layout.H_DIRTY, Math.ceil(entries / 8), 1, 4],
    ['roots', layout.H_ROOTS, roots, layout.ROOT_BYTES, layout.ROOT_BYTES],
    ['folios', layout.H_FOLIOS, Math.floor((memoryPages * 16) / layout.FOLIO_FRAMES) + 1, 4, 4],
    ['nodes', layout.H_NODES, engine.u32(layout.H_NODE_LIMIT), layout.NODE_BYTES, 2 ** layout.FRAME_NODE_SHIFT],
    ['rooms', layout.H_ROOMS, engine.u32(layout.H_NODE_LIMIT), layout.ROOM_BYTES, 4],
    ['frame words', layout.H_FRAME_WORDS, frames, 4, 4],
    ['pin counts', layout.H_PINCOUNTS, frames, 4, 4],
    ['frames', layout.H_FRAMES, frames, layout.PAGE_SIZE, layout.PAGE_SIZE],
  ];
}

const SETTINGS = settingRows();

export function checkHeader(engine: Engine): void {
  const magic = engine.u32(layout.H_MAGIC);
  const version = engine.u32(layout.H_VERSION);
  if (magic !== layout.MAGIC || version !== layout.LAYOUT_VERSION) {
    broken('header.magic', `magic 0x${magic.toString(16)}, version ${version}`);
  }
  const pages = engine.u32(layout.H_MEMORY_PAGES);
  const bytes = engine.bytes.length;
  if (pages * 65536 !== bytes) broken('header.memory', `${pages} pages of 64 KiB, but a memory of ${bytes} bytes`);
  checkModes(engine);
  checkRegions(engine);
  checkSettings(engine);
}

function checkSettings(engine: Engine): void {
  for (const { name, word, least, most } of SETTINGS) {
    const value = engine.bigU64(word);
    if (value < BigInt(least) || (most !== 0 && value > BigInt(most))) broken('header.settings', `${name} is ${value}`);
  }
}

function checkModes(engine: Engine): void {
  const index = engine.u32(layout.H_INDEX);
  const checksum = engine.u32(layout.H_CHECKSUM);
  const roots = engine.u32(layout.H_ROOT_COUNT);
  const nids = engine.u32(layout.H_NID_COUNT);
  const rootsFit = index === layout.INDEX_CONTENT ? roots === 1 : roots > 0 && (roots & (roots - 1)) === 0;
  const nidsFit = nids >= 1 && nids <= layout.NID_LIMIT;
  if (index > layout.INDEX_HASH || checksum > layout.CHECKSUM_KEYED || !rootsFit || !nidsFit) {
    broken('header.modes', `index ${index}, checksum ${checksum}, ${roots} roots a tree, ${nids} NUMA nodes`);
  }
}

function checkRegions(engine: Engine): void {
  let end: number = layout.REGIONS;
  for (const [name, field, records, bytes, alignment] of regions(engine)) {
    const base = engine.u32(field);
    if (base < end || base % alignment !== 0) {
      broken('header.regions', `${name} begin at ${base}, and what lies before them ends at ${end}`);
    }
    end = base + records * bytes;
  }
  const framesEnd = engine.u32(layout.H_FRAMES_END);
  if (end !== framesEnd || end > engine.bytes.length - layout.PAGE_SIZE) {
    broken(
      'header.regions',
      `frames end at ${end}, H_FRAMES_END is ${framesEnd}, the memory has ${engine.bytes.length}`,
    );
  }
}
