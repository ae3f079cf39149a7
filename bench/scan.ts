/**
 * How fast the whole scanner is, on one thread: select, hash, look up, compare, merge.
 *
 * In the same rounds and over the same bytes: a SIMD read of every page once, which is the limit for a scanner that looks at
 * every byte, and what JavaScript would do without the engine. Before every run all pages are read once while the clock
 * stands, so that each begins with the same caches.
 */

import { collectGarbage } from './gc.ts';
import { isMain, type Selection } from './arguments.ts';
import { type BenchKernels, benchKernels } from './kernels.ts';
import { MapScanner, pagesOf, shaPass } from './rivals.ts';
import { type Index, type Stage, setStage } from './stage.ts';
import { type BenchTable, type Contestant, formatTable, race } from './table.ts';
import { contentsOf, type Workload } from './workloads.ts';
