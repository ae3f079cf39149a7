/** The one entry point: a machine with KSM. */
import { createEngine, type HostOptions, Machine } from './host/index.ts';
import { Ksm } from './ksm/index.ts';

/** A physical memory, the processes in it, and the KSM that scans it. */
export class Host extends Machine {
  /** /sys/kernel/mm/ksm and ksmd. */
  readonly ksm: Ksm = new Ksm(this);
}

/** Makes a host. EINVAL names a wrong option; ENOMEM says what the memory is too small for. */
export async function createHost(options: HostOptions = {}): Promise<Host> {
  const { engine, clock } = await createEngine(options);
  return new Host(engine, clock);
}
