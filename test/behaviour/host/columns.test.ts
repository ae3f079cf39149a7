/**
 * Columns: words beside the records of a region, which only a host has that asked for them. The engine leaves them alone. A snapshot takes
 * those of records that are in use. Recovery forgets those of stable nodes, because it makes all nodes anew.
 */
import { describe, expect, test } from 'vitest';
import { Engine, type Geometry, layOut, layout, regionOf } from '../../../src/engine/index.ts';
import { checkInvariants } from '../../../src/engine/invariants.ts';
import { Host } from '../../../src/host/host.ts';
import { restoreHost } from '../../../src/index.ts';
import { loadModule } from '../../../src/load.ts';
import { Machine, systemClock } from '../../../src/machine/index.ts';
import { ALONE, threadsOf } from '../../../src/threads/index.ts';
import { checkHost, engineOf } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';
import { saved } from '../snapshot/helpers.ts';

const { REGION_ENTRY_COLUMN, REGION_FRAME_COLUMN, REGION_MM_COLUMN, REGION_NODE_COLUMN, REGION_VMA_COLUMN } = layout;
const COLUMNS = [REGION_MM_COLUMN, REGION_VMA_COLUMN, REGION_ENTRY_COLUMN, REGION_NODE_COLUMN, REGION_FRAME_COLUMN];
const PAGES = 8;

const module = await loadModule();

function engineWith(columns: number, memoryPages: number = 64): Engine {
  const memory = new WebAssembly.Memory({ initial: memoryPages, maximum: memoryPages, shared: true });
  const engine = new Engine(module, memory);
  const geometry: Geometry = {
    memoryPages,
    processes: 8,
    vmas: 32,
    pages: 1024,
    nodes: 1,
    domains: 1,
    columns,
    index: 'hash',
    checksum: 'keyed',
    seed: 1n,
    dirtyTracking: 0,
    cures: 0,
  };
  layOut(engine, geometry);
  return engine;
}

/** A host with all columns, in which one process has equal pages that are merged, and a number in each word of each column. */
function numberedHost(): Host {
  const engine = engineWith(31);
  const host = new Host(new Machine(engine, systemClock()), threadsOf({}), ALONE);
  const guest = host.spawn();
  guest.mmap(PAGE, PAGES * PAGE);
  guest.madvise(PAGE, PAGES * PAGE, 'MERGEABLE');
  guest.write(PAGE, new Uint8Array(PAGES * PAGE).fill(7));
  host.ksm.settings.run = 1;
  for (const region of COLUMNS) {
    const { base, records } = regionOf(engine, region);
    for (let record = 0; record < records; record++) engine.setU32(base + record * 4, numberFor(region, record));
  }
  for (let pass = 0; pass < 3; pass++) host.ksm.scan(100, { now: 0 });
  return host;
}

function numberFor(region: number, record: number): number {
  return region * 2 ** 24 + record + 1;
}

function wordOf(engine: Engine, region: number, record: number): number {
  return engine.u32(regionOf(engine, region).base + record * 4);
}

/** Of a region with an address for each record: the number of the one in the process that there is. */
function recordsInUse(engine: Engine): Map<number, number> {
  const [mm] = [regionOf(engine, layout.REGION_MMS).base];
  const vmas = regionOf(engine, layout.REGION_VMAS);
  const entry = engine.call.entryFind(mm, 1, 1);
  const frame = engine.call.frameAt(mm, 1, 1);
  const node = (engine.u32(engine.u32(layout.H_ITEMS) + entry * layout.ITEM_BYTES + layout.ITEM_NODE) >>> 0) as number;
  const nodes = regionOf(engine, layout.REGION_NODES);
  return new Map([
    [REGION_MM_COLUMN, 0],
    [REGION_VMA_COLUMN, (engine.u32(mm + layout.MM_VMAS) - vmas.base) / vmas.bytes],
    [REGION_ENTRY_COLUMN, entry],
    [REGION_NODE_COLUMN, (node - nodes.base) / nodes.bytes],
    [REGION_FRAME_COLUMN, frame],
  ]);
}

describe('columns', () => {
  test('are there only for those who ask, each for itself', () => {
    for (let columns = 0; columns < 32; columns++) {
      const engine = engineWith(columns);
      const there = COLUMNS.filter((region) => regionOf(engine, region).records !== 0);
      expect(there).toEqual(COLUMNS.filter((region) => columns & layout.columnBit(region)));
      for (const region of there) {
        const followed = regionOf(engine, layout.regionFollows(region)).records;
        expect(regionOf(engine, region).records).toBe(layout.regionRecords(region, followed));
      }
      checkInvariants(engine);
    }
  });

  test('a memory that has no room for them is refused', () => {
    expect(() => engineWith(0, 8)).not.toThrow();
    expect(() => engineWith(4, 4)).toThrow('has no room');
  });

  test('are left alone by the engine', () => {
    const host = numberedHost();
    const engine = engineOf(host);
    expect(host.ksm.counters().pages_sharing).toBe(PAGES - 1);
    for (const region of COLUMNS) {
      for (let record = 0; record < regionOf(engine, region).records; record++) {
        expect(wordOf(engine, region, record)).toBe(numberFor(region, record));
      }
    }
    checkHost(host);
  });

  test('are in a snapshot with the records that are in use, and with no others', async () => {
    const host = numberedHost();
    const restored = await restoreHost(await saved(host));
    const engine = engineOf(restored);
    for (const [region, record] of recordsInUse(engineOf(host))) {
      expect(wordOf(engine, region, record), layout.regionName(region)).toBe(numberFor(region, record));
    }
    const isFree = [REGION_MM_COLUMN, REGION_VMA_COLUMN, REGION_ENTRY_COLUMN, REGION_NODE_COLUMN];
    for (const region of isFree) {
      expect(wordOf(engine, region, regionOf(engine, region).records - 1), layout.regionName(region)).toBe(0);
    }
  });

  test('outlive a death, but for those of nodes, which are others then', () => {
    const host = numberedHost();
    host.recover(0);
    const engine = engineOf(host);
    for (const [region, record] of recordsInUse(engine)) {
      const kept = region === REGION_NODE_COLUMN ? 0 : numberFor(region, record);
      expect(wordOf(engine, region, record), layout.regionName(region)).toBe(kept);
    }
    checkHost(host);
  });
});
