/**
 * Around every run of vitest: whatever the tests start and write has to be gone when they are over, and a run ends some day.
 *
 * No test waits for a time: what it waits for comes, however slow the machine is. So a test that hangs would hang for ever; the hours
 * that are given here, and in vitest.config.ts to a test, only end that, and are no measure of anything.
 */
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { endMarked, leftProcesses, MARK } from './leftovers.ts';

const LAST_RESORT_MS = 4 * 3_600_000;

/** Called by vitest before the first test; what it returns is called after the last one. */
export default function setup(): (() => Promise<void>) | undefined {
  if (process.env[MARK] !== undefined) return undefined; // vitest calls it once for each project
  const mark = randomUUID();
  const folder = mkdtempSync(join(tmpdir(), 'ksm-tests-'));
  chmodSync(folder, 0o1777); // some tests run programs of users without rights
  process.env[MARK] = mark;
  process.env.TMPDIR = folder;
  const lastResort = setTimeout(() => {
    console.error('The tests have not ended within four hours: one of them hangs. They are ended now.');
    process.exitCode = 1;
    endMarked(mark);
    process.exit();
  }, LAST_RESORT_MS);
  return async () => {
    clearTimeout(lastResort);
    const processes = await leftProcesses(mark);
    endMarked(mark);
    const files = readdirSync(folder);
    rmSync(folder, { recursive: true, force: true });
    for (const { pid, command } of processes) complain(`process ${pid} was left behind (and is ended now): ${command}`);
    for (const file of files) complain(`${join(folder, file)} was left behind (and is removed now)`);
  };
}

/** What fails here is not one test, but the run. */
function complain(text: string): void {
  console.error(`FAIL  ${text}`);
  process.exitCode = 1;
}
