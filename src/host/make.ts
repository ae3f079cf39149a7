/** A memory of its own, and an engine over it: what a machine is made of. */
import { Engine, layOut } from '../engine/index.ts';
import { KsmError } from '../errors.ts';
import { type Clock, systemClock } from './clock.ts';
import { geometryOf, type HostOptions } from './options.ts';

/** What a machine is made of. */
export interface EngineParts {
  readonly engine: Engine;
  readonly module: WebAssembly.Module;
  readonly clock: Clock;
}

/** A memory of so many times 64 KiB, all zero. ENOMEM where the system has no room for it. */
export function createMemory(memoryPages: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: memoryPages, maximum: memoryPages, shared: true });
  } catch (cause) {
    const mebibytes = memoryPages / 16;
    throw new KsmError(
      'ENOMEM',
      `The system refuses a memory of ${mebibytes} MiB; free some, or choose a smaller "memory".`,
      {
        cause,
      },
    );
  }
}

/** An engine over a memory of its own, laid out as the options say. */
export function createEngine(options: HostOptions, module: WebAssembly.Module): EngineParts {
  const geometry = geometryOf(options);
  const engine = new Engine(module, createMemory(geometry.memoryPages));
  layOut(engine, geometry);
  return { engine, module, clock: options.clock ?? systemClock() };
}
