/** The installed package on every run time that the documents name: the library, its threads, and the program. */
import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, test } from 'vitest';
import { installed } from './tools.ts';

const app = inject('app');
const modules = join(installed('runtimes'), 'node_modules');

const isArm = process.arch === 'arm64';
const node = (major: number): string => join(modules, `node${major}-${process.arch}/bin/node`);

/** Each with what its words begin with, and what it says when it is asked for its version. */
const RUNTIMES: readonly { name: string; program: string; words: readonly string[]; version: RegExp }[] = [
  ...[20, 22, 24].map((major) => ({
    name: `Node.js ${major}`,
    program: node(major),
    words: [],
    version: new RegExp(`^v${major}\\.`),
  })),
  {
    name: 'Bun',
    program: join(modules, `@oven/bun-linux-${isArm ? 'aarch64' : 'x64'}/bin/bun`),
    words: [],
    version: /^1\./,
  },
  {
    name: 'Deno',
    program: join(modules, `@deno/linux-${isArm ? 'arm64' : 'x64'}-glibc/deno`),
    words: ['run', '--allow-all', '--no-prompt', '--cached-only'],
    version: /^deno 2\./,
  },
];

cpSync(fileURLToPath(new URL('app/smoke.js', import.meta.url)), join(app, 'smoke.js'));

/** Two guests with 200 pages of five contents each; one page of one of them is then written to. */
const REPORT = {
  warnings: [],
  scanning: 2,
  beside: 2,
  pages_shared: 5,
  pages_sharing: 395,
  bytes: [99, 1, 1, 1],
  restored: [2, true, 99, 1],
  code: 'EFAULT',
};

describe.each(RUNTIMES)('$name', ({ program, words, version }) => {
  const run = (...more: string[]): string => execFileSync(program, more, { cwd: app, encoding: 'utf8' });

  test('is the one that it is taken for', () => {
    expect(run('--version')).toMatch(version);
  });

  test('merges, in threads, and comes back from a snapshot', () => {
    expect(JSON.parse(run(...words, 'smoke.js'))).toEqual(REPORT);
  });

  test('runs the program ksm', () => {
    const main = 'node_modules/ksm-wasm/dist/src/cli/main.js';
    const image = 'node_modules/ksm-wasm/dist/build/engine.wasm';
    const report = JSON.parse(run(...words, main, 'scan', '--json', '--scanners', '2', image, image));
    const pages = Math.ceil(report.pages / 2);
    expect(report).toMatchObject({ pages: 2 * pages, sysfs: { pages_sharing: pages } });
  });
});
