/**
 * The engine's ABI: every exported function, one line each, no logic. Addresses of mms are handles to the driver. Results are
 * 0 or an errno unless said; a frame's address (>= 4096) or an errno (< 4096); a handle or 0 (see H_LIMIT_HIT).
 */
import { accessBegin, accessEnd, accessWalk } from './concurrent/access';
import { lockDrop, lockTake, lockTakeSoon, lockTry } from './concurrent/lock';
import { workerJoin, workerLeave } from './concurrent/workers';
import { H_ZERO_CHECKSUM, HASH_KEY } from './layout';
import { readFault, writeFault } from './memory/fault';
import { zeroFrame } from './memory/frames';
import { migrateFrame, onlineFrames } from './memory/migrate';
import { setup } from './memory/setup';
import { entryFind, nextMappedPage } from './memory/tables';
import { vmaGap } from './memory/vmas';
import { pageChecksum } from './merge/checksum';
import { unmergeRange } from './merge/unmerge';
import { expandKey } from './page/hash';
import { readPages } from './page/read';
import { recover } from './recover/recover';
import { scanBatch } from './scan/batch';
import { serveJobs } from './scan/fingerprint';
import { rekey } from './scan/rekey';
import { quietSettingWrite, runWrite } from './scan/run';
import { advise, hasMergeable, lock, map, mergeAnySet, protect, unlock, unmap } from './syscall/mapping';
import { offline } from './syscall/offline';
import { pinPage, unpinFrame } from './syscall/pin';
import { exec, exit, fork, spawn } from './syscall/process';

export {
  accessBegin,
  accessEnd,
  accessWalk,
  advise,
  entryFind,
  exec,
  exit,
  fork,
  hasMergeable,
  lock,
  lockDrop,
  lockTake,
  lockTakeSoon,
  lockTry,
  map,
  mergeAnySet,
  migrateFrame,
  nextMappedPage,
  offline,
  onlineFrames,
  pageChecksum,
  pinPage,
  protect,
  quietSettingWrite,
  readFault,
  readPages,
  recover,
  rekey,
  runWrite,
  scanBatch,
  serveJobs,
  spawn,
  unlock,
  unmap,
  unmergeRange,
  unpinFrame,
  vmaGap,
  workerJoin,
  workerLeave,
  writeFault,
};

/** Lays out a fresh memory whose limits are in the header; the key of the keyed hash comes from a 64-bit seed. Frames, or 0. */
export function layOut(seedLow: u32, seedHigh: u32): u32 {
  const frames = setup();
  if (frames == 0) return 0;
  expandKey(seedLow, seedHigh, HASH_KEY);
  store<u32>(H_ZERO_CHECKSUM, pageChecksum(zeroFrame()));
  return frames;
}
