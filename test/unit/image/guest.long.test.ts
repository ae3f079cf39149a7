/**
 * Guests' RAM in the processes that run them. Programs of test/support/live/memory.c stand in for monitors: they have a monitor's name, and
 * map memory as it does.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMonitor } from '../../../src/image/guest.ts';
import { openImage } from '../../../src/image/open.ts';
import { openProcess } from '../../../src/image/process.ts';
import { readAll } from '../../support/image.ts';
import { MemoryProcesses } from '../../support/live/memory.ts';

let qemu: MemoryProcesses;
let other: MemoryProcesses;

beforeAll(() => {
  qemu = new MemoryProcesses('qemu-system-x86_64');
  other = new MemoryProcesses('database');
});
afterAll(async () => {
  await qemu[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
});

it.each(['qemu-system-x86', 'qemu-kvm', 'kvm', 'firecracker', 'cloud-hyperviso'])('%s runs a guest', (command) => {
  expect(isMonitor(command)).toBe(true);
});

it.each(['qemu-img', 'kvmtool-thing', 'node', 'firefox'])('%s does not', (command) => {
  expect(isMonitor(command)).toBe(false);
});

describe('private RAM', () => {
  it('is scanned and called guest RAM, and what else there is is not', async () => {
    const { pid } = await qemu.start('written=48', 'written=2');
    const { ranges, notes } = await openProcess(pid);
    const ram = ranges.filter(({ label }) => label === 'guest RAM');
    expect(ram.reduce((sum, { pages }) => sum + pages, 0)).toBeGreaterThanOrEqual(48 * 256);
    expect(ranges.map(({ label }) => label)).toContain('[stack]');
    expect(notes).toEqual([]);
  });

  it('is nothing that other programs have', async () => {
    const { pid } = await other.start('written=48', 'memfd=64');
    const { ranges, notes } = await openProcess(pid);
    expect(ranges.map(({ label }) => label)).not.toContain('guest RAM');
    expect(notes).toEqual([]);
  });
});

describe('shared RAM', () => {
  it('is not scanned; a note says so, and by what path it can be, which holds the same bytes', async () => {
    const { pid } = await qemu.start('memfd=64');
    const { pages, notes } = await openProcess(pid);
    expect(pages).toBeLessThan(1024);
    expect(notes).toEqual([
      expect.stringMatching(
        /^32\.0 MiB of guest RAM \(\/memfd:guest \(deleted\)\) is shared memory, which KSM never takes/,
      ),
    ]);
    const [, path = ''] = /ksm scan (\S+)$/.exec(notes[0] ?? '') ?? [];
    expect(path).toMatch(new RegExp(`^/proc/${pid}/fd/\\d+$`));
    const [source] = await openImage(path);
    const image = await readAll(source as PageSource);
    expect(image.get(1)?.readBigUInt64LE(0)).toBe((image.get(0)?.readBigUInt64LE(0) ?? 0n) + 1n);
    expect(readFileSync(`/proc/${pid}/comm`, 'utf8')).toBe('qemu-system-x86\n');
  });
});
