/** The engine's functions, and an instance of them over a memory. */
import { KsmError } from '../errors.ts';

/** Where an engine binary can come from. */
export type WasmSource = WebAssembly.Module | BufferSource | URL;

/**
 * Functions of assembly/index.ts. Numbers are u32 but arrive as i32: `>>> 0` what can be large. A process is named by the address of its mm
 * and its id.
 */
export interface EngineExports extends WebAssembly.Exports {
  layOut(seedLow: number, seedHigh: number): number;
  isProcess(mm: number, id: number): number;
  spawn(nid: number): number;
  exec(mm: number, id: number): number;
  fork(mm: number, id: number): number;
  exit(mm: number, id: number): number;
  mmap(mm: number, id: number, page: number, pages: number, how: number): number;
  munmap(mm: number, id: number, page: number, pages: number): number;
  mprotect(mm: number, id: number, page: number, pages: number, access: number): number;
  madvise(mm: number, id: number, page: number, pages: number, advice: number): number;
  mlock(mm: number, id: number, page: number, pages: number): number;
  munlock(mm: number, id: number, page: number, pages: number): number;
  pinPage(mm: number, id: number, page: number, how: number): number;
  unpinFrame(frame: number, how: number): number;
  pinsOf(frame: number): number;
  migrateFrame(frame: number, nid: number): number;
  offline(first: number, end: number): number;
  onlineFrames(first: number, end: number): number;
  mergeAnySet(mm: number, id: number, on: number): number;
  hasMergeable(mm: number, id: number): number;
  vmaGap(mm: number, id: number, pages: number): number;
  readFault(mm: number, id: number, page: number): number;
  readPages(frame: number, pages: number): number;
  writeFault(mm: number, id: number, page: number): number;
  frameAt(mm: number, id: number, page: number): number;
  entryFind(mm: number, id: number, page: number): number;
  nextMappedPage(mm: number, id: number, page: number, end: number): number;
  domainMake(rootCount: number, salt: number): number;
  domainDrop(number: number): number;
  processDomainSet(mm: number, id: number, number: number): number;
  rangeDomainSet(mm: number, id: number, page: number, pages: number, number: number): number;
  rangeMerge(mm: number, id: number, page: number, pages: number): number;
  scanBatch(pages: number, now: number): number;
  serveJobs(worker: number): number;
  accessBegin(worker: number, access: number, at: number, pte: number, epoch: number): number;
  accessEnd(worker: number): void;
  accessWalk(worker: number): number;
  lockTake(worker: number, looks: number): number;
  lockTry(worker: number): number;
  lockDrop(worker: number): number;
  workerAttach(worker: number): number;
  workerJoin(): number;
  workerLeave(worker: number): number;
  recover(dead: number, self: number, looks: number, naps: number): number;
  rekey(seedLow: number, seedHigh: number): void;
  runWrite(run: number): number;
  quietSettingWrite(setting: number, value: number): number;
  pageChecksum(frame: number): number;
  pageKind(): number;
}

/**
 * Instantiates synchronously, as workers need it. `others`: what the simulation build
 * imports besides the memory. EINVAL: another module.
 */
export function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  others: WebAssembly.Imports = {},
): EngineExports {
  let instance: WebAssembly.Instance;
  try {
    instance = new WebAssembly.Instance(module, { ...others, env: { memory } });
  } catch (cause) {
    if (cause instanceof WebAssembly.LinkError || cause instanceof TypeError) throw foreign(cause.message, { cause });
    throw cause;
  }
  if (!('scanBatch' in instance.exports)) throw foreign('it has no function scanBatch');
  return instance.exports as EngineExports;
}

function foreign(why: string, options?: ErrorOptions): KsmError {
  return new KsmError('EINVAL', `The module is not the engine of this version of ksm-wasm: ${why}.`, options);
}
