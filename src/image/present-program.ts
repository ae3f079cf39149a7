/**
 * Where the program of present.c is: in an optional package, else compiled, once for each version of its source.
 *
 * A program that lies around is executed, also by root. So it is kept only in a folder that nobody but this user can have changed, and is
 * compiled for one run where there is no such folder. Not having it is no failure: everything can be found without it, only more slowly.
 */
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** Named from the folder above: so it is found from dist/src/program, too. */
const SOURCE = fileURLToPath(new URL('../image/present.c', import.meta.url));
/** Milliseconds: a compiler that takes longer is not waited for. */
const PATIENCE = 20_000;

/** The path of the program; undefined where there is neither a built one nor a compiler. */
export async function presentProgram(): Promise<string | undefined> {
  return packaged() ?? (await compiled());
}

/** Of an optional package, which has it built. */
function packaged(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(`@ksm-wasm/present-linux-${process.arch}/present`);
  } catch {
    return undefined;
  }
}

async function compiled(): Promise<string | undefined> {
  try {
    const name = `present-${createHash('sha256').update(readFileSync(SOURCE)).digest('hex').slice(0, 16)}-${process.arch}`;
    const folder = cacheFolder();
    const program = join(folder ?? runFolder(), name);
    if (isOurs(program)) return program;
    // Under a name of its own until it is whole: other runs may be at the same.
    const unfinished = `${program}.${process.pid}`;
    if (!(await compile(unfinished))) return undefined;
    renameSync(unfinished, program);
    return program;
  } catch {
    return undefined; // Neither folder can be written to.
  }
}

/** A folder that only this user can write to, as can none of those above it in the user's home; undefined if there is none. */
function cacheFolder(): string | undefined {
  const home = homedir();
  const cache = process.env.XDG_CACHE_HOME ?? join(home, '.cache');
  const folder = join(cache, 'ksm-wasm');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch {
    return undefined; // A home that is not there, or read only.
  }
  const above = cache.startsWith(`${home}/`) ? [home, cache] : [dirname(cache), cache];
  return [...above, folder].every(isOurs) ? folder : undefined;
}

/** A folder that is gone when this program ends. */
function runFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ksm-present-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Is it there, this user's, and can nobody else write to it? */
function isOurs(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isSymbolicLink()) return false;
  return found.uid === process.geteuid?.() && (found.mode & 0o022) === 0;
}

/** Could it be compiled? Static where that goes: then it starts in half the time. */
async function compile(program: string): Promise<boolean> {
  const compiler = process.env.CC ?? 'cc';
  return (
    (await run(compiler, ['-O2', '-static', '-o', program, SOURCE])) || run(compiler, ['-O2', '-o', program, SOURCE])
  );
}

function run(compiler: string, words: readonly string[]): Promise<boolean> {
  // Not imported: a scan of images would load it for nothing.
  const { execFile } = process.getBuiltinModule('node:child_process');
  return new Promise((resolve) => execFile(compiler, words, { timeout: PATIENCE }, (error) => resolve(error === null)));
}
