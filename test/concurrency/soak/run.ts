/**
 * `npm run soak`: guests on threads of their own, beside a scanner that scans flat out, check every byte that they
 * read.
 */
import { command, print } from './command.ts';
import { merged } from './machine.ts';
import { soak } from './soak.ts';

const OPERATIONS = 100_000_000;

const OPTIONS = [
  { name: 'operations', value: 'N', help: `of all guests together: ${OPERATIONS}` },
  { name: 'guests', value: 'N', help: 'threads that run guests: 2' },
] as const;

await command('soak', OPTIONS, async ({ number, ...given }) => {
  const operations = number('operations', OPERATIONS, 1, Number.MAX_SAFE_INTEGER);
  const result = await soak({ ...given, operations, guests: number('guests', 2, 1, 16), report: print });
  const speed = Math.round(result.operations / result.seconds);
  print(`${result.operations} operations in ${result.seconds.toFixed(1)} s: ${speed} operations/s`);
  print(merged(result));
});
