/**
 * Plans of schedules that have found something: each is what it was worth to repair. A plan and not a seed, so that they mean the same
 * when seeds have come to mean other plans. They fail, without the repair, in some of the first thousand orders.
 */
import type { Geometry } from './world.ts';

export interface Found {
  readonly what: string;
  readonly geometry: Geometry;
  readonly plan: string;
}

export const FOUND: readonly Found[] = [
  {
    what: 'the cursor came back to a record that was another process meanwhile',
    geometry: { index: 'hash', nodes: 2, memoryPages: 10 },
    plan: `
      guest 0: map 0 65535 0
      guest 0: mergeAny 0 0 1
      guest 0: write 3 0 0
      guest 0: exit 0 0 0
      guest 0: mergeAny 0 0 1
      guest 0: map 0 65535 0
      guest 0: mergeAny 0 0 1
      guest 0: map 0 65535 0
      guest 1: map 0 65535 0
      guest 1: mergeAny 0 0 1
      guest 1: write 11 0 0
      guest 1: exit 0 0 0
      guest 1: mergeAny 0 0 1
      guest 1: map 0 65535 0
      guest 1: mergeAny 0 0 1
      guest 1: map 0 65535 0
      guest 1: exit 0 0 0
      guest 2: map 0 65535 0
      guest 2: mergeAny 0 0 1
      guest 2: write 0 0 0
      guest 2: read 0 0 0
      guest 2: read 1 0 0
      guest 2: read 2 0 0
      scanner: scan 39 0 0
      scanner: scan 39 0 0
      scanner: scan 39 0 0
      fate: die 2 8 0
      fate: die 6 53 0
      fate: stall 2 599 0`,
  },
  {
    what: 'a frame went out of use while its neighbour was moved into it, or while somebody still read it',
    geometry: { index: 'content', nodes: 1, memoryPages: 9 },
    plan: `
      guest 0: map 0 65535 0
      guest 1: huge 0 65535 0
      guest 1: mergeAny 0 0 1
      guest 2: map 0 65535 0
      guest 0: lock 383648167 196858002 1151115398
      scanner: scanLong 424764080 2515041875 3731372802
      settings: offline 2544657953 1986083125 2041676630
      guest 2: pin 3807598050 2175101285 3182574337`,
  },
  {
    what: 'a helper died and then a guest, whose recovery forgot that the scanner had to hear of the helper',
    geometry: { index: 'content', nodes: 1, memoryPages: 9 },
    plan: `
      guest 0: map 0 65535 0
      guest 0: mergeAny 0 0 1
      guest 0: write 0 0 0
      guest 0: write 1 8 0
      guest 0: write 2 16 0
      guest 0: write 3 24 0
      guest 0: write 4 32 0
      guest 0: write 5 40 0
      guest 0: write 6 48 0
      guest 0: write 7 56 0
      guest 1: read 0 0 0
      guest 1: read 1 0 0
      guest 1: read 2 0 0
      guest 1: read 3 0 0
      scanner: scanLong 0 0 0
      scanner: scanLong 0 0 0
      helper 0: serve 0 0 0
      helper 0: serve 0 0 0
      helper 0: serve 0 0 0
      fate: die 5 3 0
      fate: die 0 4 0`,
  },
  {
    what: 'a helper woke to the job of a dead scanner, and wrote a checksum into the window of the next one',
    geometry: { index: 'content', nodes: 1, memoryPages: 76 },
    plan: `
      settings: dirty 1 0 0
      guest 0: map 0 65535 0
      guest 0: mergeAny 0 0 1
      guest 0: write 8 0 0
      guest 0: write 6 8 0
      guest 0: write 8 16 0
      guest 0: write 0 24 0
      guest 0: dontneed 7 0 0
      guest 0: write 12 40 0
      guest 0: write 5 48 0
      guest 0: write 12 56 0
      scanner: scanLong 500 0 0
      scanner: scanLong 500 0 0
      scanner: scanLong 500 0 0
      scanner: scanLong 500 0 0
      scanner: scanLong 500 0 0
      helper 1: serve 0 0 0
      helper 1: serve 0 0 0
      fate: die 3 19 0
      fate: stall 5 243 0`,
  },
  {
    what: 'a death in the middle of a move left a shared page in two frames',
    geometry: { index: 'hash', nodes: 2, memoryPages: 10 },
    plan: `
      guest 0: map 3 7 3
      guest 0: write 3 9 0
      guest 0: write 4 17 0
      guest 0: write 5 25 0
      settings: migrate 0 0 1
      settings: migrate 1 0 1
      settings: migrate 2 0 1
      fate: die 4 9 0`,
  },
];
