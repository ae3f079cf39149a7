/** Pairs of equal pages that are rewritten beside the engine's scanner: how much of the time each pair is merged. */
import { createHost } from '../../src/index.ts';
import { Dice } from './dice.ts';
import { PAGE } from './page.ts';

export interface Rewriting {
  /** Passes from a write of a pair to the next, on average; both pages at once, with content that is new and equal. */
  readonly interval: number;
  readonly arrival: 'poisson' | 'periodic';
  /** Pages of one process. Process 1 has the partners of process 0, process 3 those of process 2, and so on. */
  readonly pages: number;
  readonly processes: number;
  readonly smart: boolean;
  /** Passes that are not looked at, and that are. */
  readonly warm: number;
  readonly passes: number;
  readonly seed: number;
}

/** Batches of a pass that is as long as the one before: between two of them pages are written and looked at. */
const BATCHES = 20;

/** The share of pairs that have one frame, over all batches. */
export async function mergedShare(how: Rewriting): Promise<number> {
  const { interval, arrival, pages, processes, smart, warm, passes, seed } = how;
  using host = await createHost({ page: 'names', memory: 2 ** 26, seed: 1 });
  const dice = new Dice(seed);
  const spaces = Array.from({ length: processes }, () => {
    const space = host.spawn();
    space.mmap(0, pages * PAGE);
    space.madvise(0, pages * PAGE, 'MERGEABLE');
    return space;
  });
  host.ksm.settings.run = 1;
  host.ksm.settings.smart_scan = smart;
  let content = 0n;
  const wait = (): number => (arrival === 'periodic' ? interval : -Math.log((dice.bits() + 0.5) / 2 ** 32) * interval);
  const pairs = Array.from({ length: (processes / 2) * pages }, (_, at) => {
    const process = 2 * Math.floor(at / pages);
    const due = arrival === 'periodic' ? (interval * (dice.bits() + 0.5)) / 2 ** 32 : wait();
    return { one: spaces[process], other: spaces[process + 1], address: (at % pages) * PAGE, due };
  });
  const write = ({ one, other, address }: (typeof pairs)[number]): void => {
    content += 0x9e37_79b9_7f4a_7c15n;
    for (const space of [one, other]) space?.setName(address, BigInt.asUintN(64, content));
  };
  for (const pair of pairs) write(pair);
  let [merged, looks] = [0, 0];
  let usual = processes * pages;
  for (let pass = 0; pass < warm + passes; pass++) {
    let visited = 0;
    for (let ended = false; !ended; ) {
      const time = pass + Math.min(1, visited / usual);
      for (const pair of pairs) {
        if (pair.due > time) continue;
        write(pair);
        while (pair.due <= time) pair.due += wait();
      }
      const batch = host.ksm.scan(Math.ceil(usual / BATCHES));
      visited += batch.pages_scanned;
      ended = batch.passEnded;
      if (pass < warm) continue;
      for (const { one, other, address } of pairs) if (one?.frameOf(address) === other?.frameOf(address)) merged++;
      looks += pairs.length;
    }
    usual = Math.max(1, visited);
  }
  await host.check();
  return merged / looks;
}
