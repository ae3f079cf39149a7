/** `npm run deaths`: scanners and guests are killed at random instants, and those who live lose nothing. */
import { command, print } from './command.ts';
import { deaths } from './deaths.ts';
import { merged } from './machine.ts';

const DEATHS = 10_000;
const GUEST_EVERY = 10;

const OPTIONS = [
  { name: 'deaths', value: 'N', help: `of scanners: ${DEATHS}` },
  { name: 'guest-every', value: 'N', help: `a guest dies after so many scanners: ${GUEST_EVERY}` },
] as const;

await command('deaths', OPTIONS, async ({ number, ...given }) => {
  const count = number('deaths', DEATHS, 1, Number.MAX_SAFE_INTEGER);
  const guestEvery = number('guest-every', GUEST_EVERY, 1, Number.MAX_SAFE_INTEGER);
  const { scanners, guests, ...result } = await deaths({ ...given, deaths: count, guestEvery, report: print });
  print(`${scanners.deaths} scanners died in ${result.seconds.toFixed(1)} s: ${scanners.batch} in a batch,`);
  print(`  ${scanners.locked} of them with the lock`);
  print(`${guests.deaths} guests died: ${guests.access} in an access, ${guests.locked} with the lock`);
  print(`  (${result.orphans} of their processes were nobody's)`);
  print(`${result.operations} operations of the guests that lived`);
  print(merged(result));
});
