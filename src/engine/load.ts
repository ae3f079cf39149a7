/** The engine's functions, and an instance of them over a memory. */
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
  runWrite(run: number): number;
  quietSettingWrite(setting: number, value: number): number;
  pageChecksum(frame: number): number;
}

/** Instantiates synchronously, as workers need it. `others`: what the simulation build imports besides the memory. EINVAL: another module. */
export function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  others: WebAssembly.Imports = {},
): EngineExports {
  let instance: WebAssembly.Instance;
  try {
    instance = new WebAssembly.Instance(module, { ...others, env: { memory } });
  } catch (cause) {
    if (cause instanceof WebAssembly.LinkError) throw foreign(cause.message, { cause });
    throw cause;
  }
  if (!('scanBatch' in instance.exports)) throw foreign('it has no function scanBatch');
  return instance.exports as EngineExports;
}

function foreign(why: string, options?: ErrorOptions): KsmError {
  return new KsmError('EINVAL', `The module is not the engine of this version of ksm-wasm: ${why}.`, options);
}
