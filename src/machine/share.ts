/** How a memory comes to be used by several threads. */
import type { Engine } from '../engine/index.ts';
import { leaveAtExit } from './at-exit.ts';
import type { SharedHost } from './types.ts';

/** Makes this thread one of several that use the memory, and the one that hears of deaths. What another thread needs to take part. */
export function share(engine: Engine): SharedHost {
  engine.join(true);
  leaveAtExit(engine);
  return { module: engine.module, memory: engine.object };
}
