/**
 * Nothing that a caller can hand over makes the library throw anything but a refusal, or the engine trap or break an invariant; and the
 * calls with which that is tried reach nearly every outcome of the engine's entry checks
 * (coverage.long.test.ts). `npm run misuse` plays more of them.
 */
import { describe, expect, test } from 'vitest';
import { createHost } from '../../../src/index.ts';
import { loadModule } from '../../../src/load.ts';
import { CALLS } from './abi.ts';
import { METHODS, PASSED_OVER } from './methods.ts';
import { play } from './play.ts';

const CALLS_EACH = 1500;

test.each([
  ['content', false],
  ['hash', true],
] as const)(
  '%s order, debug build %s: no trap, no error without a code, every invariant after every call',
  async (index, debug) => {
    const { calls, results } = await play('1', { index, debug }, CALLS_EACH);
    expect(calls).toBe(CALLS_EACH);
    const counted = [...results.values()];
    expect(counted.reduce((sum, [ok]) => sum + ok, 0)).toBeGreaterThan(CALLS_EACH / 5);
    expect(counted.reduce((sum, [, refused]) => sum + refused, 0)).toBeGreaterThan(CALLS_EACH / 5);
  },
);

describe('what is tried', () => {
  test('is every export of the engine', async () => {
    const exports = WebAssembly.Module.exports(await loadModule()).map(({ name }) => name);
    expect(Object.keys(CALLS).sort()).toEqual(exports.sort());
  });

  test('is every method of the library, but for those that are named with a reason', async () => {
    const host = await createHost({ memory: '4M', pages: 512, processes: 4, vmas: 16 });
    const space = host.spawn();
    space.mmap(0, 4096);
    const objects = { host, space, ksm: host.ksm, ksmd: host.ksmd, pin: space.pin(0) };
    const missing = Object.entries(objects).flatMap(([owner, object]) => {
      const tried = METHODS.filter((method) => method.owner === owner).map(({ name }) => name);
      return methodsOf(object).filter((name) => !tried.includes(name) && !PASSED_OVER.has(`${owner}.${name}`));
    });
    expect(missing).toEqual([]);
  });
});

/** Names of an object's methods, those of its classes too. */
function methodsOf(object: object): string[] {
  const names = new Set<string>();
  for (let at: object = object; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (typeof value === 'function' && name !== 'constructor') names.add(name);
    }
  }
  return [...names];
}
