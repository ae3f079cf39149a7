/**
 * What lies behind a host, for tests that look at it or do harm to it. Embedders have no such thing.
 */
import type { Engine } from '../../src/engine/index.ts';
import { checkInvariants } from '../../src/engine/invariants.ts';
import { machineOf } from '../../src/host/index.ts';
import type { Host } from '../../src/index.ts';
import { Memory } from '../../src/memory/index.ts';

export { machineOf };

/** The engine of a host of this build of the library. */
export function engineOf(host: Host): Engine {
  return machineOf(host).engine;
}

/** What `host.check` does, at once. */
export function checkHost(host: Host): void {
  const engine = engineOf(host);
  engine.exclusively(() => checkInvariants(engine));
}

/** The memory of a host, whichever build of the library the host is of. */
export function viewOf(host: Host): Memory {
  return new Memory(host.memory);
}
