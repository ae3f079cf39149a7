/** The calls of misuse reach nearly every outcome of every condition in the engine's entry checks (assembly/abi). */
import { expect, test } from 'vitest';
import { Engine, type EngineExports, layout } from '../../../src/engine/index.ts';
import { type Branch, instrumented, taken } from './coverage.ts';
import { play } from './play.ts';

/** Of the outcomes. */
const LEAST_COVERED = 0.95;
const CALLS = 20_000;

test('reaches at least 95 % of the outcomes of the engine’s entry checks', async () => {
  const engine = instrumented();
  const reached = engine.branches.map(() => false);
  const atEnd = (exports: EngineExports): void => {
    for (const [branch, is] of taken(exports, engine).entries()) reached[branch] ||= is;
  };
  for (const header of [
    {},
    { H_LEAF_LIMIT: 2 ** 30 },
    { H_ROOT_COUNT: 2 ** 30 },
    { H_DOMAIN_LIMIT: 2 ** 30 },
    { H_ROOT_LIMIT: 2 ** 30 },
    { H_NID_COUNT: 17 },
    { H_FRAME_LIMIT: 1000 },
    { H_MM_LIMIT: 2 ** 20 },
  ]) {
    atEnd(laidOut(engine.module, header));
  }
  for (const index of ['content', 'hash'] as const) {
    await play('2', { index, debug: false, wasm: engine.module }, CALLS, ({ observer }) => atEnd(observer.call));
  }
  const missed = engine.branches.filter((_, branch) => !reached[branch]);
  expect(missed.length / engine.branches.length, missed.map(nameOf).join('; ')).toBeLessThanOrEqual(1 - LEAST_COVERED);
});

/** An engine that was asked to lay a memory out, with these words of its header at first. */
function laidOut(module: WebAssembly.Module, header: Partial<typeof SOUND>): EngineExports {
  const memory = new WebAssembly.Memory({ initial: 10, maximum: 10, shared: true });
  const engine = new Engine(module, memory);
  expect(engine.call.layOut(1, 2)).toBe(0);
  for (const [name, value] of Object.entries(SOUND)) engine.setU32(layout[name as keyof typeof SOUND], value);
  for (const [name, value] of Object.entries(header)) engine.setU32(layout[name as 'H_MMS'], value as number);
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
  H_DOMAIN_LIMIT: 1,
  H_ROOT_LIMIT: 1,
  H_FRAME_LIMIT: 0, // as many as fit
  H_NID_COUNT: 1,
};

function nameOf({ place, outcome }: Branch): string {
  return `${place} is never ${outcome}`;
}
