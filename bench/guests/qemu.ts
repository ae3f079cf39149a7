/**
 * Boots one guest and writes its memory to a file when it says that it is done, which it does by switching itself off.
 *
 * Without hardware's help, on a clock that counts instructions, with seeded chance: what a guest does depends on its files and its
 * seed, and hardly on the machine that QEMU runs on. QEMU keeps the memory of a guest that is off until it is told to quit.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Tools } from './packages.ts';

export interface Guest {
  /** File of the initramfs. */
  readonly initramfs: string;
  /** Physical memory, in MiB. */
  readonly mib: number;
  readonly seed: number;
  /** Where its memory goes: exactly `mib` MiB, from physical address 0 on. */
  readonly image: string;
}

/** What comes from QEMU's monitor, as far as it matters. */
interface Message {
  readonly QMP?: unknown;
  readonly event?: string;
  readonly data?: { readonly reason?: string };
  readonly id?: string;
  readonly error?: { readonly desc: string };
}

/** Seconds after which a guest counts as hanging. It needs ten. */
const PATIENCE = 600;

/** Boots, waits, dumps. Throws an Error with the end of the guest's console if it does not switch itself off. */
export async function bootAndDump(tools: Tools, guest: Guest): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'guest-'));
  const log = join(folder, 'console');
  try {
    const failure = await converse(tools, guest, log);
    if (failure === undefined) return;
    throw new Error(`the guest of ${guest.image} failed: ${failure}\n${endOf(log)}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function endOf(log: string): string {
  return existsSync(log) ? readFileSync(log, 'utf8').slice(-2000) : '';
}

/** Runs QEMU from its start to its end. Returns what went wrong, undefined if nothing did. */
async function converse(tools: Tools, guest: Guest, log: string): Promise<string | undefined> {
  const child = spawn(tools.qemu, argumentsOf(tools, guest, log), {
    env: { ...process.env, LD_LIBRARY_PATH: tools.libraries },
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: PATIENCE * 1000,
  });
  const ended = once(child, 'close');
  const tell = (execute: string, more: object = {}): void =>
    void child.stdin.write(`${JSON.stringify({ execute, ...more })}\n`);
  const save = { val: 0, size: guest.mib * 2 ** 20, filename: resolve(guest.image) };
  let [reason, failure]: (string | undefined)[] = [undefined, 'QEMU ended before its memory was saved'];
  for await (const line of createInterface({ input: child.stdout })) {
    const { QMP, event, data, id, error }: Message = JSON.parse(line);
    if (QMP !== undefined) tell('qmp_capabilities');
    if (event === 'SHUTDOWN' && reason === undefined) {
      reason = data?.reason;
      tell('pmemsave', { id: 'saved', arguments: save });
    }
    if (id === 'saved') {
      failure = error?.desc ?? (reason === 'guest-shutdown' ? undefined : `it ended with ${reason}`);
      tell('quit'); // a shutdown, too
    }
  }
  await ended;
  return failure;
}

function argumentsOf({ firmware, kernel }: Tools, { initramfs, mib, seed }: Guest, log: string): string[] {
  return [
    ...['-accel', 'tcg', '-cpu', 'max', '-m', String(mib), '-nodefaults', '-display', 'none'],
    ...['-icount', 'shift=0,sleep=off', '-rtc', 'base=2026-01-01,clock=vm', '-seed', String(seed)],
    ...['-qmp', 'stdio', '-serial', `file:${log}`],
    ...['-action', 'shutdown=pause,reboot=shutdown'],
    ...['-kernel', kernel, '-initrd', initramfs, '-append', 'console=ttyS0 quiet panic=-1'],
    ...firmware,
  ];
}
