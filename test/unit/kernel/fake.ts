/**
 * A folder of plain files that looks like a machine with KSM, for what can go wrong before a real kernel is needed.
 */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Machine } from '../../../src/kernel/index.ts';
import { COUNTERS } from '../../../src/ksm/index.ts';

/** Settings that are all different from what a trace starts from, as Linux prints them. */
export const SETTINGS: Readonly<Record<string, string>> = {
  run: '1',
  pages_to_scan: '1234',
  sleep_millisecs: '35',
  max_page_sharing: '17',
  merge_across_nodes: '0',
  use_zero_pages: '1',
  smart_scan: '0',
  stable_node_chains_prune_millisecs: '77',
  advisor_max_cpu: '55',
  advisor_min_pages_to_scan: '600',
  advisor_max_pages_to_scan: '20000',
  advisor_target_scan_time: '150',
  advisor_mode: 'none [scan-time]',
};

const SHELL = '#!/bin/sh\n';
const TAKES_THE_LOCK = 'echo locked; while read -r line; do echo 0; done';

export class FakeMachine implements Machine {
  readonly platform: string = 'linux';
  readonly folder: string = fs.mkdtempSync(join(tmpdir(), 'ksm-fake-'));
  readonly sysfs: string = join(this.folder, 'ksm');
  readonly proc: string = join(this.folder, 'proc');
  readonly lock: string = join(this.folder, 'lock');
  readonly compiler: string = join(this.folder, 'cc');

  /** `guard` is what the puppet program does when it has to take the lock, in shell; its processes die at once. */
  constructor(guard: string = TAKES_THE_LOCK) {
    fs.chmodSync(this.folder, 0o755);
    for (const folder of [this.sysfs, join(this.proc, '37')]) fs.mkdirSync(folder, { recursive: true });
    for (const [file, value] of Object.entries(SETTINGS)) this.write(`ksm/${file}`, `${value}\n`);
    for (const file of COUNTERS) this.write(`ksm/${file}`, '0\n');
    this.write('proc/vmstat', 'nr_free_pages 1\nksm_swpin_copy 0\ncow_ksm 4\n');
    this.write('proc/37/stat', '37 (ksmd) S 2 0 0 0 -1 2097216 0\n');
    this.write('proc/37/wchan', 'ksm_scan_thread');
    this.write('puppet', `${SHELL}[ "$1" = guard ] || exit 1\n${guard}\n`, 0o755);
    // "cc -O2 -o PROGRAM SOURCE"
    this.write('cc', `${SHELL}cp "${join(this.folder, 'puppet')}" "$3"\n`, 0o755);
  }

  write(file: string, text: string, mode: number = 0o644): void {
    fs.writeFileSync(join(this.folder, file), text, { mode });
  }

  /** A process that calls itself ksmd, with such a ksm_stat. */
  addProcess(pid: number, ksmStat: string): void {
    fs.mkdirSync(join(this.proc, String(pid)));
    this.write(`proc/${pid}/stat`, `${pid} (ksmd) S 1 0 0 0 -1 4194560 0\n`);
    this.write(`proc/${pid}/ksm_stat`, ksmStat);
  }

  read(file: string): string {
    return fs.readFileSync(join(this.sysfs, file), 'latin1').trim();
  }

  /** All settings as they read now, by file. */
  settings(): Record<string, string> {
    return Object.fromEntries(Object.keys(SETTINGS).map((file) => [file, this.read(file)]));
  }

  remove(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
