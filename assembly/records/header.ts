/** The header's own words: what was chosen at creation, where the regions begin, what is in use (layout/header). */
import { DIRECTORY_BYTES, H_REGIONS, HEADER } from '../layout';
import { Keeper } from './keeper';
import { Node } from './node';

@unmanaged
export class Header {
  magic: u32;
  version: u32;
  memoryPages: u32;

  rootCount: u32;
  nidCount: u32;
  columns: u32;

  index: u32;
  checksum: u32;
  zeroChecksum: u32;
  pageKind: u32;

  // The directory of the regions: base and number of records of each.
  mms: usize;
  mmLimit: u32;
  vmas: usize;
  vmaLimit: u32;
  tables: usize;
  tableLimit: u32;
  leaves: usize;
  leafLimit: u32;
  ptes: usize;
  pteRecords: u32;
  states: usize;
  stateRecords: u32;
  items: usize;
  itemRecords: u32;
  dirty: usize;
  dirtyRecords: u32;
  domains: usize;
  domainLimit: u32;
  roots: usize;
  rootLimit: u32;
  mmColumn: usize;
  mmColumnRecords: u32;
  vmaColumn: usize;
  vmaColumnRecords: u32;
  entryColumn: usize;
  entryColumnRecords: u32;
  nodes: usize;
  nodeLimit: u32;
  rooms: usize;
  roomRecords: u32;
  frameWords: usize;
  frameWordRecords: u32;
  pinCounts: usize;
  pinCountRecords: u32;
  folios: usize;
  folioRecords: u32;
  nodeColumn: usize;
  nodeColumnRecords: u32;
  frameColumn: usize;
  frameColumnRecords: u32;
  frames: usize;
  frameLimit: u32;
  framesEnd: usize;

  framesUsed: u32;
  limbo: u32;
  nextId: u32;
  limitHit: u32;
  migrateNodes: Node;
  now: u32;

  concurrent: u32;
  workers: u32;
  ksmd: u32;
  ksmdBell: u32;

  lost: Keeper;
}

/** The one that there is: a constant address, so that a field of it is one load. */
export const header: Header = changetype<Header>(HEADER);

/** An entry of the directory. */
@unmanaged
export class Region {
  base: usize;
  records: u32;
}

export function regionAt(region: u32): Region {
  return changetype<Region>(H_REGIONS + region * DIRECTORY_BYTES);
}
