/** What examples/v86 says where the parts of its guests cannot be had. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Lacking, run } from '../../../bench/guests/debian.ts';
import { partsIn } from '../../../examples/v86/parts.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'v86-'));
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test('without apt-get the packages are named that would be needed, and nothing is taken for there', () => {
  vi.stubEnv('PATH', folder);
  for (let time = 0; time < 2; time++) {
    expect(() => partsIn(join(folder, 'v86'))).toThrow(Lacking);
    expect(() => partsIn(join(folder, 'v86'))).toThrow(/linux-image-686, busybox-static and seabios for i386/);
  }
});

test('a program that fails is named with what it said and what is needed', () => {
  const failing = (): string =>
    run(process.execPath, ['-e', 'console.error("no mirror"); process.exit(100)'], 'A mirror.');
  expect(failing).toThrow(Lacking);
  expect(failing).toThrow(/failed: no mirror\nA mirror\.$/);
  expect(run(process.execPath, ['-e', 'console.log("found")'], 'A mirror.')).toBe('found\n');
});
