/** The header's own words: what was chosen at creation, where the regions begin, what is in use (layout/header). */
import { HEADER } from '../layout';
import { Node } from './node';

@unmanaged
export class Header {
  magic: u32;
  version: u32;
  memoryPages: u32;

  mmLimit: u32;
  vmaLimit: u32;
  tableLimit: u32;
  leafLimit: u32;
  nodeLimit: u32;
  frameLimit: u32;
  rootCount: u32;
  nidCount: u32;

  index: u32;
  checksum: u32;
  zeroChecksum: u32;

  mms: usize;
  vmas: usize;
  tables: usize;
  leaves: usize;
  ptes: usize;
  states: usize;
  items: usize;
  dirty: usize;
  roots: usize;
  folios: usize;
  nodes: usize;
  rooms: usize;
  frameWords: usize;
  pinCounts: usize;
  frames: usize;
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
}

/** The one that there is: a constant address, so that a field of it is one load. */
export const header: Header = changetype<Header>(HEADER);
