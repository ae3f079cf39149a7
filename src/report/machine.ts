/** What a report was measured on, so that its times mean something to somebody else. */
import os from 'node:os';
import type { MachineReport } from './types.ts';

/** Facts of this machine; never its name or its user's. */
export function machine(): MachineReport {
  return {
    cpu: os.cpus()[0]?.model.trim() || 'unknown',
    cores: os.availableParallelism(),
    memory_bytes: os.totalmem(),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
  };
}
