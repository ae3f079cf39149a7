/**
 * The public words of the memory: where an embedder may read, and the one place where it may write (docs/embedding.md).
 *
 * What is here changes its place or meaning only with LAYOUT_VERSION. All other words of the layout are the engine's own and may change
 * with any version. All are u32 constants: places are addresses, in bytes.
 */
export {
  ACCESS_READ,
  ACCESS_WALK,
  ACCESS_WRITE,
  EPOCH,
  H_CONCURRENT,
  H_DIRTY,
  H_FRAMES,
  H_FRAMES_END,
  H_MAGIC,
  H_PTES,
  H_VERSION,
  LAYOUT_VERSION,
  MAGIC,
  MM_PGD,
  PAGE_SHIFT,
  PAGE_SIZE,
  PTE_ACCESS,
  PTE_DENIED,
  PTE_DIRTY,
  PTE_FRAME,
  PTE_FRAME_SHIFT,
  PTE_MERGED,
  PTE_READ_ONLY,
  PTE_SHARED,
  PTE_WRITABLE,
  TABLE_BITS,
  TABLE_ENTRIES,
  WORKER_ACCESS,
  WORKER_BYTES,
  WORKERS,
} from '../assembly/layout/index.ts';
