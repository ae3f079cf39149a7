/** A folder of this thread's own for the files that targets need, gone when the thread ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

let folder: string | undefined;

/** The path of a file in the folder. */
export function scratch(name: string): string {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'ksm-fuzz-'));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  return join(folder, name);
}
