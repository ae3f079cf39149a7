/**
 * `npm run test:faults`: for each seeded fault, builds the engine with assertions from a copy of its sources that has the fault, and plays
 * the core against it. A fault is found if the walker, an assertion or a trap tells; a wrong result alone is too late.
 *
 *   npm run test:faults -- [--jobs N] [WORD…]      only faults whose names have one of the words
 *
 * Exit codes: 0 enough are found, 2 wrong usage, 3 too few are, or the sound engine fails.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs, promisify } from 'node:util';
import type { Told } from './core.ts';
import { FAULTS, type Fault, nameOf } from './faults.ts';
import { planted, sourcesIn } from './plant.ts';

/** Of twelve faults eleven are to be found. */
const ENOUGH = 11 / 12;
/** Seconds of CPU after which an engine with a fault goes round for ever: the core takes some ten. */
const FOR_EVER = 60;
const CORE = 'dist/test/support/seeded/core.js';
const ASC = resolve('node_modules/assemblyscript/bin/asc.js');

const exec = promisify(execFile);
// As they are now: a run takes minutes, in which somebody may go on working.
const sources = sourcesIn('assembly');
const config = readFileSync('asconfig.json');

/** Builds the engine in a folder of its own, with the fault if there is one, and plays the core against it. */
async function play(fault?: Fault): Promise<Told> {
  const folder = mkdtempSync(join(tmpdir(), 'ksm-fault-'));
  try {
    const changed = fault && planted(sources, fault);
    writeFileSync(join(folder, 'asconfig.json'), config);
    for (const [file, text] of sources) {
      const path = join(folder, 'assembly', file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, file === changed?.file ? changed.text : text);
    }
    const engine = join(folder, 'engine.wasm');
    await exec(process.execPath, [ASC, 'assembly/index.ts', '--target', 'debug', '-o', engine], { cwd: folder });
    const limited = `ulimit -t ${FOR_EVER}; exec "$0" "$@"`;
    const { stdout } = await exec('sh', ['-c', limited, process.execPath, CORE, engine], { maxBuffer: 2 ** 24 });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  } catch (error) {
    const { signal, message, stderr = '' } = error as Error & { signal?: string; stderr?: string };
    if (signal) return { how: 'trap', by: 'the core', what: `goes round for ever (${signal})` };
    throw new Error(`${fault ? nameOf(fault) : 'the sound engine'}: ${stderr || message}`, { cause: error });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { jobs: { type: 'string', default: '2' } },
    allowPositionals: true,
  });
  const jobs = Number(values.jobs);
  const wanted = FAULTS.filter((fault) => positionals.every((word) => nameOf(fault).includes(word)));
  if (!(jobs >= 1) || wanted.length === 0) {
    console.error('usage: npm run test:faults -- [--jobs N] [WORD…], where some fault has all the words in its name');
    return 2;
  }
  const sound = await play();
  if (sound.how !== 'nothing') {
    console.error(`The engine without a fault fails: ${sound.by}: ${sound.what}`);
    return 3;
  }
  const counts = new Map<string, number>();
  let found = 0;
  const rest = wanted.values();
  const inTurn = async (): Promise<void> => {
    for (const fault of rest) {
      const { how, by, what } = await play(fault);
      counts.set(how, (counts.get(how) ?? 0) + 1);
      if (how !== 'nothing' && how !== 'result') found++;
      console.log(`${how.padEnd(10)} ${nameOf(fault)}${by && `\n           ${by}: ${what}`}`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, inTurn));
  console.log(`\n${[...counts].map(([how, count]) => `${how} ${count}`).join(', ')}`);
  console.log(`${found} passed, ${wanted.length - found} failed`);
  return found >= wanted.length * ENOUGH ? 0 : 3;
}

process.exitCode = await main();
