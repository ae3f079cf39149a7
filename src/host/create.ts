/**
 * A new host: an engine over a memory of its own, laid out as the options say.
 *
 * One host, one machine, one memory: that is made here, in attach.ts (another thread's) or in snapshot.ts (a saved one), handed to the
 * engine, and never changed for another. Any number of hosts live beside each other in a thread; what they share is compiled modules.
 */
import { Engine, layOut, layout } from '../engine/index.ts';
import { KsmError } from '../errors.ts';
import { loadModule } from '../load.ts';
import { geometryOf, HOST_OPTIONS, type HostOptions, Machine, systemClock } from '../machine/index.ts';
import { createMemory } from '../memory/index.ts';
import { startScanners, threadsOf } from '../threads/index.ts';
import { optionsOf } from '../validate.ts';
import { Host } from './host.ts';

/** EINVAL if the binary that was handed in is the engine for the other kind of page than `who` wants. */
export function expectKind(engine: Engine, wantsNames: boolean, who: string): void {
  if ((engine.call.pageKind() === layout.PAGE_NAMES_KIND) === wantsNames) return;
  const kind = wantsNames ? 'names' : 'bytes';
  throw new KsmError('EINVAL', `Option "wasm" is not the engine for pages of ${kind}, which ${who}.`);
}

/** Makes a host. EINVAL names a wrong option; ENOMEM says what the memory is too small for. */
export async function createHost(options: HostOptions = {}): Promise<Host> {
  const checked = optionsOf('createHost', options, HOST_OPTIONS);
  const threads = threadsOf(checked);
  const geometry = geometryOf(checked);
  const module = await loadModule(checked.wasm, checked.debug, checked.page === 'names');
  const engine = new Engine(module, createMemory(geometry.memoryPages));
  expectKind(engine, checked.page === 'names', 'option "page" asks for');
  layOut(engine, geometry);
  const scanners = await startScanners(engine, checked.scanners ?? 1, threads);
  return new Host(new Machine(engine, checked.clock ?? systemClock()), threads, scanners);
}
