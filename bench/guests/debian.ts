/**
 * Debian's packages in a folder of their own: apt-get downloads and dpkg-deb unpacks them, nothing is installed, and neither needs root.
 *
 * Which packages, and how apt-get is told to keep them apart from the machine's, is the callers' matter.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** What is needed could not be fetched or unpacked: the machine lacks something, and no code is wrong. */
export class Lacking extends Error {}

/** What a program prints. Throws Lacking, which says what the program said and then what is `needed`. */
export function run(program: string, args: readonly string[], needed: string, folder = '.'): string {
  const env = { ...process.env, LC_ALL: 'C.UTF-8' };
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: folder, encoding: 'utf8', env });
  if (status === 0) return stdout;
  throw new Lacking(`${program} failed: ${(stderr ?? String(error)).trim()}\n${needed}`, { cause: error });
}

/** Unpacks all archives in a folder. All or nothing: `root` has its name once everything is in it. */
export function unpack(archives: string, root: string, needed: string): void {
  const part = `${root}.part`;
  rmSync(part, { recursive: true, force: true });
  for (const name of readdirSync(archives)) {
    if (name.endsWith('.deb')) run('dpkg-deb', ['--extract', join(archives, name), part], needed);
  }
  renameSync(part, root);
}

/** The last by name of the files that match, in the first of the folders that has any. */
export function newest(folders: readonly string[], pattern: RegExp): string {
  for (const folder of folders) {
    const names = existsSync(folder) ? readdirSync(folder).filter((name) => pattern.test(name)) : [];
    const name = names.sort().at(-1);
    if (name !== undefined) return join(folder, name);
  }
  throw new Error(
    `${pattern} is in none of ${folders.join(', ')}. Remove the folder that packages were unpacked to, and try again.`,
  );
}
