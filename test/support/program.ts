/** Runs the built command line as a process of its own, the way a user does. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

export const MAIN: string = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

/** A user who may do nothing special. */
const NOBODY = 65_534;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface How {
  /** As a user without rights, where this test runs as root. */
  readonly unprivileged?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

let copy: string | undefined;

/** The program where everybody may read it: the checkout itself may lie in a folder that only its owner enters. */
function readableMain(): string {
  if (copy === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'ksm-program-'));
    chmodSync(folder, 0o755);
    cpSync(fileURLToPath(new URL('../../dist', import.meta.url)), join(folder, 'dist'), { recursive: true });
    cpSync(fileURLToPath(new URL('../../package.json', import.meta.url)), join(folder, 'package.json'));
    copy = folder;
  }
  return join(copy, 'dist/src/cli/main.js');
}

afterAll(() => {
  if (copy !== undefined) rmSync(copy, { recursive: true });
});

/** Starts `ksm ARGUMENTS`. */
export function start(words: readonly string[], { unprivileged = false, env = {} }: How = {}): ChildProcess {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} does not exist: run "npm run build" first`);
  const asNobody = unprivileged && process.getuid?.() === 0;
  const user = asNobody ? { uid: NOBODY, gid: NOBODY, cwd: tmpdir() } : {};
  const { NO_COLOR: _, FORCE_COLOR: __, COLUMNS: ___, ...inherited } = process.env;
  return spawn(process.execPath, [asNobody ? readableMain() : MAIN, ...words], {
    ...user,
    env: { ...inherited, ...env },
  });
}

/** Waits until a started program has ended and everything it wrote is there. */
export function ended(child: ChildProcess): Promise<Ended> {
  const read = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      read[name] += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...read }));
  });
}

/** `ksm ARGUMENTS` from start to end. */
export function ksm(words: readonly string[], how: How = {}): Promise<Ended> {
  return ended(start(words, how));
}

/** What `run` of the command line is given and what it wrote, for each list of words. */
const IN_TURN = `
  import { writeSync } from 'node:fs';
  const { run } = await import(process.argv[1]);
  for (const words of JSON.parse(process.argv[2])) {
    const code = await run(words, new AbortController().signal, () => {});
    for (const fd of [1, 2]) writeSync(fd, \`\\0\${code}\\0\`);
  }`;

/** `ksm ARGUMENTS` for many arguments, in turn in one process: a process of its own for each costs a fifth of a second of CPU. */
export async function ksmInTurn(all: readonly (readonly string[])[]): Promise<Ended[]> {
  const program = new URL('../../dist/src/cli/program.js', import.meta.url).href;
  const words = ['--input-type=module', '-e', IN_TURN, program, JSON.stringify(all)];
  const { stdout, stderr } = await ended(spawn(process.execPath, words));
  const [out, err] = [stdout, stderr].map((text) => text.split('\0'));
  return all.map((_, at) => ({
    code: Number(out?.[2 * at + 1]),
    stdout: out?.[2 * at] ?? '',
    stderr: err?.[2 * at] ?? '',
  }));
}

/** A folder for the files of one test file, that everybody may look into. */
export class Folder {
  readonly path: string = mkdtempSync(join(tmpdir(), 'ksm-cli-'));

  /** Writes a file and gives its path. */
  file(name: string, content: Uint8Array | string): string {
    const path = join(this.path, name);
    writeFileSync(path, content);
    return path;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
