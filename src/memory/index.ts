/** The memory as its users above see it. */
export { compareContents } from './compare.ts';
export { type FrameId, Frames, frameOfPte, isPresent, ZERO_FRAME } from './frames.ts';
export { Memory } from './memory.ts';
export {
  createMemory,
  FRAMES_MAX,
  MEMORY_BYTES_MAX,
  PAGE_SIZE,
  PAGES_PER_UNIT,
  UNIT_BYTES,
  UNITS_MAX,
} from './sizes.ts';
