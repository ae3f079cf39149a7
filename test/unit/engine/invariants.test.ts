/**
 * The invariant walker finds nothing in a memory that the engine keeps, whatever happens there, and finds each kind of
 * damage: for every rule one is done on purpose to a memory that was sound before.
 */
import { describe, expect, test } from 'vitest';
import { layout } from '../../../src/engine/index.ts';
import { RULES, type Rule } from '../../../src/engine/invariants/rules.ts';
import { checkInvariants } from '../../../src/engine/invariants.ts';
import { type Host, KsmError } from '../../../src/index.ts';
import { BusyMachine } from '../../support/busy.ts';
import { engineOf } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';
import { type Order, Records, scene } from '../../support/scene.ts';

const ORDERS: readonly Order[] = ['content', 'hash'];
const { FREE_FIRST, FREE_FRESH, FREE_USED, H_FREE_LEAVES, H_FREE_NODES, H_FREE_VMAS, MM_FLAGS, MM_MERGEABLE } = layout;
const { FRAME_LIST_FREE, FRAME_LIST_FRESH, FRAME_LIST_USED, H_FRAME_LISTS, H_FRAMES_USED } = layout;
const { MM_EXITED, MM_PGD, MM_SHARED_OBJECT, MM_SLOT_NEXT, MM_SLOT_PREV, MM_VMAS, SLOTS } = layout;
const { NODE_FRAME, NODE_HEAD, NODE_IS_CHAIN, NODE_IS_DUP, NODE_FLAGS, NODE_LEN, NODE_MAPS } = layout;
const { PTE_DIRTY, PTE_FRAME_SHIFT, PTE_MERGED, PTE_READ_ONLY, PTE_SHARED, PTE_WRITABLE } = layout;
const { STATE_ITEM, STATE_SEQ, STATE_STABLE, STATE_UNSTABLE, VM_ANON, VM_MERGEABLE } = layout;

const isMerged = (pte: number): boolean => (pte & PTE_MERGED) !== 0;
const isStable = (_: number, state: number): boolean => (state & STATE_STABLE) !== 0;
const isUnstable = (_: number, state: number): boolean => (state & STATE_UNSTABLE) !== 0;
const isPrivate = (pte: number): boolean => (pte & (PTE_WRITABLE | PTE_SHARED)) === PTE_WRITABLE;

/** Address of what is in the frame of a stable node. */
function contentOf(memory: Records, node: number): number {
  return memory.u32(layout.H_FRAMES) + memory.u32(node + NODE_FRAME) * layout.PAGE_SIZE;
}

/** An mm with more than one vma, so that its tree has a root with a child. */
function familyOfVmas(memory: Records): number {
  const mm = memory.mms().find((candidate) => memory.u32(candidate + layout.MM_VMA_COUNT) > 1);
  expect(mm).toBeDefined();
  return mm as number;
}

function vmasOf(memory: Records, mm: number): number[] {
  const root = memory.u32(mm + MM_VMAS);
  const children = [memory.u32(root + layout.RB_LEFT), memory.u32(root + layout.RB_RIGHT)].filter((vma) => vma !== 0);
  return [root, ...children].sort((a, b) => memory.u32(a + layout.VMA_START) - memory.u32(b + layout.VMA_START));
}

/** The least damage that breaks the rule, and none of those that are checked before it. */
const DAMAGE: Record<Rule, (memory: Records) => void> = {
  'header.magic': (memory) => memory.add(layout.H_MAGIC, 1),
  'header.memory': (memory) => memory.add(layout.H_MEMORY_PAGES, 1),
  'header.modes': (memory) => memory.set(layout.H_ROOT_COUNT, 3),
  'header.regions': (memory) => memory.set(layout.H_VMAS, memory.u32(layout.H_MMS)),
  'header.settings': (memory) => memory.set(layout.H_RUN, 3),

  'domain.first': (memory) => memory.set(memory.u32(layout.H_DOMAINS) + layout.DOMAIN_ROOT_COUNT, 0),
  'domain.modes': (memory) => memory.set(memory.u32(layout.H_DOMAINS) + layout.DOMAIN_ROOT_COUNT, 3),
  'domain.roots': (memory) => memory.add(memory.u32(layout.H_DOMAINS) + layout.DOMAIN_ROOTS, layout.ROOT_BYTES),
  'domain.known': (memory) => memory.set(memory.mm(MM_MERGEABLE) + layout.MM_DOMAIN, 1),
  'domain.apart': (memory) => memory.set(memory.regularNode() + layout.NODE_DOMAIN, 1),

  'arena.fresh': (memory) => memory.set(H_FREE_VMAS + FREE_FRESH, memory.u32(layout.H_VMA_LIMIT) + 1),
  'arena.free-list': (memory) => {
    const free = memory.u32(H_FREE_VMAS + FREE_FIRST);
    expect(free).not.toBe(0);
    memory.set(free, free);
  },
  'arena.used': (memory) => memory.add(H_FREE_VMAS + FREE_USED, 1),
  'arena.lost': (memory) => {
    memory.add(H_FREE_NODES + FREE_FRESH, 1);
    memory.add(H_FREE_NODES + FREE_USED, 1);
  },
  'link.record': (memory) => memory.add(memory.mm(MM_MERGEABLE) + MM_PGD, 4),
  'link.once': (memory) => {
    const [one, two] = memory.mms() as [number, number];
    memory.set(two + MM_PGD, memory.u32(one + MM_PGD));
  },

  'tree.links': (memory) => memory.add(memory.u32(familyOfVmas(memory) + MM_VMAS) + layout.RB_PARENT, 4),
  'tree.colours': (memory) => {
    memory.flip(memory.u32(familyOfVmas(memory) + MM_VMAS) + layout.RB_PARENT, layout.RB_BLACK);
  },

  'mm.flags': (memory) => memory.flip(memory.mm(MM_MERGEABLE) + MM_FLAGS, layout.MM_IN_USE),
  'mm.exited': (memory) => memory.flip(memory.mm(MM_EXITED) + MM_FLAGS, MM_MERGEABLE),
  'mm.replaces': (memory) => memory.set(memory.mm(MM_SHARED_OBJECT) + layout.MM_REPLACES, 64),
  'mm.refs': (memory) => memory.add(memory.mm(MM_SHARED_OBJECT) + layout.MM_REFS, 1),
  'mm.vmas': (memory) => memory.add(memory.mm(MM_MERGEABLE) + layout.MM_VMA_COUNT, 1),
  'mm.cache': (memory) => memory.set(memory.mm(MM_EXITED) + layout.MM_VMA_CACHE, memory.vma(VM_MERGEABLE)),
  'mm.rmap_items': (memory) => memory.add(memory.mm(MM_MERGEABLE) + layout.MM_RMAP_ITEMS, 1),
  'mm.merging_pages': (memory) => memory.add(memory.mm(MM_MERGEABLE) + layout.MM_MERGING_PAGES, 1),
  'mm.zero_pages': (memory) => memory.add(memory.mm(MM_MERGEABLE) + layout.MM_ZERO_PAGES, 1),

  'slots.list': (memory) => memory.set(memory.u32(SLOTS + MM_SLOT_NEXT) + MM_SLOT_PREV, 0),
  'slots.members': (memory) => memory.flip(memory.mm(MM_MERGEABLE, MM_EXITED) + MM_FLAGS, MM_MERGEABLE),
  'slots.cursor': (memory) => memory.set(layout.LINUX_PAGE, layout.MM_PAGES + 1),
  'slots.items': (memory) => {
    const entry = memory.entry((pte, _, mm) => isPrivate(pte) && !(memory.u32(mm + MM_FLAGS) & MM_MERGEABLE));
    memory.set(memory.state(entry), STATE_ITEM);
  },

  'vma.range': (memory) => {
    const vma = vmasOf(memory, familyOfVmas(memory)).at(-1) as number;
    memory.set(vma + layout.VMA_END, memory.u32(vma + layout.VMA_START));
  },
  'vma.order': (memory) => {
    const vmas = vmasOf(memory, familyOfVmas(memory));
    memory.set((vmas[1] as number) + layout.VMA_START, memory.u32((vmas[0] as number) + layout.VMA_END) - 1);
  },
  'vma.mm': (memory) => memory.set(memory.vma(VM_ANON | VM_MERGEABLE) + layout.VMA_MM, 0),
  'vma.flags': (memory) => memory.flip(memory.vma(VM_MERGEABLE) + layout.VMA_FLAGS, layout.VM_SPECIAL),
  'vma.object': (memory) => memory.set(memory.vma(VM_MERGEABLE) + layout.VMA_OBJECT, memory.mm(MM_SHARED_OBJECT)),

  'leaf.owner': (memory) => {
    const entry = memory.entry(isPrivate);
    memory.add(memory.leaf(Math.floor(entry / 512)) + layout.LEAF_PAGE, 512);
  },
  'leaf.used': (memory) => memory.add(memory.leaf(Math.floor(memory.entry(isPrivate) / 512)) + layout.LEAF_USED, 1),
  'leaf.free': (memory) => {
    const free = (memory.u32(H_FREE_LEAVES + FREE_FIRST) - memory.u32(layout.H_LEAVES)) / layout.LEAF_BYTES;
    expect(free).toBeGreaterThan(0);
    memory.set(memory.pte(free * 512 + 7), PTE_READ_ONLY);
  },

  'pte.flags': (memory) => memory.flip(memory.pte(memory.entry(isPrivate)), 1 << (PTE_FRAME_SHIFT - 1)),
  'pte.frame': (memory) => {
    const free = memory.u32(H_FRAME_LISTS + FRAME_LIST_FREE) - 1;
    expect(free).toBeGreaterThan(0);
    memory.set(memory.pte(memory.entry(isPrivate)), (free << PTE_FRAME_SHIFT) | PTE_READ_ONLY);
  },
  'pte.vma': (memory) => {
    const leaf = Math.floor(memory.entry(isMerged) / 512);
    memory.set(memory.pte(leaf * 512 + 511), PTE_READ_ONLY);
  },
  'pte.shared': (memory) => memory.flip(memory.pte(memory.entry(isPrivate)), PTE_SHARED),
  'pte.folio': (memory) => {
    const next = firstFolio(memory) * layout.FOLIO_FRAMES + 1;
    memory.set(memory.pte(memory.entry((pte) => pte >>> PTE_FRAME_SHIFT === next)), 0);
    memory.set(memory.pte(memory.entry(isPrivate)), (next << PTE_FRAME_SHIFT) | PTE_READ_ONLY);
  },
  'pte.writable': (memory) => memory.flip(memory.pte(memory.entry(isMerged)), PTE_WRITABLE ^ PTE_READ_ONLY),
  'pte.none': (memory) => memory.flip(memory.vma(VM_ANON | VM_MERGEABLE) + layout.VMA_FLAGS, layout.VM_READ),
  'pte.anon': (memory) => memory.flip(memory.vma(VM_ANON | VM_MERGEABLE) + layout.VMA_FLAGS, VM_ANON),
  'pte.mergeable': (memory) => memory.flip(memory.vma(VM_ANON | VM_MERGEABLE) + layout.VMA_FLAGS, VM_MERGEABLE),
  'pte.merged': (memory) => memory.flip(memory.pte(memory.entry(isMerged)), PTE_MERGED),

  'item.state': (memory) => memory.flip(memory.state(memory.entry(isUnstable)), STATE_STABLE),
  'item.checksum': (memory) => {
    const entry = memory.entry(
      (pte, state) => isUnstable(pte, state) && (pte & (PTE_READ_ONLY | PTE_DIRTY)) === PTE_READ_ONLY,
    );
    memory.flip(memory.item(entry) + layout.ITEM_CHECKSUM, 1);
  },
  'item.node': (memory) => memory.set(memory.item(memory.entry(isStable)) + layout.ITEM_NODE, 0),
  'item.list': (memory) => memory.set(memory.u32(memory.regularNode() + NODE_HEAD) + layout.ITEM_PREV, 64),
  'item.listed': (memory) => {
    const node = memory.node(0, NODE_IS_CHAIN | NODE_IS_DUP, (candidate) => memory.u32(candidate + NODE_LEN) > 1);
    const second = memory.u32(memory.u32(node + NODE_HEAD) + layout.ITEM_NEXT);
    memory.set(node + NODE_HEAD, second);
    memory.set(second + layout.ITEM_PREV, 0);
    memory.add(node + NODE_LEN, -1);
  },

  'frames.rows': (memory) => memory.add(H_FRAME_LISTS + layout.FRAME_LIST_BYTES + layout.FRAME_LIST_END, 1),
  'frames.free-list': (memory) => {
    const free = memory.u32(H_FRAME_LISTS + FRAME_LIST_FREE);
    expect(free).not.toBe(0);
    memory.set(memory.u32(layout.H_FRAME_WORDS) + (free - 1) * 4, layout.FRAME_FREE + free);
  },
  'frames.limbo': (memory) => {
    memory.set(layout.H_LIMBO, (memory.u32(memory.pte(memory.entry(isMerged))) >>> PTE_FRAME_SHIFT) + 1);
  },
  'frames.used': (memory) => memory.add(H_FRAMES_USED, 1),
  'frames.zero': (memory) => memory.set(memory.u32(layout.H_FRAMES) + 4092, 1),
  'frames.count': (memory) => memory.add(memory.frameWord(memory.entry((pte) => (pte & PTE_SHARED) !== 0)), 1),
  'frames.lost': (memory) => {
    memory.add(H_FRAME_LISTS + FRAME_LIST_FRESH, 1);
    memory.add(H_FRAME_LISTS + FRAME_LIST_USED, 1);
    memory.add(H_FRAMES_USED, 1);
  },
  'frames.folio': (memory) => memory.add(memory.u32(layout.H_FOLIOS) + firstFolio(memory) * 4, -1),
  'frames.pincount': (memory) => memory.add(memory.u32(layout.H_PINCOUNTS) + 4, 1),
  'frames.node': (memory) => memory.add(memory.frameWord(memory.entry(isMerged)), 1),

  'node.flags': (memory) => memory.flip(memory.regularNode() + NODE_FLAGS, layout.NODE_MIGRATING),
  'node.nid': (memory) => memory.add(memory.node(NODE_IS_CHAIN) + NODE_FLAGS, 2 ** layout.NODE_NID_SHIFT),
  'node.len': (memory) => memory.add(memory.regularNode() + NODE_LEN, 1),
  'node.maps': (memory) => memory.set(memory.regularNode() + NODE_MAPS, 1),
  'node.lost': (memory) => memory.set(layout.H_LOST, memory.node(NODE_IS_DUP)),
  'node.list': (memory) => memory.set(memory.u32(memory.node(NODE_IS_CHAIN) + NODE_HEAD) + layout.NODE_DUP_PREV, 64),
  'chain.bare': (memory) => memory.set(memory.node(NODE_IS_CHAIN) + NODE_MAPS, 1),
  'chain.places': (memory) => memory.add(memory.room(secondDup(memory)) + layout.ROOM_PLACE, 1),
  'chain.rooms': (memory) => memory.set(layout.H_MAX_PAGE_SHARING, 3), // so the dups, full until now, have room
  'chain.dups': (memory) => memory.add(memory.node(NODE_IS_DUP) + layout.NODE_CHAIN, layout.NODE_BYTES),

  'stable.order': (memory) => {
    // In hash order trees are too small to have an order here: another tree's node becomes the child that it cannot be.
    if (memory.u32(layout.H_INDEX) === layout.INDEX_HASH) graftStableNode(memory);
    else {
      memory.set(contentOf(memory, memory.regularNode()), 0xff);
      memory.set(memory.regularNode() + layout.NODE_KEY, 0xff000000);
    }
  },
  'stable.key': (memory) => memory.flip(contentOf(memory, memory.regularNode()), 1),
  'stable.root': (memory) => memory.moveTree(layout.ROOT_STABLE),
  'unstable.order': (memory) => memory.moveTree(layout.ROOT_UNSTABLE),
  'unstable.members': (memory) =>
    memory.set(
      memory.slot(layout.ROOT_UNSTABLE, (root) => root !== 0),
      0,
    ),
  'unstable.seq': (memory) => {
    const state = memory.state(memory.entry(isUnstable));
    memory.set(state, (memory.u32(state) & ~STATE_SEQ) | 0x80);
  },

  'counter.dma_pins': (memory) => memory.add(layout.H_DMA_PINS, 1),
  'counter.pages_shared': (memory) => memory.add(layout.H_PAGES_SHARED, 1),
  'counter.pages_sharing': (memory) => memory.add(layout.H_PAGES_SHARING, 1),
  'counter.pages_unshared': (memory) => memory.add(layout.H_PAGES_UNSHARED, 1),
  'counter.rmap_items': (memory) => memory.add(layout.H_RMAP_ITEMS, 1),
  'counter.ksm_zero_pages': (memory) => memory.add(layout.H_KSM_ZERO_PAGES, 1),
  'counter.stable_node_chains': (memory) => memory.add(layout.H_STABLE_NODE_CHAINS, 1),
  'counter.stable_node_dups': (memory) => memory.add(layout.H_STABLE_NODE_DUPS, 1),
};

function secondDup(memory: Records): number {
  return memory.u32(memory.u32(memory.node(NODE_IS_CHAIN) + NODE_HEAD) + layout.NODE_DUP_NEXT);
}

/** The frame that a stale regular node had. */
function staleFrame(memory: Records): number {
  const isStale = (node: number): boolean => memory.u32(node + NODE_FRAME) === 0;
  return memory.u32(memory.node(0, NODE_IS_CHAIN | NODE_IS_DUP, isStale) + NODE_MAPS);
}

function firstFolio(memory: Records): number {
  let folio = 0;
  while (memory.u32(memory.u32(layout.H_FOLIOS) + folio * 4) === 0) folio++;
  return folio;
}

/** A stable node of a low key becomes the right child of one with a higher key. */
function graftStableNode(memory: Records): void {
  const isSingle = (root: number): boolean =>
    root !== 0 && memory.u32(root + layout.RB_LEFT) + memory.u32(root + layout.RB_RIGHT) === 0;
  const low = memory.slot(layout.ROOT_STABLE, isSingle);
  const child = memory.u32(low);
  const high = memory.slot(layout.ROOT_STABLE, (root) => isSingle(root) && root !== child);
  const parent = memory.u32(high);
  memory.set(low, 0);
  memory.set(parent + layout.RB_RIGHT, child);
  memory.set(child + layout.RB_PARENT, parent);
}

/** Rules that content order does not have. */
const HASH_ONLY: readonly Rule[] = ['stable.root', 'unstable.order'];

/** The scene is built once for each order; a test gets it as it was. */
const scenes = new Map<Order, { host: Host; bytes: Uint8Array }>();

async function freshScene(index: Order): Promise<Host> {
  let kept = scenes.get(index);
  if (kept === undefined) {
    const host = await scene(index);
    kept = { host, bytes: engineOf(host).bytes.slice() };
    scenes.set(index, kept);
  }
  engineOf(kept.host).bytes.set(kept.bytes);
  return kept.host;
}

function errorOf(act: () => void): KsmError {
  try {
    act();
  } catch (error) {
    if (error instanceof KsmError) return error;
    throw error;
  }
  throw new Error('nothing was found');
}

describe.each(ORDERS)('damage is found and named, %s order', (index) => {
  test('there is none to begin with', async () => {
    const engine = engineOf(await freshScene(index));
    expect(() => checkInvariants(engine)).not.toThrow();
  });

  const rules = (Object.keys(RULES) as Rule[]).filter((rule) => index === 'hash' || !HASH_ONLY.includes(rule));
  test.each(rules)('%s', async (rule) => {
    const engine = engineOf(await freshScene(index));
    DAMAGE[rule](new Records(engine));
    const error = errorOf(() => checkInvariants(engine));
    expect(error.code).toBe('ECORRUPT');
    expect(error.message).toContain(`Invariant ${rule} is broken: `);
  });
});

/** Ways in which what a chain knows of its dups can be wrong; in the scene all of them are full. */
const ROOM_DAMAGE: Record<string, (memory: Records) => void> = {
  'a full dup among those with room': (memory) => plantRoom(memory, layout.ROOM_WITH_ROOM, 0),
  'a full dup among the fullest with room': (memory) => plantRoom(memory, layout.ROOM_FULLEST, layout.ROOM_BY_ITEMS),
  'a live dup among the stale ones': (memory) => plantRoom(memory, layout.ROOM_STALE, 0),
  'a dup that says it is in a tree': (memory) => memory.set(memory.room(secondDup(memory)) + layout.RB_PARENT, 64),
  'a tree that leads out of the chain': (memory) => {
    memory.set(memory.room(memory.node(NODE_IS_CHAIN)) + layout.ROOM_STALE, memory.room(memory.regularNode()));
  },
};

/** Hangs a dup that is in no tree below one of its chain's roots. */
function plantRoom(memory: Records, root: number, offset: number): void {
  const slot = memory.room(memory.node(NODE_IS_CHAIN)) + root;
  const node = memory.room(secondDup(memory)) + offset;
  expect(memory.u32(slot)).toBe(0);
  memory.set(slot, node);
  memory.set(node + layout.RB_PARENT, slot + layout.RB_IS_ROOT + layout.RB_BLACK);
}

describe.each(ORDERS)('what a chain knows of its dups, %s order', (index) => {
  test.each(Object.entries(ROOM_DAMAGE))('%s is found', async (_, damage) => {
    const engine = engineOf(await freshScene(index));
    damage(new Records(engine));
    expect(errorOf(() => checkInvariants(engine)).message).toContain('Invariant chain.rooms is broken: ');
  });

  test('a stale dup in no tree is found', async () => {
    const host = await freshScene(index);
    const memory = new Records(engineOf(host));
    const chain = memory.node(NODE_IS_CHAIN);
    host.processes[0]?.munmap(PAGE, 8 * PAGE); // all that the chain's dups and two regular nodes served
    checkInvariants(engineOf(host));
    const lost = memory.u32(layout.H_LOST);
    expect(lost).not.toBe(0);
    memory.set(layout.H_LOST, 0); // nobody will hear of them
    expect(errorOf(() => checkInvariants(engineOf(host))).message).toContain('Invariant chain.rooms is broken: ');
    memory.set(layout.H_LOST, lost);
    host.offline(host.frame(staleFrame(memory)), 1); // deletes the node of that frame, and so hears of the others
    checkInvariants(engineOf(host));
    expect(memory.u32(layout.H_LOST)).toBe(0);
    const stale = memory.u32(memory.room(chain) + layout.ROOM_STALE);
    expect(stale).not.toBe(0);
    memory.set(memory.room(chain) + layout.ROOM_STALE, memory.u32(stale + layout.RB_LEFT));
    expect(errorOf(() => checkInvariants(engineOf(host))).code).toBe('ECORRUPT');
    memory.set(memory.room(chain) + layout.ROOM_STALE, 0);
    expect(errorOf(() => checkInvariants(engineOf(host))).message).toContain('Invariant chain.rooms is broken: ');
  });
});

test('a message says where, what was found, and what to do', async () => {
  const engine = engineOf(await freshScene('content'));
  const memory = new Records(engine);
  const entry = memory.entry(isMerged);
  const leaf = memory.leaf(Math.floor(entry / layout.TABLE_ENTRIES));
  const mm = (memory.u32(leaf + layout.LEAF_MM) - memory.u32(layout.H_MMS)) / layout.MM_BYTES;
  const page = memory.u32(leaf + layout.LEAF_PAGE) + (entry % layout.TABLE_ENTRIES);
  memory.flip(memory.pte(entry), PTE_WRITABLE ^ PTE_READ_ONLY);
  const pte = memory.u32(memory.pte(entry)).toString(16);
  expect(errorOf(() => checkInvariants(engine)).message).toBe(
    `Invariant pte.writable is broken: mm ${mm}, page ${page}: pte 0x${pte}; expected that ${RULES['pte.writable']}. ` +
      'This host cannot be trusted any more: make a new one, and report the calls that led here.',
  );
});

describe('a machine on which everything happens keeps all rules', () => {
  const runs = ORDERS.flatMap((index) =>
    (['off', 'on', 'advisory'] as const).map((dirtyTracking, at) => ({ index, dirtyTracking, seed: at + 1 })),
  );

  test.each(runs)('$index order, dirty tracking $dirtyTracking, seed $seed', async ({ index, dirtyTracking, seed }) => {
    const machine = await BusyMachine.create(seed, { index, dirtyTracking });
    const { host } = machine;
    const peak = { pages_sharing: 0, pages_unshared: 0, ksm_zero_pages: 0, stable_node_dups: 0 };
    for (let step = 0; step < 1000; step++) {
      const done = machine.step();
      expect(() => checkInvariants(engineOf(host)), `step ${step}, ${done}`).not.toThrow();
      const counters = host.ksm.counters();
      for (const name of Object.keys(peak) as (keyof typeof peak)[]) peak[name] = Math.max(peak[name], counters[name]);
    }
    // It was busy: there was something of everything to look at.
    expect(Math.min(...Object.values(peak))).toBeGreaterThan(0);
  });
});
