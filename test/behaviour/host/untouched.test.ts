/**
 * Memory that nobody writes, such as an image that is only scanned: with dirty tracking every counter is after each pass what it is
 * without, whatever the settings and the order. So there a pass that has nothing new to read need not read.
 */
import { describe, expect, test } from 'vitest';
import { type AddressSpace, createHost, type HostOptions } from '../../../src/index.ts';
import { Dice } from '../../support/dice.ts';
import { PAGE } from '../../support/page.ts';

/** Of each process. There are three, so that one content fills more than one frame at the largest max_page_sharing. */
const PAGES = 100;
/** Smart scan passes over pages for up to eight passes, and chains are pruned by the clock: it comes to that within so many. */
const PASSES = 12;
const PASS_MS = 700;

/** The content of page `at` of process `process`; 0 is the page of zeros. */
type Contents = (process: number, at: number, dice: Dice) => number;
const WORKLOADS: Record<string, Contents> = {
  'all different': (process, at) => 1 + process * PAGES + at,
  pairs: (process, at) => 1 + ((process * PAGES + at) >> 1),
  'sixteen of each, anywhere': (_process, _at, dice) => 1 + dice.below((3 * PAGES) / 16),
  zeros: () => 0,
  'one content': () => 1,
  'one program three times': (process, at) =>
    at < 30 ? 1 + at : at < 55 ? 0 : at < 60 ? 1000 : 2000 + process * PAGES + at,
};
const SETTINGS = [false, true].flatMap((smart_scan) =>
  [false, true].flatMap((use_zero_pages) =>
    [2, 16, 256].map((max_page_sharing) => ({ smart_scan, use_zero_pages, max_page_sharing })),
  ),
);

function fill(space: AddressSpace, contents: Contents, process: number, dice: Dice): void {
  const words = new Uint32Array(1);
  space.mmap(0, PAGES * PAGE);
  for (let at = 0; at < PAGES; at++) {
    words[0] = contents(process, at, dice);
    space.write(at * PAGE, new Uint8Array(words.buffer));
  }
  space.madvise(0, PAGES * PAGE, 'MERGEABLE');
}

/** All counters, of the machine and of each process, and the files of sysfs with the advisor's and others', after each pass. */
async function story(contents: Contents, settings: (typeof SETTINGS)[number], options: HostOptions): Promise<object[]> {
  using host = await createHost({ memory: '4M', pages: 1024, processes: 8, vmas: 64, seed: 1, ...options });
  const dice = new Dice(5);
  const spaces = [0, 1, 2].map((process) => {
    const space = host.spawn();
    fill(space, contents, process, dice);
    return space;
  });
  Object.assign(host.ksm.settings, settings, { run: 1, stable_node_chains_prune_millisecs: 1000 });
  const seen: object[] = [];
  for (let pass = 0; pass < PASSES; pass++) {
    while (!host.ksm.scan(77, { now: pass * PASS_MS }).passEnded);
    const own = spaces.map((space) => space.ksmStat());
    seen.push({
      ...host.ksm.counters(),
      ...host.ksm.ownCounters(),
      ...host.vmstat(),
      own,
      frames: host.usage().frames,
    });
  }
  return seen;
}

describe.each(['hash', 'content'] as const)('%s order', (index) => {
  test.each(Object.keys(WORKLOADS))('%s: the same counters after each pass, tracked or not', async (name) => {
    const contents = WORKLOADS[name] as Contents;
    for (const settings of SETTINGS) {
      const read = await story(contents, settings, { index, dirtyTracking: 'off' });
      const tracked = await story(contents, settings, { index, dirtyTracking: 'on' });
      expect(tracked, JSON.stringify(settings)).toEqual(read);
    }
  });
});
