/**
 * What recordTrace says where a trace cannot be played, and that settings always come back, on a machine of plain
 * files. That recordings are right can only be seen on a real kernel: npm run test:kernel, and the golden traces.
 */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { type RecordOptions, recordTrace } from '../../../src/kernel/index.ts';
import type { RecordingLine, Trace } from '../../../src/trace/index.ts';
import { FakeMachine, SETTINGS } from './fake.ts';

const EMPTY: Trace = { name: 'empty', operations: [] };
const DOOMED: Trace = { name: 'doomed', operations: [{ op: 'process', proc: 'p' }] };
const NOBODY = 65_534;

/** As SETTINGS, but the file that offers several words takes only the chosen one. */
const RESTORED = { ...SETTINGS, advisor_mode: 'scan-time' };

/** What the recorder leaves until its program ends goes with this. */
const temporary = fs.mkdtempSync(join(tmpdir(), 'ksm-record-'));
fs.chmodSync(temporary, 0o755);
vi.stubEnv('TMPDIR', temporary);
afterAll(() => {
  vi.unstubAllEnvs();
  fs.rmSync(temporary, { recursive: true, force: true });
});

const machines: FakeMachine[] = [];
afterEach(() => {
  for (const machine of machines.splice(0)) machine.remove();
});

function fake(guard?: string): FakeMachine {
  const machine = new FakeMachine(guard);
  machines.push(machine);
  return machine;
}

async function record(machine: object, trace: Trace = EMPTY, options: RecordOptions = {}): Promise<RecordingLine[]> {
  const lines: RecordingLine[] = [];
  for await (const line of recordTrace(trace, { ...options, machine })) lines.push(line);
  return lines;
}

describe('a machine that traces cannot be played on', () => {
  test('another system than Linux', async () => {
    const machine = { ...fake(), platform: 'darwin' };
    await expect(record(machine)).rejects.toMatchObject({ code: 'ENOENT', message: /only on Linux.*darwin/ });
  });

  test('a kernel without KSM', async () => {
    const machine = fake();
    fs.rmSync(machine.sysfs, { recursive: true });
    await expect(record(machine)).rejects.toMatchObject({ code: 'ENOENT', message: /CONFIG_KSM/ });
  });

  test('a kernel that does not count all there is', async () => {
    const machine = fake();
    fs.rmSync(join(machine.sysfs, 'pages_skipped'));
    await expect(record(machine)).rejects.toMatchObject({ code: 'ENOENT', message: /pages_skipped.*6\.7/ });
  });

  test('no right to write settings', async () => {
    const machine = fake();
    fs.chmodSync(join(machine.sysfs, 'run'), 0o444);
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(NOBODY);
    const recorded = record(machine).finally(() => isRoot && process.seteuid?.(0));
    await expect(recorded).rejects.toMatchObject({ code: 'EACCES', message: /needs root/ });
  });

  test('a container that does not see ksmd', async () => {
    const machine = fake();
    machine.write('proc/37/stat', '37 (kswapd0) S 2 0 0 0 -1 2097216 0\n');
    await expect(record(machine)).rejects.toMatchObject({ code: 'ENOENT', message: /ksmd.*containers/ });
  });

  test('no C compiler, or one that fails', async () => {
    const machine = fake();
    const none = { ...machine, compiler: join(machine.folder, 'no-such-cc') };
    await expect(record(none)).rejects.toMatchObject({ code: 'ENOENT', message: /no C compiler.*install/ });
    machine.write('bad-cc', '#!/bin/sh\necho "it does not like this" >&2; exit 1\n', 0o755);
    const bad = { ...machine, compiler: join(machine.folder, 'bad-cc') };
    await expect(record(bad)).rejects.toMatchObject({ code: 'EIO', message: /it does not like this/ });
    expect(machine.settings()).toEqual(SETTINGS);
  });
});

describe('KSM in use', () => {
  test('frames that somebody has merged', async () => {
    const machine = fake();
    machine.write('ksm/pages_shared', '3\n');
    await expect(record(machine)).rejects.toMatchObject({ code: 'EBUSY', message: /3 frames are shared.*--force/ });
    expect(machine.settings()).toEqual(SETTINGS);
  });

  // The text of a ksm_stat is the kernel's (observed on Linux 6.18).
  test('processes with mergeable memory are named, others are not', async () => {
    const machine = fake();
    const stat = (items: number, mergeable: string): string =>
      `ksm_rmap_items ${items}\nksm_zero_pages 0\nksm_merging_pages 0\nksm_process_profit 0\n` +
      `ksm_merge_any: no\nksm_mergeable: ${mergeable}\n`;
    machine.addProcess(41, stat(0, 'yes'));
    machine.addProcess(42, stat(0, 'no'));
    machine.addProcess(43, stat(7, 'no'));
    await expect(record(machine)).rejects.toMatchObject({ code: 'EBUSY', message: /process 41, 43 has/ });
    expect(await record(machine, EMPTY, { force: true })).toMatchObject([{ op: 'trace', name: 'empty' }]);
  });
});

describe('the lock', () => {
  test('held by another player: an error, unless it can be waited for', async () => {
    const machine = fake('echo held; sleep 0.2; echo locked; while read -r line; do echo 0; done');
    await expect(record(machine)).rejects.toMatchObject({ code: 'EBUSY', message: /another player/ });
    let waited = 0;
    const lines = await record(machine, EMPTY, { onWait: () => waited++ });
    expect(lines).toHaveLength(1);
    expect(waited).toBe(1);
  });

  test('waiting ends when it is aborted', async () => {
    const machine = fake('echo held; exec sleep 1000');
    const controller = new AbortController();
    const onWait = (): void => controller.abort(new Error('enough'));
    await expect(record(machine, EMPTY, { onWait, signal: controller.signal })).rejects.toThrow('enough');
    expect(machine.settings()).toEqual(SETTINGS);
  });

  test('that cannot be made says why', async () => {
    await expect(record(fake('echo -13; exit 1'))).rejects.toMatchObject({ code: 'EACCES', message: /lock/ });
  });
});

describe('settings', () => {
  test('are those of a trace while it is played, and what they were afterwards', async () => {
    const machine = fake();
    let during: Record<string, string> = {};
    for await (const _ of recordTrace(EMPTY, { machine })) during = machine.settings();
    expect(during).toMatchObject({
      run: '0',
      pages_to_scan: '0',
      max_page_sharing: '256',
      merge_across_nodes: '1',
      use_zero_pages: '0',
      smart_scan: '1',
      stable_node_chains_prune_millisecs: '2000',
      advisor_mode: 'none',
    });
    expect(machine.settings()).toEqual(RESTORED);
  });

  test('come back when a process of the trace fails', async () => {
    const machine = fake();
    await expect(record(machine, DOOMED)).rejects.toMatchObject({ code: 'EIO', message: /could not be started/ });
    expect(machine.settings()).toEqual(RESTORED);
  });

  test('come back when the recording is left, or aborted', async () => {
    const machine = fake();
    for await (const _ of recordTrace(DOOMED, { machine })) break;
    expect(machine.settings()).toEqual(RESTORED);
    const controller = new AbortController();
    const aborted = async (): Promise<void> => {
      for await (const _ of recordTrace(DOOMED, { machine, signal: controller.signal })) {
        controller.abort(new Error('enough'));
      }
    };
    await expect(aborted()).rejects.toThrow('enough');
    expect(machine.settings()).toEqual(RESTORED);
  });

  test('that cannot be put back are named, and the others come back', async () => {
    const machine = fake();
    const recorded = async (): Promise<void> => {
      for await (const _ of recordTrace(EMPTY, { machine })) {
        fs.rmSync(join(machine.sysfs, 'smart_scan'));
      }
    };
    await expect(recorded()).rejects.toMatchObject({ code: 'EIO', message: /smart_scan to 0\./ });
    machine.write('ksm/smart_scan', '0\n');
    expect(machine.settings()).toEqual(RESTORED);
  });
});
