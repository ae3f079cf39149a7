/**
 * Reads and writes of a host that is shared (src/machine/access.ts) against plain arrays: over page borders, after merging, fork,
 * protection, unmapping and mapping again, with more pages than translations are remembered.
 */
import { describe, expect, test } from 'vitest';
import { type AddressSpace, createHost, type Host } from '../../src/index.ts';
import { Dice } from '../support/dice.ts';
import { checkHost } from '../support/inside.ts';
import { PAGE } from '../support/page.ts';

/** More than a space remembers translations of: the last ones have places that the first ones have too. */
const PAGES = 9000;
const SIZE = PAGES * PAGE;

async function sharedHost(options: object = {}): Promise<{ host: Host; space: AddressSpace }> {
  const host = await createHost({ memory: '64M', pages: 4 * PAGES, seed: 1, ...options });
  host.share();
  const space = host.spawn();
  space.mmap(0, SIZE);
  space.madvise(0, SIZE, 'MERGEABLE');
  host.ksm.settings.run = 1;
  return { host, space };
}

function scanPasses(host: Host, passes: number): void {
  for (let pass = 0; pass < passes; ) if (host.ksm.scan(100_000, { now: 0 }).passEnded) pass++;
}

const LENGTHS = [1, 2, 7, 8, 64, 65, 4095, 4096, 4097, 9000];

describe.each(['off', 'on'] as const)('dirty tracking %s', (dirtyTracking) => {
  test.each([1, 2, 3])('random reads and writes between scans are those of an array (seed %i)', async (seed) => {
    const { host, space } = await sharedHost({ dirtyTracking });
    const model = new Uint8Array(SIZE);
    const dice = new Dice(seed);
    for (let round = 0; round < 4; round++) {
      for (let access = 0; access < 1500; access++) {
        const length = LENGTHS[dice.below(LENGTHS.length)] as number;
        const address = dice.below(SIZE - length);
        if (dice.below(2) === 0) {
          const bytes = new Uint8Array(length).fill(dice.below(3));
          space.write(address, bytes);
          model.set(bytes, address);
        } else {
          expect(Buffer.compare(space.read(address, length), model.subarray(address, address + length))).toBe(0);
        }
      }
      scanPasses(host, 2);
    }
    expect(host.ksm.counters().pages_sharing).toBeGreaterThan(0);
    expect(Buffer.compare(space.read(0, SIZE), model)).toBe(0);
    checkHost(host);
  });
});

test('a write to a merged page stays in its own page', async () => {
  const { host, space } = await sharedHost();
  space.write(0, new Uint8Array(PAGE).fill(5));
  space.write(PAGE, new Uint8Array(PAGE).fill(5));
  space.read(PAGE, 1); // both translations are remembered now
  scanPasses(host, 3);
  expect(space.frameOf(0)).toBe(space.frameOf(PAGE));
  space.write(100, Uint8Array.of(6));
  expect([...space.read(100, 1), ...space.read(PAGE + 100, 1)]).toEqual([6, 5]);
});

test('parent and child do not see what the other writes', async () => {
  const { space } = await sharedHost();
  space.write(0, Uint8Array.of(1, 1));
  const child = space.fork();
  expect([...child.read(0, 2)]).toEqual([1, 1]);
  space.write(0, Uint8Array.of(2));
  child.write(1, Uint8Array.of(3));
  expect([...space.read(0, 2)]).toEqual([2, 1]);
  expect([...child.read(0, 2)]).toEqual([1, 3]);
});

test('what is unmapped is no more, and reads as zero when it is mapped again', async () => {
  const { host, space } = await sharedHost();
  space.write(0, new Uint8Array(4 * PAGE).fill(7));
  space.munmap(0, 2 * PAGE);
  expect(() => space.read(0, 1)).toThrow('not mapped');
  expect(() => space.write(PAGE, Uint8Array.of(1))).toThrow('not mapped');
  scanPasses(host, 1);
  space.mmap(0, 2 * PAGE);
  expect([...space.read(0, 1), ...space.read(2 * PAGE, 1)]).toEqual([0, 7]);
});

test('a page table that was freed and is another process’s now is not looked at', async () => {
  const { host, space } = await sharedHost();
  space.munmap(0, SIZE);
  space.mmap(0, 512 * PAGE);
  space.write(0, Uint8Array.of(1));
  space.munmap(0, 512 * PAGE);
  const other = host.spawn();
  other.mmap(0, 512 * PAGE);
  other.write(0, Uint8Array.of(2));
  expect(() => space.read(0, 1)).toThrow('not mapped');
  space.mmap(0, 512 * PAGE);
  space.write(0, Uint8Array.of(3));
  expect([...other.read(0, 1), ...space.read(0, 1)]).toEqual([2, 3]);
});

test('a read-only page is read and not written', async () => {
  const { space } = await sharedHost();
  space.write(0, Uint8Array.of(4));
  space.mprotect(0, PAGE, 'r');
  expect(() => space.write(0, Uint8Array.of(5))).toThrow('protection');
  expect([...space.read(0, 1)]).toEqual([4]);
  space.mprotect(0, PAGE, 'rw');
  space.write(0, Uint8Array.of(5));
  expect([...space.read(0, 1)]).toEqual([5]);
});

test.each([-1, -PAGE, 0.5, 2 ** 39, Number.NaN, 2 ** 43])('address %d is refused', async (address) => {
  const { space } = await sharedHost();
  const code = Number.isInteger(address) ? 'EFAULT' : 'EINVAL';
  expect(() => space.read(address, 1)).toThrow(expect.objectContaining({ code }));
  expect(() => space.write(address, Uint8Array.of(1))).toThrow(expect.objectContaining({ code }));
});

test('a range over a page that is not mapped is written up to there, and the error names that page', async () => {
  const { space } = await sharedHost();
  space.munmap(PAGE, PAGE);
  expect(() => space.write(PAGE - 2, new Uint8Array(PAGE).fill(8))).toThrow('4094 bytes at 0x1000');
  expect([...space.read(PAGE - 2, 2)]).toEqual([8, 8]);
});
