/** Debian's Chromium, without a window: found, started on one page, and ended again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const FLAGS = [
  '--headless',
  '--no-sandbox', // a container's root has no other choice; the pages are our own
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--remote-debugging-port=0', // keeps it open after the page is loaded
];

/** The program's path; undefined where it is not installed. */
export function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, 'chromium')).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface Browser {
  /** Rejects with what Chromium said when it ends by itself. */
  readonly failure: Promise<never>;
  close(): Promise<void>;
}

/** Opens `url` in a Chromium with a fresh profile. */
export function openPage(chromium: string, url: string): Browser {
  const profile = mkdtempSync(join(tmpdir(), 'ksm-browser-'));
  const child = spawn(chromium, [...FLAGS, `--user-data-dir=${profile}`, url], {
    env: { ...process.env, TMPDIR: profile }, // what it forgets goes with the profile
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'close'); // all its processes have ended: none writes to the profile, or holds the pipe
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const failure = ended.then(([code]) => {
    throw new Error(`Chromium ended with code ${code}: ${said}`);
  });
  failure.catch(() => {}); // it also ends when it is told to
  return { failure, close: () => close(child, ended, profile) };
}

async function close(child: ChildProcess, ended: Promise<unknown>, profile: string): Promise<void> {
  child.kill();
  await ended;
  rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
}
