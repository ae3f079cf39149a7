/**
 * Where on a machine the live kernel is spoken to, so that tests can put a folder of plain files in its place.
 */
import process from 'node:process';

export interface Machine {
  readonly platform: string;
  /** Folder of KSM's files. */
  readonly sysfs: string;
  /** Where procfs is mounted. */
  readonly proc: string;
  /** Locked while a trace is played. Every player on the machine uses the same file. */
  readonly lock: string;
  /** C compiler, by name or path. */
  readonly compiler: string;
}

export const THIS_MACHINE: Machine = {
  platform: process.platform,
  sysfs: '/sys/kernel/mm/ksm',
  proc: '/proc',
  lock: '/run/lock/ksm-recorder',
  compiler: process.env.CC || 'cc',
};
