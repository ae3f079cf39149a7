/**
 * Packs the package as a maintainer would, once for all checks, and installs it in an empty folder as a user would. What the checks
 * look at is that folder, never the checkout.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder with the package installed in its node_modules; the tarball's path. */
    readonly app: string;
    readonly tarball: string;
  }
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** vitest calls it before the first check. Returns what is done after the last. */
export default function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'ksm-package-'));
  try {
    npm(['pack', '--loglevel', 'warn', '--pack-destination', folder], ROOT);
    const tarball = join(folder, readdirSync(folder)[0] ?? '');
    const app = join(folder, 'app');
    mkdirSync(app);
    writeFileSync(join(app, 'package.json'), '{ "private": true, "type": "module" }');
    npm(['install', '--offline', '--no-audit', '--no-fund', tarball], app);
    provide('app', app);
    provide('tarball', tarball);
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
  return () => rmSync(folder, { recursive: true });
}

function npm(words: readonly string[], cwd: string): void {
  execFileSync('npm', words, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
}
