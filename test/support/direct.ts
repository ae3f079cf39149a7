/** Stores past the library, as an embedder makes them that has the memory's views (docs/embedding.md). */
import { layout } from '../../src/engine/index.ts';
import type { AddressSpace, Host } from '../../src/index.ts';
import { engineOf } from './inside.ts';

/** Where the content of `page` may be written at once, noted in the dirty bitmap; 0 if a write fault has to come first. */
export function directPlace(host: Host, { handle }: AddressSpace, page: number): number {
  const engine = engineOf(host);
  const entry = engine.call.entryFind(handle.mm, handle.id, page) >>> 0;
  const pte = entry === 0 ? 0 : engine.u32(engine.u32(layout.H_PTES) + entry * 4);
  if ((pte & layout.PTE_ACCESS) !== layout.PTE_WRITABLE) return 0;
  const word = engine.u32(layout.H_DIRTY) + (entry >>> 5) * 4;
  engine.setU32(word, engine.u32(word) | (1 << (entry & 31)));
  return engine.frames.placeOfPte(pte);
}
