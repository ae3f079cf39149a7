/** The one entry point: a machine with KSM. */
import type { Engine } from './engine/index.ts';
import { KsmError } from './errors.ts';
import { type Clock, createEngine, type HostOptions, Machine } from './host/index.ts';
import { Ksm } from './ksm/index.ts';
import { type Scanners, startScanners } from './threads/index.ts';

const SCANNERS_MAX = 64;
const ALONE: Scanners = { running: 1, reason: undefined, stop: async () => {} };

/** A physical memory, the processes in it, and the KSM that scans it. */
export class Host extends Machine {
  /** /sys/kernel/mm/ksm and ksmd. */
  readonly ksm: Ksm = new Ksm(this);
  /** The threads that scan. `running` is fewer than were asked for where threads cannot be started; `reason` says why. */
  readonly scanners: Scanners;

  constructor(engine: Engine, clock: Clock, scanners: Scanners = ALONE) {
    super(engine, clock);
    this.scanners = scanners;
    this.disposed.addEventListener('abort', () => void scanners.stop());
  }
}

/** Makes a host. EINVAL names a wrong option; ENOMEM says what the memory is too small for. */
export async function createHost(options: HostOptions = {}): Promise<Host> {
  const scanners = options.scanners ?? 1;
  if (!Number.isInteger(scanners) || scanners < 1 || scanners > SCANNERS_MAX) {
    throw new KsmError(
      'EINVAL',
      `Option "scanners" is ${scanners}; expected a whole number from 1 to ${SCANNERS_MAX}.`,
    );
  }
  const { engine, module, clock } = await createEngine(options);
  return new Host(engine, clock, scanners === 1 ? ALONE : await startScanners(engine, module, scanners));
}
