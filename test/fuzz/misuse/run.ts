/**
 * `npm run misuse`: calls every method of the library and every export of the engine with arguments of all kinds, in both orders and
 * with both builds of the engine, and checks all invariants after each call.
 *
 * Exit codes: 0 nothing found, 2 wrong usage, 3 something was found.
 */
import { randomInt } from 'node:crypto';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { play } from './play.ts';
import type { Build } from './world.ts';

const USAGE = `npm run misuse -- [--calls N] [--seed S]

  --calls N   for each order and each build; 10000 unless given
  --seed S    of the calls; random unless given`;

const BUILDS: readonly Build[] = [
  { index: 'content', debug: false },
  { index: 'hash', debug: false },
  { index: 'content', debug: true },
  { index: 'hash', debug: true },
];

function nameOf({ index, debug }: Build): string {
  return `${index} order, ${debug ? 'debug' : 'release'} build`;
}

const { values } = parseArgs({ options: { calls: { type: 'string' }, seed: { type: 'string' } } });
const calls = Number(values.calls ?? 10_000);
const seed = values.seed ?? String(randomInt(2 ** 30));
if (!Number.isSafeInteger(calls) || calls < 1) {
  process.stderr.write(`--calls ${values.calls}: expected a whole number from 1 on\n\n${USAGE}\n`);
  process.exit(2);
}
let failed = 0;
for (const build of BUILDS) {
  try {
    const { results } = await play(seed, build, calls);
    const taken = [...results.values()].reduce((sum, [each]) => sum + each, 0);
    process.stdout.write(
      `${nameOf(build)}: ${calls} calls, ${taken} gave a result, the others were refused as they should be\n`,
    );
  } catch (error) {
    failed++;
    process.stdout.write(`${nameOf(build)}: ${(error as Error).stack}\n${String((error as Error).cause)}\n`);
    process.stdout.write(`to see it again: npm run misuse -- --seed ${seed} --calls ${calls}\n`);
  }
}
process.stdout.write(`${BUILDS.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 3;
