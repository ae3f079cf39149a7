/**
 * How fast the engine's tree is without pages: inserting and finding random keys, beside a Map and a sorted array.
 *
 * "many roots" is how hash order uses it: a directory with about one root a key. "one root" is content order's tree,
 * less the comparing of pages.
 */

import { compile, sharedMemory } from './kernels.ts';
import { type BenchOptions, type BenchTable, type Contestant, race } from './table.ts';
import { mix } from './workloads.ts';

export interface TreeOptions extends BenchOptions {
  /** Numbers of keys: two tables for each. */
  readonly keys?: readonly number[];
}

/** What assembly/base/bench.ts exports. */
interface TreeLoops {
  insertLoop(nodes: number, count: number, roots: number, bits: number): void;
  searchLoop(keys: number, count: number, roots: number, bits: number): number;
}

interface Scene {
  readonly insert: readonly Contestant[];
  readonly search: readonly Contestant[];
}

const NODE_BYTES = 16;
const START = 65536;

/** Inserting and searching, for each number of keys. All keys are different; they are searched in another order. */
export async function* treeBench(options: TreeOptions = {}): AsyncGenerator<BenchTable, void, void> {
  const { seed = 1, rounds = 9, keys: sizes = [2 ** 16, 2 ** 20] } = options;
  const binary = await compile(['assembly/base/bench.ts']);
  for (const work of sizes) {
    const keys = Uint32Array.from({ length: work }, (_, index) => mix(seed * work + index + 1));
    const wanted = keys.slice().sort((a, b) => mix(a) - mix(b));
    const scenes = [await trees(binary, keys, wanted), map(keys, wanted), array(keys, wanted)];
    const common = { unit: 'keys', work, rounds, seed, reference: 'Map' };
    const inserts = scenes.flatMap(({ insert }) => insert);
    yield await race(inserts, { ...common, title: `Inserting ${work} random keys` });
    const searches = scenes.flatMap(({ search }) => search);
    yield await race(searches, { ...common, title: `Finding ${work} keys among ${work}` });
  }
}

/** Two sets of trees in one memory: nodes, keys to search, one root, many roots. */
async function trees(binary: Uint8Array<ArrayBuffer>, keys: Uint32Array, wanted: Uint32Array): Promise<Scene> {
  const many = Math.ceil(Math.log2(keys.length));
  const nodesBytes = keys.length * NODE_BYTES;
  const list = START + 2 * nodesBytes;
  const oneRoot = list + keys.length * 4;
  const manyRoots = oneRoot + 4;
  const memory = sharedMemory(manyRoots + 4 * 2 ** many);
  const { instance } = await WebAssembly.instantiate(binary, { env: { memory } });
  const loops = instance.exports as unknown as TreeLoops;
  const words = new Uint32Array(memory.buffer);
  const kinds = [
    { name: 'red-black tree, one root', nodes: START, roots: oneRoot, bits: 0 },
    { name: 'red-black trees, many roots', nodes: START + nodesBytes, roots: manyRoots, bits: many },
  ];
  for (const { nodes } of kinds) {
    keys.forEach((key, index) => {
      words[(nodes + index * NODE_BYTES) / 4] = key;
    });
  }
  words.set(wanted, list / 4);
  const insert = kinds.map(({ name, nodes, roots, bits }) => ({
    name,
    run: () => {
      loops.insertLoop(nodes, keys.length, roots, bits);
      return words[roots / 4] ?? 0;
    },
  }));
  const search = kinds.map(({ name, roots, bits }) => ({
    name,
    run: () => allFound(loops.searchLoop(list, keys.length, roots, bits), keys.length),
  }));
  return { insert, search };
}

function map(keys: Uint32Array, wanted: Uint32Array): Scene {
  const found = new Map<number, number>();
  const insert = (): number => {
    found.clear();
    keys.forEach((key, index) => {
      found.set(key, index);
    });
    return found.size;
  };
  const search = (): number => {
    let count = 0;
    for (const key of wanted) count += found.has(key) ? 1 : 0;
    return allFound(count, keys.length);
  };
  return { insert: [{ name: 'Map', run: insert }], search: [{ name: 'Map', run: search }] };
}

/** All keys are sorted at once: one after the other would move half the array each time. */
function array(keys: Uint32Array, wanted: Uint32Array): Scene {
  let sorted = keys;
  const insert = (): number => {
    sorted = keys.slice().sort();
    return sorted[0] ?? 0;
  };
  const search = (): number => {
    let count = 0;
    for (const key of wanted) count += contains(sorted, key) ? 1 : 0;
    return allFound(count, keys.length);
  };
  return {
    insert: [{ name: 'sorted array, all at once', run: insert }],
    search: [{ name: 'sorted array', run: search }],
  };
}

function contains(sorted: Uint32Array, key: number): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < key) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === key;
}

function allFound(found: number, expected: number): number {
  if (found === expected) return found;
  throw new Error(`${found} of ${expected} keys were found`);
}
