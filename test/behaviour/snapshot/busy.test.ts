/**
 * A machine on which everything happens in a random order: what is saved of it is enough for it to go on as it would have, and of frames
 * only those are saved to which somebody refers.
 */
import { expect, test } from 'vitest';
import { layout } from '../../../src/engine/index.ts';
import { type Host, type KsmError, restoreHost } from '../../../src/index.ts';
import { BusyMachine } from '../../support/busy.ts';
import { checkHost, engineOf } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';
import { parse, saved } from './helpers.ts';

const MODES = (['hash', 'content'] as const).flatMap((index) =>
  ([1, 2, 3, 4, 5] as const).map((seed) => ({
    index,
    seed,
    dirtyTracking: seed % 2 === 0 ? ('on' as const) : ('off' as const),
  })),
);

/** Frames to which somebody refers: a pte, a pin, or a node of KSM's, which counts them. */
function framesWithReferences({ host, pinned }: BusyMachine): Set<number> {
  const { FRAME_FREE, FRAME_KEPT } = layout;
  const words = engineOf(host).u32(layout.H_FRAME_WORDS);
  const found = new Set<number>(pinned);
  for (let index = 1; index <= host.limits.frames; index++) {
    const word = engineOf(host).u32(words + index * 4);
    if (word & FRAME_KEPT || (word !== 0 && !(word & FRAME_FREE))) found.add(index);
  }
  return found;
}

function state(host: Host): unknown {
  return [host.ksm.counters(), host.vmstat(), host.usage(), host.processes.map((space) => [...space.resident()])];
}

/** Goes on for a while: a pass or more in pieces, then new memory, if there is any. */
function goOn(host: Host): unknown[] {
  const states = [state(host)];
  host.ksm.settings.run = 1;
  for (let batch = 0; batch < 12; batch++) {
    host.ksm.scan(100, { now: 10_000 + batch });
    states.push(state(host));
  }
  const [space] = host.processes;
  try {
    space?.mmap(0, 64 * PAGE);
    for (let page = 0; page < 64; page++) space?.write(page * PAGE, Uint8Array.of(page));
  } catch (error) {
    states.push((error as KsmError).code); // a limit is reached, in both
  }
  states.push(state(host));
  checkHost(host);
  return states;
}

test.each(MODES)('$index order, seed $seed, dirty tracking $dirtyTracking', async ({ seed, ...options }) => {
  const machine = await BusyMachine.create(seed, options);
  const { host } = machine;
  for (let round = 0; round < 8; round++) {
    for (let step = 0; step < 120; step++) machine.step();
    const file = await saved(host);
    const { runs } = parse(file);
    const wanted = framesWithReferences(machine);
    const first = host.addressOf(host.frame(0)) / PAGE;
    const pages = runs.flatMap((run) => Array.from({ length: run.pages }, (_, at) => run.page + at));
    expect(pages.map((page) => page - first).filter((frame) => frame >= 0 && !wanted.has(frame))).toEqual([]);
    const restored = await restoreHost(file);
    checkHost(restored);
    expect(state(restored)).toEqual(state(host));
    expect(Buffer.compare(await saved(restored), file)).toBe(0);
  }
  const restored = await restoreHost(await saved(host));
  expect(goOn(restored)).toEqual(goOn(host)); // the one that was never restored
});
