/** The engine as its users above see it. */
export * as layout from '../../assembly/layout/index.ts';
export { domainsOf, rootIndexOf, rootsEnd } from './domains.ts';
export { Engine, expectLayout, type Geometry, layOut, recordOf } from './engine.ts';
export { errnoOf } from './errno.ts';
export { type EngineExports, instantiate, type WasmSource } from './load.ts';
export { contentBytes, regionOf, usedOf } from './regions.ts';
