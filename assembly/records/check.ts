/** Are the records what the layout says, which src/ reads? Asked while asc compiles; nothing of it is in the engine. */
import {
  DOMAIN_BYTES,
  DOMAIN_ROOT_COUNT,
  DOMAIN_SALT,
  FRAME_LIST_BYTES,
  FRAME_LIST_END,
  FREE_BYTES,
  FREE_USED,
  H_FRAMES,
  H_FRAMES_END,
  H_KSMD_BELL,
  H_LIMBO,
  H_LOST,
  H_NID_COUNT,
  H_ROOTS,
  H_ZERO_CHECKSUM,
  HEADER,
  ITEM_BYTES,
  LEAF_BYTES,
  LEAF_MARK,
  MM_BYTES,
  MM_DOMAIN,
  MM_MERGING_PAGES,
  MM_REFS,
  MM_REPLACES,
  NODE_BYTES,
  NODE_DOMAIN,
  NODE_FLAGS,
  NODE_FRAME,
  NODE_HEAD,
  NODE_LEN,
  NODE_MAPS,
  RB_BYTES,
  RB_LEFT,
  RB_PARENT,
  RB_RIGHT,
  ROOM_BYTES,
  ROOM_FULLEST,
  ROOM_LOST_NEXT,
  ROOM_STALE,
  ROOT_BYTES,
  ROOT_UNSTABLE,
  VMA_BYTES,
  VMA_DOMAIN,
  VMA_END,
  VMA_FLAGS,
  VMA_MM,
  VMA_OBJECT,
  WORKER_ATTACHED,
  WORKER_BUSY,
  WORKER_BYTES,
  WORKER_NUMBER,
} from '../layout';
import { Domain } from './domain';
import { FrameList, FreeList } from './free-list';
import { Header } from './header';
import { Leaf, Mm, Vma } from './mm';
import { ChainRoom, Item, Node, Room } from './node';
import { Roots } from './roots';
import { TreeNode } from './tree-node';
import { Worker } from './worker';

export function expectRecords(): void {
  if (HEADER + offsetof<Header>('nidCount') != H_NID_COUNT) ERROR('Header.nidCount');
  if (HEADER + offsetof<Header>('zeroChecksum') != H_ZERO_CHECKSUM) ERROR('Header.zeroChecksum');
  if (HEADER + offsetof<Header>('roots') != H_ROOTS) ERROR('Header.roots');
  if (HEADER + offsetof<Header>('frames') != H_FRAMES) ERROR('Header.frames');
  if (HEADER + offsetof<Header>('framesEnd') != H_FRAMES_END) ERROR('Header.framesEnd');
  if (HEADER + offsetof<Header>('limbo') != H_LIMBO) ERROR('Header.limbo');
  if (HEADER + offsetof<Header>('ksmdBell') != H_KSMD_BELL) ERROR('Header.ksmdBell');
  if (HEADER + offsetof<Header>('lost') != H_LOST) ERROR('Header.lost');

  if (offsetof<TreeNode>('left') != RB_LEFT || offsetof<TreeNode>('right') != RB_RIGHT) ERROR('TreeNode.left, right');
  if (offsetof<TreeNode>('above') != RB_PARENT || offsetof<TreeNode>() != RB_BYTES) ERROR('TreeNode');

  if (offsetof<Mm>('mergingPages') != MM_MERGING_PAGES || offsetof<Mm>('refs') != MM_REFS)
    ERROR('Mm.mergingPages, refs');
  if (offsetof<Mm>('replaces') != MM_REPLACES || offsetof<Mm>('domain') != MM_DOMAIN) ERROR('Mm.replaces, domain');
  if (offsetof<Mm>() > MM_BYTES) ERROR('Mm');
  if (offsetof<Vma>('end') != VMA_END || offsetof<Vma>('flags') != VMA_FLAGS) ERROR('Vma.end, flags');
  if (offsetof<Vma>('object') != VMA_OBJECT || offsetof<Vma>('mm') != VMA_MM || offsetof<Vma>() > VMA_BYTES)
    ERROR('Vma');
  if (offsetof<Vma>('domain') != VMA_DOMAIN) ERROR('Vma.domain');
  if (offsetof<Leaf>('mark') != LEAF_MARK || offsetof<Leaf>() != LEAF_BYTES) ERROR('Leaf');

  if (offsetof<Node>('frame') != NODE_FRAME || offsetof<Node>('head') != NODE_HEAD) ERROR('Node.frame, head');
  if (offsetof<Node>('len') != NODE_LEN || offsetof<Node>('maps') != NODE_MAPS) ERROR('Node.len, maps');
  if (offsetof<Node>('flags') != NODE_FLAGS || offsetof<Node>('domain') != NODE_DOMAIN) ERROR('Node.flags, domain');
  if (offsetof<Node>() != NODE_BYTES || offsetof<Item>() != ITEM_BYTES) ERROR('Node, Item');
  if (offsetof<Room>() != ROOM_BYTES || offsetof<ChainRoom>('fullest') != ROOM_FULLEST) ERROR('Room');
  if (offsetof<ChainRoom>('stale') != ROOM_STALE || offsetof<Room>('lostNext') != ROOM_LOST_NEXT)
    ERROR('Room.lostNext');

  if (offsetof<Domain>('rootCount') != DOMAIN_ROOT_COUNT || offsetof<Domain>('salt') != DOMAIN_SALT)
    ERROR('Domain.rootCount, salt');
  if (offsetof<Domain>() > DOMAIN_BYTES) ERROR('Domain');
  if (offsetof<Roots>('unstable') != ROOT_UNSTABLE || offsetof<Roots>() != ROOT_BYTES) ERROR('Roots');
  if (offsetof<Worker>('number') != WORKER_NUMBER || offsetof<Worker>('busy') != WORKER_BUSY)
    ERROR('Worker.number, busy');
  if (offsetof<Worker>('attached') != WORKER_ATTACHED || offsetof<Worker>() > WORKER_BYTES) ERROR('Worker');
  if (offsetof<FreeList>('used') != FREE_USED || offsetof<FreeList>() != FREE_BYTES) ERROR('FreeList');
  if (offsetof<FrameList>('end') != FRAME_LIST_END || offsetof<FrameList>() != FRAME_LIST_BYTES) ERROR('FrameList');
}
