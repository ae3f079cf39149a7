/**
 * Programs that only the checks of the package need: bundlers, judges of packages, other run times. Each folder has a lock file of its
 * own, so they are exact, and nobody who only installs the project's own tools downloads them.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder with its `node_modules` installed as its lock file says. */
export function installed(name: 'tools' | 'runtimes'): string {
  const folder = fileURLToPath(new URL(name, import.meta.url));
  const stamp = join(folder, 'node_modules/.installed');
  const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
    execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    writeFileSync(stamp, lock);
  }
  return folder;
}
