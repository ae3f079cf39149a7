/** A host of another thread, for this one. */
import { Engine, expectLayout } from '../engine/index.ts';
import { HOST_OPTIONS, type HostOptions, leaveAtExit, Machine, type SharedHost } from '../machine/index.ts';
import type { ThreadOptions } from '../port.ts';
import { resumedClock } from '../snapshot/index.ts';
import { ALONE, threadsOf } from '../threads/index.ts';
import { type Checks, invalid, optionsOf, wholeNumber } from '../validate.ts';
import { Host } from './host.ts';

/** What a thread may say of its own part in a host. See HostOptions. */
export interface AttachOptions extends ThreadOptions, Pick<HostOptions, 'clock'> {
  /** The number that another thread has kept for this one (Host.reserveWorker). Default: the next that is free. */
  readonly worker?: number;
}

const { clock, workerUrl, onWarning } = HOST_OPTIONS;
const ATTACH_OPTIONS: Checks<AttachOptions> = { clock, workerUrl, onWarning, worker: wholeNumber(1, 2 ** 31 - 1) };

/**
 * A host of another thread, for this one: the same memory, processes and KSM (`share` over there). Its processes come by
 * their handles (`process`). EINVAL if `shared` is not what `share` returned, EFORMAT if its memory is not that of a host;
 * EAGAIN if all numbers of threads are taken; ESRCH or EBUSY if `worker` is not reserved, or another thread has it.
 */
export function attachHost(shared: SharedHost, options: AttachOptions = {}): Host {
  const checked = optionsOf('attachHost', options, ATTACH_OPTIONS);
  const threads = threadsOf(checked);
  const { module, memory } = partsOf(shared);
  const engine = new Engine(module, memory);
  expectLayout(engine);
  const host = new Host(new Machine(engine, checked.clock ?? resumedClock(engine)), threads, ALONE);
  engine.join(false, checked.worker); // last: a number that was taken is kept
  leaveAtExit(engine);
  return host;
}

function partsOf(shared: unknown): SharedHost {
  const { module, memory } = Object(shared) as Partial<SharedHost>;
  if (module instanceof WebAssembly.Module && memory instanceof WebAssembly.Memory) return { module, memory };
  throw invalid(
    'attachHost: what is to be shared',
    shared,
    'what host.share() returned in the thread that has the host',
  );
}
