/**
 * All words of the layout, as `layout` of `ksm-wasm` had them in version 0.1. Most are the engine's own, and may change their place or go
 * with any version: what embedders may read is `ksm-wasm/layout`.
 */
export * from '../assembly/layout/index.ts';
export {
  FRAME_KEEPER_MASK as FRAME_NODE_MASK,
  FRAME_KEEPER_SHIFT as FRAME_NODE_SHIFT,
  FRAME_KEPT as FRAME_KSM,
} from '../assembly/layout/index.ts';
