/**
 * Gets the engine's binary, compiles it once per process, and instantiates it over a memory.
 *
 * The binary lies in build/ beside src/, in the repository as in the package. Whoever bundles the library, or may not read
 * files, hands a compiled module or its bytes in.
 */
import { KsmError } from '../errors.ts';

/** Where an engine binary can come from. */
export type WasmSource = WebAssembly.Module | BufferSource | URL;

/** Functions of assembly/index.ts. Numbers are u32 but arrive as i32: `>>> 0` what can be large. */
export interface EngineExports extends WebAssembly.Exports {
  layOut(seedLow: number, seedHigh: number): number;
  spawn(nid: number): number;
  exec(mm: number): number;
  fork(mm: number): number;
  exit(mm: number): void;
  map(mm: number, page: number, pages: number, how: number): number;
  unmap(mm: number, page: number, pages: number): number;
  protect(mm: number, page: number, pages: number, access: number): number;
  advise(mm: number, page: number, pages: number, advice: number): number;
  lock(mm: number, page: number, pages: number): number;
  unlock(mm: number, page: number, pages: number): number;
  pinPage(mm: number, page: number, how: number): number;
  unpinFrame(frame: number): void;
  migrateFrame(frame: number, nid: number): number;
  offline(first: number, end: number): number;
  onlineFrames(first: number, end: number): void;
  mergeAnySet(mm: number, on: number): number;
  hasMergeable(mm: number): number;
  vmaGap(mm: number, pages: number, limit: number): number;
  readFault(mm: number, page: number): number;
  readPages(frame: number, pages: number): number;
  writeFault(mm: number, page: number): number;
  entryFind(mm: number, page: number): number;
  nextMappedPage(mm: number, page: number, end: number): number;
  scanBatch(pages: number, now: number): number;
  serveJobs(worker: number): void;
  accessBegin(record: number, access: number, at: number, pte: number, epoch: number): number;
  accessEnd(record: number): void;
  accessWalk(record: number): number;
  lockTake(worker: number): void;
  lockTakeSoon(worker: number, looks: number): number;
  lockTry(worker: number): number;
  lockDrop(): number;
  workerJoin(limit: number): number;
  workerLeave(worker: number): void;
  recover(dead: number, self: number, looks: number): number;
  rekey(seedLow: number, seedHigh: number): void;
  runWrite(run: number): number;
  quietSettingWrite(setting: number, value: number): number;
  pageChecksum(frame: number): number;
}

const compiled = new Map<string, Promise<WebAssembly.Module>>();

/**
 * The engine, compiled. `debug` picks the build with function names. EINVAL where memory cannot be shared, ENOENT where the
 * binary cannot be had.
 */
export async function loadModule(source?: WasmSource, debug: boolean = false): Promise<WebAssembly.Module> {
  requireSharedMemory();
  if (source instanceof WebAssembly.Module) return source;
  if (source !== undefined && !(source instanceof URL)) return WebAssembly.compile(source);
  const file = debug ? 'engine.debug.wasm' : 'engine.wasm';
  const url = source ?? new URL(`../../build/${file}`, import.meta.url);
  let module = compiled.get(url.href);
  if (module === undefined) {
    module = readBytes(url).then((bytes) => WebAssembly.compile(bytes));
    compiled.set(url.href, module);
    module.catch(() => compiled.delete(url.href)); // so that the next call tries again
  }
  return module;
}

/** Some browsers make shared memory for any page and fail when a worker gets it; the library behaves the same in all of them. */
function requireSharedMemory(): void {
  if (typeof SharedArrayBuffer !== 'undefined') return;
  throw new KsmError(
    'EINVAL',
    'This page has no SharedArrayBuffer because it is not cross-origin isolated: serve it and its scripts over HTTPS or from ' +
      'localhost, with the headers "Cross-Origin-Opener-Policy: same-origin" and "Cross-Origin-Embedder-Policy: require-corp".',
  );
}

async function readBytes(url: URL): Promise<BufferSource> {
  if (url.protocol !== 'file:') return fetchBytes(url);
  const { readFile } = await import('node:fs/promises');
  try {
    return new Uint8Array(await readFile(url));
  } catch (cause) {
    throw new KsmError('ENOENT', `The engine's binary ${url.pathname} cannot be read: run "npm run build" first.`, {
      cause,
    });
  }
}

async function fetchBytes(url: URL): Promise<BufferSource> {
  const unavailable = (why: string, options?: ErrorOptions): KsmError =>
    new KsmError(
      'ENOENT',
      `The engine's binary ${url.href} cannot be fetched (${why}): serve it there, or say in "wasm" where it is.`,
      options,
    );
  const response = await fetch(url).catch((cause: Error) => {
    throw unavailable(cause.message, { cause });
  });
  if (!response.ok) throw unavailable(`HTTP ${response.status}`);
  return response.arrayBuffer();
}

/** Instantiates synchronously, as workers need it. `others`: what the simulation build imports besides the memory. */
export function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  others: WebAssembly.Imports = {},
): EngineExports {
  return new WebAssembly.Instance(module, { ...others, env: { memory } }).exports as EngineExports;
}
