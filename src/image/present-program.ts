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
import { dirname, isAbsolute, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** Named from the folder above: so it is found from dist/src/program, too. */
const SOURCE = fileURLToPath(new URL('../image/present.c', import.meta.url));
/** Milliseconds: a compiler that takes longer is not waited for. */
const PATIENCE = 20_000;

export interface Program {
  readonly path: string;
  /** To be called once it runs, or is not wanted: removes what was made for one run. */
  forget(): void;
}

/** The program; undefined where there is neither a built one nor a compiler. */
export async function presentProgram(signal: AbortSignal): Promise<Program | undefined> {
  const path = packaged();
  return path === undefined ? compiled(signal) : { path, forget: () => {} };
}

/** Of an optional package, which has it built. */
function packaged(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(`@ksm-wasm/present-linux-${process.arch}/present`);
  } catch {
    return undefined;
  }
}

async function compiled(signal: AbortSignal): Promise<Program | undefined> {
  let temporary: string | undefined;
  const forget = (): void => {
    if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
  };
  try {
    const name = `present-${createHash('sha256').update(readFileSync(SOURCE)).digest('hex').slice(0, 16)}-${process.arch}`;
    const folder = cacheFolder();
    if (folder === undefined) temporary = mkdtempSync(join(tmpdir(), 'ksm-present-'));
    const program = join(folder ?? temporary ?? '', name);
    if (isOurs(program)) return { path: program, forget };
    // Under a name of its own until it is whole: other runs may be at the same.
    const unfinished = `${program}.${process.pid}`;
    if (await compile(unfinished, signal)) {
      renameSync(unfinished, program);
      return { path: program, forget };
    }
    rmSync(unfinished, { force: true });
  } catch {
    // Neither folder can be written to.
  }
  forget();
  return undefined;
}

/**
 * A folder that only this user can write to, as can none of those above it in the user's home; undefined if there is none. A home that is
 * not there is not made, and each folder is made by itself: where nothing can be made, as in /proc, a recursive mkdir never ends.
 */
function cacheFolder(): string | undefined {
  const home = homedir();
  const said = process.env.XDG_CACHE_HOME ?? '';
  const cache = isAbsolute(said) ? said : join(home, '.cache');
  const folders = [dirname(cache), cache, join(cache, 'ksm-wasm')];
  const isPrivate = (cache.startsWith(`${home}/`) ? [home, ...folders] : folders).every((folder, at) => {
    if (at > 0) makeFolder(folder);
    return isOurs(folder);
  });
  return isPrivate ? folders.at(-1) : undefined;
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch {
    // It is there already, or will be missed.
  }
}

/** Is it there, this user's, and can nobody else write to it? */
function isOurs(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isSymbolicLink()) return false;
  return found.uid === process.geteuid?.() && (found.mode & 0o022) === 0;
}

/** Could it be compiled? Static where that goes: then it starts in half the time. */
async function compile(program: string, signal: AbortSignal): Promise<boolean> {
  const [compiler = 'cc', ...first] = (process.env.CC ?? '').split(/\s+/).filter((word) => word !== '');
  for (const kind of [['-static'], []]) {
    if (await run(compiler, [...first, '-O2', ...kind, '-o', program, SOURCE], signal)) return true;
    if (signal.aborted) return false;
  }
  return false;
}

function run(compiler: string, words: readonly string[], signal: AbortSignal): Promise<boolean> {
  // Not imported: a scan of images would load it for nothing.
  const { execFile } = process.getBuiltinModule('node:child_process');
  return new Promise((resolve) =>
    execFile(compiler, words, { timeout: PATIENCE, signal }, (error) => resolve(error === null)),
  );
}
