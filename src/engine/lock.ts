/** The engine's functions as a thread calls them that is not alone: each takes the lock, except those that need none. */
import type { EngineExports } from './load.ts';

/** They only read, are the lock's own, or let a helper serve. */
const WITHOUT: readonly string[] = [
  'accessBegin',
  'accessEnd',
  'accessWalk',
  'isProcess',
  'layOut',
  'lockDrop',
  'lockTake',
  'lockTry',
  'pageChecksum',
  'pageKind',
  'readPages',
  'recover',
  'serveJobs',
  'workerAttach',
  'workerJoin',
  'workerLeave',
];

type Call = (...args: number[]) => number;

/** May this thread go to sleep? A browser's main thread may not. */
export function mayBlock(): boolean {
  return typeof (globalThis as { document?: unknown }).document === 'undefined';
}

export function underLock(exports: EngineExports, take: () => void, drop: () => void): EngineExports {
  const locked = (call: Call): Call => {
    return (...args) => {
      take();
      try {
        return call(...args);
      } finally {
        drop();
      }
    };
  };
  const all = Object.entries(exports).map(([name, call]) => {
    return [name, WITHOUT.includes(name) ? call : locked(call as Call)];
  });
  return Object.fromEntries(all) as EngineExports;
}
