/** The header: everything else is found through it, so it is checked first and trusts nothing. */
import * as layout from '../../../assembly/layout/index.ts';
import { settingRows } from '../../../assembly/layout/settings.ts';
import type { Engine } from '../engine.ts';
import { regionOf } from '../regions.ts';
import { broken } from './rules.ts';

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
  const kind = engine.u32(layout.H_PAGE_KIND);
  // The checksum of a name is its lower half, which no XXH64 is.
  const isNamed = kind === layout.PAGE_NAMES_KIND && checksum === layout.CHECKSUM_KEYED;
  if (kind !== layout.PAGE_BYTES_KIND && !isNamed) {
    broken('header.modes', `pages of kind ${kind}, index ${index}, checksum ${checksum}`);
  }
  const rootsFit = index === layout.INDEX_CONTENT ? roots === 1 : roots > 0 && (roots & (roots - 1)) === 0;
  const nidsFit = nids >= 1 && nids <= layout.NID_LIMIT;
  if (index > layout.INDEX_HASH || checksum > layout.CHECKSUM_KEYED || !rootsFit || !nidsFit) {
    broken('header.modes', `index ${index}, checksum ${checksum}, ${roots} roots a tree, ${nids} NUMA nodes`);
  }
}

function checkRegions(engine: Engine): void {
  let end: number = layout.REGIONS;
  for (let region = 0; region < layout.REGION_COUNT; region++) {
    const { base, records, bytes } = regionOf(engine, region);
    if (base < end || base % layout.regionAlignment(region) !== 0) {
      broken(
        'header.regions',
        `${layout.regionName(region)} begin at ${base}, and what lies before them ends at ${end}`,
      );
    }
    const due = dueRecords(engine, region);
    if (records !== due) broken('header.regions', `${layout.regionName(region)} are ${records}, expected ${due}`);
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

/** How many records a region has to have, by what was chosen. */
function dueRecords(engine: Engine, region: number): number {
  if (!layout.regionIsThere(region, engine.u32(layout.H_COLUMNS))) return 0;
  return layout.regionRecords(region, regionOf(engine, layout.regionFollows(region)).records);
}
