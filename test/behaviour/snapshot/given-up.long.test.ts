/**
 * Every way in which a guest's memory is given up: no byte of it is in a snapshot afterwards, nor in what another guest can
 * read, here or in the restored host. The engine does not clear what is given up, so most of it is still in the memory.
 */
import { describe, expect, test } from 'vitest';
import { layout } from '../../../src/engine/index.ts';
import { type AddressSpace, type FrameId, type Host, type HostOptions, restoreHost } from '../../../src/index.ts';
import { frameOfPte } from '../../../src/memory/index.ts';
import { checkHost, engineOf } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';
import { contentOf, memoryOf, parse, saved, smallHost } from './helpers.ts';

const HUGE = 512 * PAGE;
const BASE = HUGE;
/** Every word of a secret page but one is this, which is nowhere else; content order has it as a key, the other way round. */
const WORD = 0x7a5ec2e9;
const SWAPPED = 0xe9c25e7a;

/** Page `number` of what will be given up: no two are equal, where `number` is none. */
function secret(number: number): Uint8Array {
  const words = new Uint32Array(PAGE / 4).fill(WORD);
  words[1000] = number;
  return new Uint8Array(words.buffer);
}

const PLAIN = new Uint8Array(PAGE).fill(3);

/** Writes `pages` secret pages, all different, or all equal. */
function spoil(space: AddressSpace, pages: number, number?: number): void {
  for (let page = 0; page < pages; page++) space.write(BASE + page * PAGE, secret(number ?? page + 1));
}

function overwrite(space: AddressSpace, pages: number, from: number = 0): void {
  for (let page = from; page < pages; page++) space.write(BASE + page * PAGE, PLAIN);
}

function scan(host: Host, passes: number = 3): void {
  Object.assign(host.ksm.settings, { run: 1, smart_scan: false });
  for (let pass = 0; pass < passes; pass++) host.ksm.scan(10_000, { now: 0 }); // more than there are
}

/** How many words of a memory are a secret's. */
function secretsIn(bytes: Uint8Array): number {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  let found = 0;
  // indexOf goes over a memory ten times as fast as a loop.
  for (const word of [WORD, SWAPPED])
    for (let at = words.indexOf(word); at >= 0; at = words.indexOf(word, at + 1)) found++;
  return found;
}

async function secretsSaved(host: Host): Promise<number> {
  return secretsIn(memoryOf(parse(await saved(host))));
}

/** Takes all memory that there is for a new guest: what it reads is 0 but for what it wrote. */
function expectClean(host: Host): void {
  const reader = host.spawn();
  let touched = 0;
  reader.mmap(0, host.limits.pages * PAGE);
  try {
    for (; touched < host.limits.pages; touched++) reader.write(touched * PAGE + 8, Uint8Array.of(1));
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOMEM' });
  }
  expect(touched).toBeGreaterThan(100);
  const clean = Buffer.alloc(PAGE);
  clean[8] = 1;
  const bytes = reader.read(0, touched * PAGE);
  const odd = Array.from({ length: touched }, (_, page) => page).filter(
    (page) => !clean.equals(bytes.subarray(page * PAGE, (page + 1) * PAGE)),
  );
  expect(odd).toEqual([]);
}

interface Path {
  readonly name: string;
  readonly options?: HostOptions;
  /** How the process's memory at BASE is mapped, 2 MiB of it. */
  readonly hugepage?: boolean;
  readonly mergeable?: boolean;
  readonly pages?: number;
  /** All pages have this number, so that they are equal. */
  readonly equal?: number;
  /** Gives the memory up. */
  give(host: Host, space: AddressSpace): void;
}

const MERGED = { mergeable: true, equal: 7, pages: 8 } as const;

const PATHS: readonly Path[] = [
  { name: 'munmap', give: (_, space) => space.munmap(BASE, HUGE) },
  {
    name: 'munmap of parts',
    give: (_, space) => [0, 5, 10].map((page) => space.munmap(BASE + page * PAGE, 6 * PAGE)),
  },
  { name: 'DONTNEED', give: (_, space) => space.madvise(BASE, HUGE, 'DONTNEED') },
  { name: 'another mapping in its place', give: (_, space) => space.mmap(BASE, HUGE) },
  { name: 'exit', give: (_, space) => space.exit() },
  { name: 'exec', give: (_, space) => space.exec() },
  { name: 'overwriting', give: (_, space) => overwrite(space, 16) },
  { name: 'copy on write after fork', give: (_, space) => [space.fork(), space].map((each) => overwrite(each, 16)) },
  { name: 'fork, and both end', give: (_, space) => [space.fork(), space].map((each) => each.exit()) },
  {
    name: 'the end of a process that the scanner has to come by for',
    mergeable: true,
    give: (host, space) => {
      scan(host, 2);
      space.exit();
    },
  },
  {
    name: 'munmap of pages in the unstable tree',
    mergeable: true,
    give: (host, space) => {
      scan(host, 2);
      space.munmap(BASE, HUGE);
    },
  },
  {
    name: 'munmap of merged pages: the node is stale',
    ...MERGED,
    give: (host, space) => {
      scan(host);
      expect(host.ksm.counters().pages_sharing).toBe(7);
      space.munmap(BASE, HUGE);
      expect(host.ksm.counters().pages_shared).toBe(1); // nobody has met it yet
    },
  },
  {
    name: 'munmap of merged pages on a chain',
    ...MERGED,
    give: (host, space) => {
      host.ksm.settings.max_page_sharing = 2;
      scan(host, 6);
      expect(host.ksm.counters().stable_node_chains).toBe(1);
      space.munmap(BASE, HUGE);
    },
  },
  {
    name: 'stale nodes between others',
    ...MERGED,
    give: (host, space) => {
      const other = host.spawn();
      other.mmap(BASE, HUGE);
      other.madvise(BASE, HUGE, 'MERGEABLE');
      for (let page = 0; page < 12; page++) other.write(BASE + page * PAGE, new Uint8Array(PAGE).fill(40 * (page % 6)));
      scan(host);
      space.exit();
    },
  },
  {
    name: 'overwriting merged pages',
    ...MERGED,
    give: (host, space) => {
      scan(host);
      overwrite(space, 8);
    },
  },
  {
    name: 'MADV_UNMERGEABLE, and overwriting',
    ...MERGED,
    give: (host, space) => {
      scan(host);
      space.madvise(BASE, HUGE, 'UNMERGEABLE');
      overwrite(space, 8);
    },
  },
  {
    name: 'run = 2, and overwriting',
    ...MERGED,
    give: (host, space) => {
      scan(host);
      host.ksm.settings.run = 2;
      overwrite(space, 8);
    },
  },
  {
    name: 'process-wide merging turned off, and overwriting',
    equal: 7,
    pages: 8,
    give: (host, space) => {
      space.prctl(67, 1);
      scan(host);
      space.prctl(67, 0);
      overwrite(space, 8);
    },
  },
  {
    name: 'pages that became zero and were merged so',
    ...MERGED,
    give: (host, space) => {
      host.ksm.settings.use_zero_pages = true;
      scan(host);
      for (let page = 0; page < 8; page++) space.write(BASE + page * PAGE, new Uint8Array(PAGE));
      scan(host);
      expect(host.ksm.counters().ksm_zero_pages).toBe(8);
    },
  },
  {
    name: 'a move to another NUMA node, and overwriting',
    options: { nodes: 2 },
    give: (host, space) => {
      for (let page = 0; page < 16; page++) host.migrate(space.frameOf(BASE + page * PAGE) as FrameId, 1);
      overwrite(space, 16);
    },
  },
  ...[false, true].map((returns) => ({
    name: `memory that goes offline${returns ? ' and comes online again' : ''}, and overwriting`,
    give: (host: Host, space: AddressSpace) => {
      const first = space.frameOf(BASE) as FrameId;
      host.offline(first, 16);
      overwrite(space, 16);
      if (returns) host.online(first, 16);
    },
  })),
  ...['munmap', 'DONTNEED'].map((how) => ({
    name: `${how} of parts of a large folio, which it holds`,
    hugepage: true,
    pages: 512,
    give: (_: Host, space: AddressSpace) => {
      if (how === 'munmap') space.munmap(BASE + PAGE, HUGE - PAGE);
      else space.madvise(BASE + PAGE, HUGE - PAGE, 'DONTNEED');
      overwrite(space, 1);
    },
  })),
  {
    name: 'the end of a process with a large folio of which a child has a part',
    hugepage: true,
    pages: 512,
    give: (_, space) => {
      const child = space.fork();
      space.exit();
      child.munmap(BASE + PAGE, HUGE - PAGE);
      overwrite(child, 1);
    },
  },
  {
    name: 'a large folio that is split because a part merges',
    hugepage: true,
    mergeable: true,
    pages: 512,
    give: (host, space) => {
      space.munmap(BASE + 64 * PAGE, HUGE - 64 * PAGE);
      overwrite(space, 64);
      scan(host);
      expect(host.ksm.counters().pages_sharing).toBe(63);
    },
  },
  {
    name: 'a large folio that is split because it is moved',
    hugepage: true,
    pages: 512,
    give: (host, space) => {
      space.munmap(BASE + PAGE, HUGE - PAGE);
      host.migrate(space.frameOf(BASE) as FrameId, 0);
      overwrite(space, 1);
    },
  },
  {
    name: 'a large folio of which a pin holds a part that was overwritten',
    hugepage: true,
    pages: 512,
    give: (_, space) => {
      overwrite(space, 1);
      space.pin(BASE);
      space.exit();
    },
  },
  {
    name: 'a pin that is released last',
    give: (_, space) => {
      const pins = [0, 1, 2].map((page) => space.pin(BASE + page * PAGE));
      space.exit();
      for (const pin of pins) pin.release();
    },
  },
  {
    name: 'a pin on a merged page that is released last',
    ...MERGED,
    give: (host, space) => {
      scan(host);
      const pin = space.pin(BASE, 'get');
      space.exit();
      pin.release();
    },
  },
  {
    name: 'shared memory that nobody maps any more',
    give: (_, space) => {
      const shared = space.mmap(null, 4 * PAGE, { shared: true });
      for (let page = 0; page < 4; page++) space.write(shared + page * PAGE, secret(page));
      const child = space.fork();
      child.read(shared, 4 * PAGE);
      space.exit();
      child.exit();
    },
  },
  {
    name: 'limbo: another thread is just reading it',
    give: (host, space) => {
      host.share();
      const frame = (space.frameOf(BASE) as FrameId) << layout.PTE_FRAME_SHIFT;
      const record = layout.WORKERS + 4 * layout.WORKER_BYTES; // of a worker that there is not
      engineOf(host).setU32(layout.H_WORKERS, 5);
      engineOf(host).setU32(record + layout.WORKER_ACCESS, frame | layout.ACCESS_READ);
      space.munmap(BASE, HUGE);
      expect(engineOf(host).u32(layout.H_LIMBO)).not.toBe(0);
    },
  },
  {
    name: 'recovery after a death',
    give: (host, space) => {
      space.exit();
      host.recover();
    },
  },
];

async function hostOf(path: Path, index: 'hash' | 'content'): Promise<{ host: Host; space: AddressSpace }> {
  const host = await smallHost({ memory: path.hugepage ? '5M' : '2M', index, ...path.options });
  const space = host.spawn();
  space.mmap(BASE, HUGE, { hugepage: path.hugepage ?? false });
  if (path.mergeable) space.madvise(BASE, HUGE, 'MERGEABLE');
  spoil(space, path.pages ?? 16, path.equal);
  return { host, space };
}

describe.each(['hash', 'content'] as const)('%s order', (index) => {
  test.each(PATHS.map((path) => [path.name, path] as const))('%s', async (_, path) => {
    const { host, space } = await hostOf(path, index);
    expect(await secretsSaved(host)).toBeGreaterThan(1000); // else what follows would show nothing
    path.give(host, space);
    checkHost(host);
    const file = await saved(host);
    expect(secretsIn(memoryOf(parse(file)))).toBe(0);
    for (const process of host.processes) expect(secretsIn(contentOf(process))).toBe(0);
    const restored = await restoreHost(file);
    checkHost(restored);
    for (const each of [restored, host]) {
      scan(each, 2);
      checkHost(each);
      expect(await secretsSaved(each)).toBe(0);
      expectClean(each);
      expect(await secretsSaved(each)).toBe(0);
    }
  });

  test('most of it stays in the memory, so snapshots have to leave it out', async () => {
    let remaining = 0;
    for (const path of PATHS) {
      const { host, space } = await hostOf(path, index);
      path.give(host, space);
      if (secretsIn(engineOf(host).bytes) > 0) remaining++;
    }
    expect(remaining).toBeGreaterThan(PATHS.length / 2);
  });

  test('the frame that one of two equal pages gives up when they merge', async () => {
    const { host } = await hostOf({ name: '', ...MERGED, give: () => {} }, index);
    expect(await secretsSaved(host)).toBe(8 * 1023);
    scan(host);
    // The page itself, and in content order the key of its node.
    expect(await secretsSaved(host)).toBe(1023 + (index === 'content' ? 1 : 0));
  });

  test('what a dead thread had copied and nobody mapped, before and after recovery', async () => {
    const { host, space } = await hostOf({ name: '', give: () => {} }, index);
    const ptes = engineOf(host).u32(layout.H_PTES) / 4;
    const ofSpace = new Set([...space.resident()].map(({ frame }) => frame));
    expect(ofSpace.size).toBe(16);
    const leaf = layout.TABLE_ENTRIES; // the process's only one, the first that there is
    for (let pte = ptes + leaf; pte < ptes + 2 * leaf; pte++) {
      // The frame was allocated and filled, and then the thread died.
      if (ofSpace.has(frameOfPte(engineOf(host).words[pte] as number))) engineOf(host).words[pte] = 0;
    }
    expect([...space.resident()]).toEqual([]);
    const file = await saved(host);
    expect(secretsIn(memoryOf(parse(file)))).toBe(0);
    const restored = await restoreHost(file, { recover: true });
    host.recover();
    for (const each of [host, restored]) {
      checkHost(each);
      expect(await secretsSaved(each)).toBe(0);
      expectClean(each);
    }
  });

  test('what is alive is there: pins on pages that nobody maps, and pages that may not be read', async () => {
    const { host, space } = await hostOf({ name: '', ...MERGED, give: () => {} }, index);
    scan(host);
    space.pin(BASE, 'get');
    space.exit();
    const other = host.spawn();
    other.mmap(BASE, HUGE);
    spoil(other, 2);
    other.mprotect(BASE, HUGE, 'none');
    const pinnedFrameAndKey = 1023 + (index === 'content' ? 1 : 0);
    expect(await secretsSaved(host)).toBe(pinnedFrameAndKey + 2 * 1023);
  });
});
