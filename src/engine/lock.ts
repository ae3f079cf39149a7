/** The engine's functions as a thread calls them that is not alone: each takes the lock, except those that need none. */
import type { EngineExports } from './load.ts';

/** They only read what never changes, or are the lock's own, or let a helper serve. */
const WITHOUT: readonly string[] = [
  'layOut',
  'lockDrop',
  'lockTake',
  'lockTry',
  'pageChecksum',
  'readPages',
  'recover',
  'serveJobs',
  'workerJoin',
  'workerLeave',
];

type Call = (...args: number[]) => number;

/** May this thread go to sleep? A browser's main thread may not. */
export function mayBlock(): boolean {
  return typeof (globalThis as { document?: unknown }).document === 'undefined';
}

/** `before`: done after each call, before the lock is given back. */
export function underLock(exports: EngineExports, worker: number, before: () => void): EngineExports {
  const locked = (call: Call): Call => {
    return (...args) => {
      exports.lockTake(worker);
      try {
        return call(...args);
      } finally {
        before();
        exports.lockDrop();
      }
    };
  };
  const all = Object.entries(exports).map(([name, call]) => {
    return [name, WITHOUT.includes(name) ? call : locked(call as Call)];
  });
  return Object.fromEntries(all) as EngineExports;
}
