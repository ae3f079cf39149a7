/** Builds the small C programs that take part in benches, with the compiler called cc. */

import { spawnSync } from 'node:child_process';

/** Compiles `source` to `program`, and returns `program`; throws an Error with what the compiler says. */
export function compileC(source: string, program: string, options: readonly string[] = ['-O2']): string {
  const { status, stderr, error } = spawnSync('cc', [...options, '-o', program, source], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`cc does not compile ${source}: ${stderr ?? error?.message}`, { cause: error });
  return program;
}

/** Is there a compiler? */
export function hasCompiler(): boolean {
  return spawnSync('cc', ['--version']).status === 0;
}
