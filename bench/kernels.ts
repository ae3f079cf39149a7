/**
 * Compiles a part of the engine by itself, so that benches and tests of the page kernels need no build step and
 * can never run a stale binary. The flags are the release target's in asconfig.json; nothing is written to disk.
 */

/** What is used of asc. Its own typings would declare AssemblyScript's globals for the whole project: they stay out. */
interface Compiler {
  main(
    words: readonly string[],
    host: { writeFile(name: string, contents: Uint8Array | string): void },
  ): Promise<{ error: Error | null; stderr: { toString(): string } }>;
}

const ASC: string = 'assemblyscript/asc';

/** What assembly/page/bytes/bench.ts exports. All addresses are bytes; all results are sinks, not answers. */
export interface BenchKernels {
  expandKey(seedLow: number, seedHigh: number, key: number): void;
  fillPages(page: number, pages: number, seed: number): void;
  keyedLoop(page: number, pages: number, key: number): number;
  xxh64Loop(page: number, pages: number): number;
  readLoop(page: number, pages: number): number;
  compareLoop(page: number, other: number, pages: number): number;
  equalLoop(page: number, other: number, pages: number): number;
  readListed(list: number, pages: number): number;
  fetchListed(list: number, pages: number): number;
  readPairsLoop(page: number, other: number, pages: number): number;
}

/** Compiles AssemblyScript files, named from the repository's root, to one module that exports what they export. */
export async function compile(
  files: readonly string[],
  target: 'release' | 'debug' = 'release',
): Promise<Uint8Array<ArrayBuffer>> {
  const { main } = (await import(ASC)) as Compiler;
  let binary: Uint8Array | undefined;
  const outputs = ['--outFile', 'module.wasm', '--textFile', 'module.wat'];
  const { error, stderr } = await main([...files, '--target', target, ...outputs], {
    writeFile: (name, contents) => {
      if (name === 'module.wasm' && typeof contents !== 'string') binary = contents;
    },
  });
  if (error !== null) throw new Error(`asc refused ${files.join(', ')}: ${stderr.toString()}`, { cause: error });
  if (binary === undefined) throw new Error(`asc gave no binary for ${files.join(', ')}`);
  return new Uint8Array(binary);
}

/** A shared memory of the size given, in bytes, that the engine's modules accept. */
export function sharedMemory(bytes: number): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: Math.ceil(bytes / 65536), maximum: 65536, shared: true });
}

let compiled: Promise<WebAssembly.Module> | undefined;

/** The bench loops over a memory. */
export async function benchKernels(memory: WebAssembly.Memory): Promise<BenchKernels> {
  compiled ??= compile(['assembly/page/bytes/bench.ts']).then((binary) => WebAssembly.compile(binary));
  const { exports } = await WebAssembly.instantiate(await compiled, { env: { memory } });
  return exports as unknown as BenchKernels;
}
