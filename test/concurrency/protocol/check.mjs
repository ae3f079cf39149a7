// Checks docs/protocol.md: spin looks at every state of each model here. A model as it is must have no error, and with
// one step left out (its FAULT macros) it must have one, or it would not notice that the step is missing.
//
//   node test/concurrency/protocol/check.mjs [--seconds N]      N: for the whole run; as long as it takes unless given
//
// Needs spin and a C compiler (Debian: apt-get install spin gcc). Exit code 1: something failed, 2: they are missing.
// To see a counterexample: spin -DFAULT=NAME -a M.pml; cc -DSAFETY -DNOREDUCE -DBFS -o pan pan.c; ./pan;
// spin -DFAULT=NAME -t -p -g M.pml

import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';

const run = promisify(execFile);
const models = ['ksm', 'access', 'lock', 'dirty'];
/** Runs at once. Only one of them is large: ksm without a fault needs 1.1 GB. */
const JOBS = 2;
// NOREDUCE: a rendezvous in `unless`, as the models have it, does not go with partial order reduction.
const CFLAGS = ['-w', '-DSAFETY', '-DNOREDUCE', '-DCOLLAPSE'];
const CORRECT = { name: '0', flags: ['-O2', '-DMEMLIM=1536'], options: ['-m1000000', '-w24'] };
/** An error is near if there is one: a search of little depth meets it at once, and compiling takes longer. */
const FAULTY = { flags: ['-O0', '-DMEMLIM=512'], options: ['-m1000', '-w20'] };

const { values } = parseArgs({ options: { seconds: { type: 'string', default: 'Infinity' } } });
const budget = Number(values.seconds);
if (!(budget > 0)) {
  console.error(`protocol: --seconds ${values.seconds} is no number of seconds`);
  process.exit(2);
}
for (const [tool, version, name] of [
  ['spin', '-V', 'spin'],
  ['cc', '--version', 'gcc'],
]) {
  if (spawnSync(tool, [version]).status === 0) continue;
  console.error(`protocol: ${tool} is missing; install it (Debian: apt-get install ${name})`);
  process.exit(2);
}
const deadline = Date.now() + budget * 1000;
/** For a child process: 0 is without limit. */
const timeLeft = () => (deadline === Number.POSITIVE_INFINITY ? 0 : Math.max(1, deadline - Date.now()));

const pathOf = (model) => join(import.meta.dirname, `${model}.pml`);

/** The faults that a model knows, from its head: {name, breaks}. */
function faultsOf(model) {
  const head = readFileSync(pathOf(model), 'utf8').split('#ifndef FAULT')[0];
  return [...head.matchAll(/^#define (\w+) \d+ +\/\* (.+) \*\/$/gm)].map(([, name, breaks]) => ({ name, breaks }));
}

/** What pan says of the model with `fault`. Its exit code says nothing. */
async function search(model, { name, flags, options }) {
  const cwd = mkdtempSync(join(tmpdir(), 'ksm-protocol-'));
  const limits = () => ({ cwd, timeout: timeLeft(), maxBuffer: 2 ** 26 });
  try {
    await run('spin', [`-DFAULT=${name}`, '-a', pathOf(model)], limits());
    await run('cc', [...flags, ...CFLAGS, '-o', 'pan', 'pan.c'], limits());
    const { stdout } = await run(join(cwd, 'pan'), [...options, '-n'], limits());
    return stdout;
  } catch (error) {
    if (error.killed) return `no end after ${budget} seconds in all`;
    return `${error.stdout ?? ''}${error.stderr ?? ''}` || String(error);
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

const stateCount = (said) => Math.round(Number(/([\d.e+]+) states, stored/.exec(said)?.[1] ?? 0)).toLocaleString('en');
const errorOf = (said) =>
  /^pan:\d+: ((?:assertion violated|invalid end state).*?)(?: \(at depth \d+\))?$/m.exec(said)?.[1];
const lastLine = (said) => said.trim().split('\n').at(-1);

/** Every state was seen, and none is wrong. */
function judgeCorrect(said) {
  const error = errorOf(said);
  if (error) return { ok: false, text: error };
  const isWhole =
    /errors: 0$/m.test(said) && !/max search depth too small|Search not completed|out of memory|MEMLIM/.test(said);
  if (!isWhole) return { ok: false, text: `not exhaustive: ${lastLine(said)}` };
  return { ok: true, text: `${stateCount(said)} states, no error` };
}

function judgeFault(said, breaks) {
  const error = errorOf(said);
  if (error) return { ok: true, text: `found after ${stateCount(said)} states (${breaks})` };
  return { ok: false, text: `not found (${breaks}): ${lastLine(said)}` };
}

const tasks = [
  ...models.map((model) => async () => ({
    title: `${model}: correct`,
    ...judgeCorrect(await search(model, CORRECT)),
  })),
  ...models.flatMap((model) =>
    faultsOf(model).map(({ name, breaks }) => async () => ({
      title: `${model}: ${name}`,
      ...judgeFault(await search(model, { ...FAULTY, name }), breaks),
    })),
  ),
];

let passed = 0;
let failed = 0;
async function worker() {
  for (let task = tasks.shift(); task; task = tasks.shift()) {
    const { title, ok, text } = await task();
    if (ok) passed++;
    else failed++;
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${title}: ${text}`);
  }
}
await Promise.all(Array.from({ length: JOBS }, worker));

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
