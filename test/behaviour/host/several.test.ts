/**
 * Hosts in one process know nothing of each other: whatever their memories, orders and kinds of pages, each does in turn with others
 * what it does alone.
 */
import { expect, test } from 'vitest';
import { type AddressSpace, createHost, type Host, type HostOptions } from '../../../src/index.ts';
import { Dice } from '../../support/dice.ts';
import { checkHost } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';

const HOSTS: readonly HostOptions[] = [
  { memory: '1M', pages: 512, processes: 8, vmas: 64, seed: 1 },
  { memory: '4M', pages: 2048, processes: 16, vmas: 64, seed: 2, index: 'content', nodes: 2 },
  { memory: '1M', pages: 512, processes: 8, vmas: 64, seed: 3, page: 'names' },
  { memory: '2M', pages: 1024, processes: 8, vmas: 64, seed: 4, dirtyTracking: 'on' },
];
const PAGES = 24;
const ROUNDS = 60;

function put(space: AddressSpace, page: number, content: number, areNames: boolean): void {
  if (areNames) space.setName(page * PAGE, BigInt(content));
  else space.write(page * PAGE, new Uint8Array(PAGE).fill(content));
}

function get(space: AddressSpace, page: number, areNames: boolean): unknown {
  return areNames ? space.getName(page * PAGE) : space.read(page * PAGE, 2);
}

/** What happens on one host, and what it says of itself after each round. */
function* life(host: Host, options: HostOptions): Generator<unknown> {
  const areNames = options.page === 'names';
  const dice = new Dice(Number(options.seed));
  Object.assign(host.ksm.settings, { run: 1, smart_scan: false, use_zero_pages: true, max_page_sharing: 3 });
  const spaces = [host.spawn(), host.spawn()];
  for (const space of spaces) {
    space.mmap(0, PAGES * PAGE);
    space.madvise(0, PAGES * PAGE, 'MERGEABLE');
  }
  for (let round = 0; round < ROUNDS; round++) {
    const space = spaces[dice.below(2)] as AddressSpace;
    for (let left = 3; left > 0; left--) put(space, dice.below(PAGES), dice.below(4), areNames);
    if (dice.below(4) === 0) space.madvise(dice.below(PAGES) * PAGE, PAGE, 'DONTNEED');
    if (dice.below(10) === 0) {
      const child = space.fork();
      put(child, dice.below(PAGES), 9, areNames);
      child.exit();
    }
    host.ksm.scan(1 + dice.below(60), { now: round });
    checkHost(host);
    yield [{ ...host.ksm.counters() }, host.usage(), get(space, dice.below(PAGES), areNames), host.limits];
  }
}

async function lives(): Promise<Generator<unknown>[]> {
  const hosts = await Promise.all(HOSTS.map((options) => createHost(options)));
  return hosts.map((host, at) => life(host, HOSTS[at] as HostOptions));
}

test('of bytes and of names, large and small, in turn: each is as if it were alone', async () => {
  const alone = (await lives()).map((one) => [...one]);
  const inTurn: unknown[][] = HOSTS.map(() => []);
  const running = await lives();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, one] of running.entries()) inTurn[at]?.push(one.next().value);
  }
  expect(inTurn).toEqual(alone);
  const merged = alone.map((rounds) => (rounds.at(-1) as [{ pages_sharing: number }])[0].pages_sharing);
  expect(Math.min(...merged)).toBeGreaterThan(0);
});

test('a process of one host is no process of another, and a host that is left takes none along', async () => {
  const [small, large] = await Promise.all([createHost(HOSTS[0]), createHost(HOSTS[2])]);
  const guest = large.spawn();
  guest.mmap(0, PAGE);
  guest.setName(0, 7n);
  const { handle } = guest;
  expect(() => small.process(handle)).toThrow(expect.objectContaining({ code: 'ESRCH' }));
  small.leave();
  expect(() => small.spawn()).toThrow(expect.objectContaining({ code: 'EBADF' }));
  expect(guest.getName(0)).toBe(7n);
  checkHost(large);
});
