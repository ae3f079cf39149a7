/**
 * Nothing that a caller can hand over makes the library throw anything but a refusal, or the engine trap or break an invariant; and the
 * calls with which that is tried reach nearly every outcome of the engine's entry checks. `npm run misuse` plays more of them.
 */
import { describe, expect, test } from 'vitest';
import { Engine, type EngineExports, layout } from '../../src/engine/index.ts';
import { createHost } from '../../src/index.ts';
import { loadModule } from '../../src/load.ts';
import { CALLS } from './abi.ts';
import { type Branch, instrumented, taken } from './coverage.ts';
import { METHODS, PASSED_OVER } from './methods.ts';
import { play } from './play.ts';

const CALLS_EACH = 1500;
/** Of the outcomes of conditions in assembly/abi. */
const LEAST_COVERED = 0.95;

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

  test('reaches at least 95 % of the outcomes of the engine’s entry checks', { timeout: 0 }, async () => {
    const engine = instrumented();
    const reached = engine.branches.map(() => false);
    const atEnd = (exports: EngineExports): void => {
      for (const [branch, is] of taken(exports, engine).entries()) reached[branch] ||= is;
    };
    for (const header of [
      {},
      { H_LEAF_LIMIT: 2 ** 30 },
      { H_ROOT_COUNT: 2 ** 30 },
      { H_NID_COUNT: 17 },
      { H_MM_LIMIT: 2 ** 20 },
    ]) {
      atEnd(laidOut(engine.module, header));
    }
    for (const index of ['content', 'hash'] as const) {
      await play('2', { index, debug: false, wasm: engine.module }, 4 * CALLS_EACH, ({ observer }) =>
        atEnd(observer.call),
      );
    }
    const missed = engine.branches.filter((_, branch) => !reached[branch]);
    expect(missed.length / engine.branches.length, missed.map(nameOf).join('; ')).toBeLessThanOrEqual(
      1 - LEAST_COVERED,
    );
  });
});

/** An engine that was asked to lay a memory out, with these words of its header at first. */
function laidOut(module: WebAssembly.Module, header: Partial<Record<keyof typeof layout, number>>): EngineExports {
  const memory = new WebAssembly.Memory({ initial: 10, maximum: 10, shared: true });
  const engine = new Engine(module, memory);
  expect(engine.call.layOut(1, 2)).toBe(0);
  for (const [name, value] of Object.entries(SOUND)) engine.setU32(layout[name as keyof typeof SOUND], value);
  for (const [name, value] of Object.entries(header))
    engine.setU32(layout[name as keyof typeof layout], value as number);
  expect(engine.call.layOut(1, 2) > 0).toBe(Object.keys(header).length === 0);
  return engine.call;
}

const SOUND = {
  H_MEMORY_PAGES: 10,
  H_MM_LIMIT: 2,
  H_VMA_LIMIT: 8,
  H_TABLE_LIMIT: 8,
  H_LEAF_LIMIT: 6,
  H_ROOT_COUNT: 1,
  H_NID_COUNT: 1,
};

function nameOf({ place, outcome }: Branch): string {
  return `${place} is never ${outcome}`;
}

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
