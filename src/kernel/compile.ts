/**
 * Compiles puppet.c, once for each run of this program.
 *
 * The result is not kept for later runs: root would then execute a file that has been lying around, and compiling takes
 * a fraction of a second.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { KsmError } from '../errors.ts';

/** Named from the folder above: so it is found from dist/src/program, too. */
const SOURCE = fileURLToPath(new URL('../kernel/puppet.c', import.meta.url));

/** By compiler. */
const compiled = new Map<string, Promise<string>>();
let folder: string | undefined;

/** Where the programs are, until this one ends. */
function programFolder(): string {
  if (folder === undefined) {
    const made = fs.mkdtempSync(join(tmpdir(), 'ksm-puppet-'));
    process.once('exit', () => fs.rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  return folder;
}

/** The path of the puppet program. Throws KsmError ENOENT if there is no compiler, EIO if it fails. */
export function puppetProgram(compiler: string): Promise<string> {
  let program = compiled.get(compiler);
  if (program === undefined) {
    program = compile(compiler, join(programFolder(), `puppet-${compiled.size}`));
    compiled.set(compiler, program);
  }
  return program;
}

async function compile(compiler: string, program: string): Promise<string> {
  const { code, errors } = await run(compiler, ['-O2', '-o', program, SOURCE]);
  if (code === 0) return program;
  throw new KsmError('EIO', `${compiler} cannot compile ${SOURCE}: ${errors.trim() || `it ended with ${code}`}`);
}

function run(compiler: string, words: readonly string[]): Promise<{ code: number | null; errors: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(compiler, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    child.once('error', (cause) => {
      const advice = 'the processes of a trace are a small C program; install gcc or clang, or name a compiler in CC.';
      reject(new KsmError('ENOENT', `there is no C compiler "${compiler}": ${advice}`, { cause }));
    });
    child.once('close', (code) => resolve({ code, errors }));
  });
}
