/** The rules that hold between two calls into the engine, by name, and the error for a broken one. */
import { KsmError } from '../../errors.ts';

/** What each rule demands. */
export const RULES = {
  'header.magic': 'the header carries the magic and the layout version of this library',
  'header.memory': 'H_MEMORY_PAGES is the size of the memory',
  'header.modes': 'modes are known, and a tree has a power of two of roots, one in content order',
  'header.regions': 'regions are aligned and follow one another without overlap, up to the reserved last page',
  'header.settings': 'settings are in their ranges',

  'domain.first': 'domain 0 is there and has the first root records',
  'domain.modes': 'a domain has a power of two of roots a tree, and in content order one, and no salt',
  'domain.roots': 'the root records of a domain are in a row, in their region, and no other domain has them',
  'domain.known': 'processes, mappings and stable nodes are of domains that there are',
  'domain.apart': 'what merging shares is mapped in its domain only, and a page is in no tree of another',

  'arena.fresh': 'no more records were used than the arena has',
  'arena.free-list': 'a free list runs over records of its arena, each once',
  'arena.used': 'records that were ever used are either free or counted as in use',
  'arena.lost': 'a record in use is reachable',
  'link.record': 'a link names a record in use',
  'link.once': 'a record has one place',

  'tree.links': 'a tree node links back to its parent, the topmost one to its root slot',
  'tree.colours': 'the root is black, no red node has a red child, and all paths have as many black nodes',

  'mm.flags': 'an mm is in use, prefers a NUMA node that exists, and a shared object is nothing else',
  'mm.exited': 'an mm that ended has a slot, and neither mappings nor ptes',
  'mm.replaces': 'no exec is under way',
  'mm.refs': 'MM_REFS counts the vmas that map a shared object, and there is one',
  'mm.vmas': 'MM_VMA_COUNT counts the vmas of an mm',
  'mm.cache': 'MM_VMA_CACHE is none or a vma of the mm',
  'mm.rmap_items': 'MM_RMAP_ITEMS counts the rmap items of an mm',
  'mm.merging_pages': 'MM_MERGING_PAGES counts the STABLE items of an mm',
  'mm.zero_pages': 'MM_ZERO_PAGES counts the pages where KSM put the zero frame',

  'slots.list': 'the slot list is a ring that agrees both ways and comes back to its sentinel',
  'slots.members': 'the slot list holds exactly the mms that have MM_MERGEABLE',
  'slots.cursor': 'the cursor is on a slot, or on the sentinel at page 0',
  'slots.items': 'only an mm with a slot has rmap items or mergeable vmas',

  'vma.range': 'a vma covers at least one page, inside the address space',
  'vma.order': 'vmas are in order and do not overlap',
  'vma.mm': 'a vma knows the mm in whose tree it is',
  'vma.flags': 'flags of a vma are known and do not contradict each other',
  'vma.object': 'exactly vmas of shared memory and of files map an object, inside its pages',

  'leaf.owner': 'a leaf knows the mm and the page where it hangs',
  'leaf.used': 'LEAF_USED counts present ptes and rmap items',
  'leaf.free': 'a free leaf has neither ptes nor rmap items',

  'pte.flags': 'a pte is 0 or present, with known flags',
  'pte.frame': 'a pte maps a frame in use',
  'pte.vma': 'a pte lies in a vma of its mm',
  'pte.none': 'what must not be read is marked so in every pte',
  'pte.shared':
    'pages of objects and shared memory have PTE_SHARED, others only in a file, and map what the object has there',
  'pte.folio': 'part k of a large folio is private memory, mapped by entry k of a leaf',
  'pte.writable': 'a pte is writable only in a writable vma, and where private only on an ordinary frame of its own',
  'pte.anon': 'private memory with content of its own lies in a vma that fork copies',
  'pte.mergeable': 'what KSM merged lies in a mergeable vma',
  'pte.merged': 'PTE_MERGED is on pages that map the frame of the node on which their item hangs, near its tree',

  'item.state': 'state bits are known, belong to an rmap item, and do not contradict each other',
  'item.checksum': 'under dirty tracking a page that counts as clean has the checksum that its item remembers',
  'item.node': 'a STABLE item hangs on the node that it names',
  'item.list': 'the item list of a node agrees both ways and holds each item once',
  'item.listed': 'a STABLE item is in the list of its node',

  'frames.rows': 'each NUMA node owns one run of frames, and together they own all',
  'frames.free-list': 'a free list of frames runs over free frames of its NUMA node, each once, and over all of them',
  'frames.limbo': 'the list of limbo runs over the frames that are marked so, each once',
  'frames.used': 'frames that were ever used are either free or counted as in use',
  'frames.zero': 'the zero frame is never counted, holds only zeros, and has the checksum in the header',
  'frames.count': 'the count of an ordinary frame is the number of ptes that map it',
  'frames.lost': 'a frame in use is mapped or pinned, or held by its large folio',
  'frames.folio':
    'parts of a large folio are in use, on one NUMA node, not of KSM, and its word counts those that are not held',
  'frames.pincount':
    'extra references are to frames in use, whose words say so; pins for DMA are some of those to ordinary frames',
  'frames.node': 'a KSM frame and its stable node name each other',

  'node.flags': 'the flags of a stable node say where it is',
  'node.nid': 'a stable node is in a tree of its NUMA node, and of node 0 with merge_across_nodes',
  'node.len': 'NODE_LEN counts the items of a node',
  'node.maps': 'NODE_MAPS counts the ptes and pins of a node; of a stale one it names the frame that was',
  'node.lost': 'the list of lost nodes holds dups and orphans without a frame, each once',
  'node.list': 'the list of dups of a chain, or of waiting nodes, agrees both ways',
  'chain.bare': 'a chain has neither items nor ptes, and an orphan no items',
  'chain.places': 'places fall along the list of dups of a chain',
  'chain.rooms':
    'the trees of a chain hold its dups that take another page, by place and by items, and its stale ones, by place',
  'chain.dups': 'dups name their chain and have its key and its bytes',

  'stable.order': 'a stable tree is in strict order of keys and bytes, or in content order of bytes',
  'stable.key':
    'the key of a stable node is the checksum of its frame, in content order its first four bytes, of a name its upper half',
  'stable.root': 'in hash order the key of a stable node gives its root',
  'unstable.order': 'an unstable tree in hash order is in order of keys, at the root that they give',
  'unstable.members':
    'the unstable trees hold the UNSTABLE items, in content order of this pass, in hash order the undisplaced',
  'unstable.seq': 'an UNSTABLE item is of this pass or the last one; in content order between passes, of the last one',

  'counter.dma_pins': 'H_DMA_PINS counts the pins for DMA of all frames',
  'counter.pages_shared': 'pages_shared counts the stable nodes with items',
  'counter.pages_sharing': 'pages_sharing counts the items of stable nodes beyond the first of each',
  'counter.pages_unshared': 'pages_unshared counts the UNSTABLE items',
  'counter.rmap_items': 'the rmap items of all mms are counted',
  'counter.ksm_zero_pages': 'ksm_zero_pages counts the pages where KSM put the zero frame',
  'counter.stable_node_chains': 'stable_node_chains counts the chains',
  'counter.stable_node_dups': 'stable_node_dups counts the dups',
} as const;

export type Rule = keyof typeof RULES;

/** Throws ECORRUPT: `rule` is broken, as what was `found` and where shows. */
export function broken(rule: Rule, found: string): never {
  throw new KsmError(
    'ECORRUPT',
    `Invariant ${rule} is broken: ${found}; expected that ${RULES[rule]}. ` +
      'This host cannot be trusted any more: make a new one, and report the calls that led here.',
  );
}
