/** How much memory the system lets this process address. Imports nothing of ours: main.ts, which has to be light, asks it. */
import { readFileSync } from 'node:fs';

/** Bytes (ulimit -v); Infinity if there is no limit, or none that can be seen. */
export function addressSpace(): number {
  try {
    const limit = /^Max address space +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
    return Number(limit ?? Infinity);
  } catch {
    return Infinity;
  }
}
