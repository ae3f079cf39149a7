/** A new host: an engine over a memory of its own, laid out as the options say. */
import { Engine, layOut } from '../engine/index.ts';
import { loadModule } from '../load.ts';
import { geometryOf, HOST_OPTIONS, type HostOptions, Machine, systemClock } from '../machine/index.ts';
import { createMemory } from '../memory/index.ts';
import { startScanners, threadsOf } from '../threads/index.ts';
import { optionsOf } from '../validate.ts';
import { Host } from './host.ts';

/** Makes a host. EINVAL names a wrong option; ENOMEM says what the memory is too small for. */
export async function createHost(options: HostOptions = {}): Promise<Host> {
  const checked = optionsOf('createHost', options, HOST_OPTIONS);
  const threads = threadsOf(checked);
  const geometry = geometryOf(checked);
  const module = await loadModule(checked.wasm, checked.debug);
  const engine = new Engine(module, createMemory(geometry.memoryPages));
  layOut(engine, geometry);
  const scanners = await startScanners(engine, checked.scanners ?? 1, threads);
  return new Host(new Machine(engine, checked.clock ?? systemClock()), threads, scanners);
}
