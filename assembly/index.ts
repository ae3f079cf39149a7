/**
 * The engine's ABI: every exported function by who calls it. Each checks what it is called with before it does anything (abi/), so
 * that no argument can make it trap or do harm.
 *
 * Arguments and results are u32. A call that fails gives -errno (base/error); one that has nothing else to give, 0.
 */

export { isProcess } from './abi/check';
export { domainDrop, domainMake, processDomainSet, rangeDomainSet } from './abi/domain';
export {
  layOut,
  migrateFrame,
  offline,
  onlineFrames,
  pageChecksum,
  pageKind,
  pinsOf,
  readPages,
  unpinFrame,
} from './abi/frames';
export { quietSettingWrite, rangeMerge, rekey, runWrite, scanBatch } from './abi/ksm';
export {
  entryFind,
  exec,
  exit,
  fork,
  frameAt,
  hasMergeable,
  madvise,
  mergeAnySet,
  mlock,
  mmap,
  mprotect,
  munlock,
  munmap,
  nextMappedPage,
  pinPage,
  readFault,
  spawn,
  vmaGap,
  writeFault,
} from './abi/process';
export {
  accessBegin,
  accessEnd,
  accessWalk,
  lockDrop,
  lockTake,
  lockTry,
  recover,
  serveJobs,
  workerAttach,
  workerJoin,
  workerLeave,
} from './abi/threads';
