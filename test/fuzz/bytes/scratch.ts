/** A folder of this thread's own for the files that targets need. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let folder: string | undefined;

/** The path of a file in the folder. */
export function scratch(name: string): string {
  folder ??= mkdtempSync(join(tmpdir(), 'ksm-fuzz-'));
  return join(folder, name);
}

/** Removes the folder, if there is one. For the end: targets keep paths in it. */
export function removeScratch(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}
