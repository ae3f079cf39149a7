/** Runs the snippets of a document as programs beside the built package. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url));

/** What a program may call: `check` compares, and is counted. */
const CHECKS = `import assert from 'node:assert/strict';
let checks = 0;
const check = (found, wanted) => (assert.deepEqual(found, wanted), checks++);
`;

/** The JavaScript of a text. */
export function snippetsOf(text: string): string[] {
  return [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code = '']) => code);
}

/** A new folder from which programs can import 'ksm-wasm'. */
export function packageFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ksm-snippets-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(ROOT, join(folder, 'node_modules/ksm-wasm'), 'dir');
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  return folder;
}

/** What a program prints that prints nothing itself: how many checks it has made. */
export function outputOf(folder: string, program: string): string {
  writeFileSync(join(folder, 'main.js'), `${CHECKS}${program}\nconsole.log(checks);\nprocess.exit();\n`);
  const { stdout, stderr } = spawnSync(process.execPath, ['main.js'], { cwd: folder, encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout;
}
