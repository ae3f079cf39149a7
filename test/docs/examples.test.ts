/** Every example runs from the built package, finds what it claims to be so, and prints what came of it. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const FOLDER = fileURLToPath(new URL('../../examples/', import.meta.url));
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.js'));
const examples = files.filter((name) => !name.endsWith('.worker.js'));

/** A part of what each prints that says that it got to where it wanted. */
const RESULTS: Record<string, RegExp> = {
  'emulator-names.js': /: 312 pages of bytes after merging\n10 stores .* faulted; then 200 frames shared, 190 more/,
  'emulator.js': /then 312 frames\n10 stores to merged pages faulted; every byte of both machines is right/,
  'guests-in-workers.js':
    /; 0 reads were wrong\n[1-9]\d* times a merged page was written[^\n]*\n[1-9]\d{3} of 2000 pages/,
  'simulator-loop.js': /1024 frames before, 384 after: 2560 KiB saved\n.*\na second run was the same/,
};

test('every example is expected to print something', () => {
  expect(examples).toEqual(Object.keys(RESULTS));
});

test.each(examples)('%s', (name) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [FOLDER + name], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout).toMatch(RESULTS[name] as RegExp);
  expect(status).toBe(0);
});

test.each(examples)('%s says how it is run', (name) => {
  expect(readFileSync(FOLDER + name, 'utf8')).toContain(`npm run build && node examples/${name}`);
});
