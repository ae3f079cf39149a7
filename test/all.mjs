// `npm run test:all`: everything there is, one after the other; expects a build. Ends with the totals of all runners.
//
//   node test/all.mjs [STEP…]      only these steps
//
// Each step stops by work done, never by a clock, but for v86, which ends 60 seconds after its guests have begun at the latest; no verdict
// depends on that. What this machine cannot do (no Chromium, no KSM, no spin, no packages for guests) its step says and leaves out; with CI
// set only KSM may be missing. Exit code 1: something failed.

import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { stripVTControlCharacters } from 'node:util';

const { resolve } = createRequire(import.meta.url);
const vitest = join(dirname(resolve('vitest/package.json')), 'vitest.mjs');
const tsc = resolve('typescript/bin/tsc');
const traces = readdirSync('test/recordings/golden').flatMap((name) =>
  name.endsWith('.trace.jsonl') ? [`test/recordings/golden/${name}`] : [],
);
const replay = ['dist/src/cli/main.js', 'replay', '--check'];

/** Commands of Node.js, all of which have to end well. `lacking`: the exit code that says that the machine lacks what it needs. */
const STEPS = {
  vitest: { commands: [[vitest, 'run']], env: { PROPERTY_RUNS: '1000' } },
  recordings: {
    commands: [
      [...replay, ...traces],
      [...replay, '--index', 'hash', ...traces],
    ],
  },
  protocol: { commands: [['test/concurrency/protocol/check.mjs']], lacking: 2 },
  sim: {
    commands: [
      [tsc, '-p', 'test/concurrency/sim'],
      ['dist/test/concurrency/sim/run.js', '--schedules', '100000', '--threads', '2'],
    ],
  },
  // What plays the build with assertions otherwise, once more on the one that ships.
  release: {
    commands: [
      [vitest, 'run', 'test/behaviour/property', 'test/behaviour/faults', 'test/concurrency/sim'],
      [tsc, '-p', 'test/concurrency/sim'],
      ['dist/test/concurrency/sim/run.js', '--schedules', '50000', '--threads', '2'],
    ],
    env: { ENGINE: 'release', PROPERTY_RUNS: '1000' },
  },
  soak: {
    commands: [
      [tsc, '-p', 'test/concurrency/soak'],
      ['dist/test/concurrency/soak/run.js', '--operations', '20000000'],
      ['dist/test/concurrency/soak/run.js', '--operations', '10000000', '--index', 'content', '--dirty', 'on'],
      ['dist/test/concurrency/soak/run.js', '--operations', '20000000', '--page', 'names'],
      ['dist/test/concurrency/soak/run.js', '--operations', '10000000', '--page', 'names', '--dirty', 'on'],
    ],
  },
  deaths: {
    commands: [
      [tsc, '-p', 'test/concurrency/soak'],
      ['dist/test/concurrency/soak/run-deaths.js', '--deaths', '600'],
      ['dist/test/concurrency/soak/run-deaths.js', '--deaths', '300', '--index', 'content', '--dirty', 'on'],
      ['dist/test/concurrency/soak/run-deaths.js', '--deaths', '300', '--page', 'names'],
    ],
  },
  fuzz: {
    commands: [
      [tsc, '-p', 'test/fuzz/bytes'],
      ['dist/test/fuzz/bytes/run.js', '--executions', '3000', '--seed', '1'],
    ],
  },
  misuse: {
    commands: [
      [tsc, '-p', 'test/fuzz/misuse'],
      ['dist/test/fuzz/misuse/run.js', '--calls', '100000', '--seed', '1'],
    ],
  },
  // Two guests in the example's emulator; the example itself holds its counters against a count of their bytes.
  v86: {
    commands: [
      [tsc, '-p', 'examples/v86'],
      ['dist/examples/v86/main.js', '--seconds', '60'],
    ],
    lacking: 2,
  },
  kernel: {
    commands: [
      [tsc, '-p', 'test/recordings/kernel'],
      ['dist/test/recordings/kernel/run.js', '--traces', '300'],
    ],
  },
};

/** Runs a command and shows what it says. Resolves with the end of that, and the exit code. */
function run(words, env) {
  return new Promise((ended) => {
    const child = spawn(process.execPath, words, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      process.stdout.write(text);
      said = (said + text).slice(-10_000);
    });
    child.once('close', (code) => ended({ code, said }));
  });
}

/** What a runner counted, from its last line that tells; else the command itself is what passed or failed. */
function countsOf({ code, said }) {
  const ok = code === 0;
  const line =
    stripVTControlCharacters(said)
      .split('\n')
      .findLast((text) => /^ *Tests +|^\d+ passed, \d+ failed/.test(text)) ?? '';
  const count = (word) => Number(new RegExp(`(\\d+) ${word}`).exec(line)?.[1] ?? 0);
  const [passed, failed] = [count('passed'), count('failed')];
  if (passed + failed === 0) return { passed: ok ? 1 : 0, failed: ok ? 0 : 1 };
  return { passed, failed: ok ? failed : Math.max(1, failed) };
}

const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(STEPS);
const unknown = wanted.find((name) => !(name in STEPS));
if (unknown !== undefined) {
  console.error(`test:all: there is no step "${unknown}"; there are ${Object.keys(STEPS).join(', ')}`);
  process.exit(2);
}
if (!existsSync('dist/src/cli/main.js')) {
  console.error('test:all: there is no build; run "npm run build" first');
  process.exit(2);
}
const total = { passed: 0, failed: 0 };
for (const name of wanted) {
  const { commands, env = {}, lacking } = STEPS[name];
  const start = performance.now();
  for (const words of commands) {
    const isCompiler = words[0] === tsc;
    if (!isCompiler) console.log(`\n== ${name}: ${words.slice(0, 8).join(' ')}${words.length > 8 ? ' …' : ''}`);
    const ended = await run(words, env);
    if (ended.code === lacking && !process.env.CI) continue;
    if (isCompiler && ended.code === 0) continue;
    const counts = countsOf(ended);
    total.passed += counts.passed;
    total.failed += counts.failed;
    if (counts.failed > 0) console.log(`== ${name}: FAILED`);
  }
  console.log(`== ${name}: ${Math.round((performance.now() - start) / 1000)} s`);
}
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
