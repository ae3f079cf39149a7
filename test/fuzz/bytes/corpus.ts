/**
 * Where inputs come from and go to. Paths are from the root of the repository, which is where npm starts scripts and
 * vitest.
 *
 * corpus/TARGET/ holds seeds, each made by hand to show the target a form of input, and what was once found; its
 * files are played by every run of the tests.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Target } from './target.ts';

const CORPUS = 'test/fuzz/bytes/corpus';
const FINDINGS = 'build/fuzz-findings';

export interface Seed {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** The seeds of a target: the files of its corpus, then those that it names. */
export function seedsOf({ name, seeds = [] }: Target): Seed[] {
  const folder = join(CORPUS, name);
  const own = existsSync(folder) ? readdirSync(folder).sort() : [];
  const paths = [...own.map((file) => join(folder, file)), ...seeds];
  return paths.map((path) => ({ path, bytes: Uint8Array.from(readFileSync(path)) }));
}

/** Writes an input under build/, by target and content, and gives its path. */
export function keepFinding(target: string, input: Uint8Array): string {
  const path = join(FINDINGS, `${target}-${createHash('sha256').update(input).digest('hex').slice(0, 12)}`);
  mkdirSync(FINDINGS, { recursive: true });
  writeFileSync(path, input);
  return path;
}
