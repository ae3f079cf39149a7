/**
 * Chains with many dups: which dup a search picks is Linux's choice (section 3.10 of the specification), and what that costs does not
 * grow with the number of dups. Steps are counted (H_DUPS_SEEN: dups that were looked at), never seconds.
 */
import { describe, expect, test } from 'vitest';
import { layout } from '../../../src/engine/index.ts';
import type { Host } from '../../../src/index.ts';
import { checkHost, engineOf } from '../../support/inside.ts';
import { type Area, boot, mergeable, ORDERS, pass, same, state, stateWithChains } from './machine.ts';

const dupsSeen = (host: Host): number => engineOf(host).u64(layout.H_DUPS_SEEN);

async function limited(index: 'content' | 'hash', limit: number, prune: number): Promise<Host> {
  const host = await boot(index, { memory: '64M', pages: 32_768 });
  host.ksm.settings.max_page_sharing = limit;
  host.ksm.settings.stable_node_chains_prune_millisecs = prune;
  return host;
}

/** What is done to `area`, all of one content, before the pass that is measured. */
const STORIES: Record<string, (host: Host, area: Area) => void> = {
  'all pages merge for the first time': (host) => pass(host),
  'one page of each dup was written, and comes back': (host, area) => {
    const { max_page_sharing: limit } = host.ksm.settings;
    pass(host, 2);
    for (let page = 0; page < area.pages; page += limit) area.write(page, page + 1);
    pass(host);
    for (let page = 0; page < area.pages; page += limit) area.write(page, 'a');
    pass(host);
  },
  'half of the dups are stale, and their pages come back': (host, area) => {
    pass(host, 2);
    const half = Math.floor(area.pages / 2);
    area.advise('UNMERGEABLE', 0, half);
    area.advise('MERGEABLE', 0, half);
  },
  'a child maps all, and then only the child does': (host, area) => {
    pass(host, 2);
    area.space.fork();
    pass(host);
    area.munmap(0, Math.floor(area.pages / 2));
  },
};

const cases = ORDERS.flatMap((index) =>
  [2, 3].flatMap((limit) => [0, 2 ** 32 - 1].map((prune) => ({ index, limit, prune }))),
);

describe.each(cases)('$index order, max_page_sharing $limit, prune_millisecs $prune', ({ index, limit, prune }) => {
  /** Dups that are looked at in all passes, the last included, over `pages` equal pages. */
  async function cost(pages: number, story: (host: Host, area: Area) => void): Promise<number> {
    const host = await limited(index, limit, prune);
    const area = mergeable(host.spawn(), same('a', pages));
    story(host, area);
    pass(host);
    checkHost(host);
    expect(stateWithChains(host)[4]).toBe(1);
    return dupsSeen(host);
  }

  test.each(Object.entries(STORIES))('twice the pages look at twice the dups: %s', async (_, story) => {
    const few = await cost(600, story);
    const many = await cost(1200, story);
    expect(few).toBeGreaterThan(0);
    // Each look is a step down a balanced tree: one level more for twice the dups.
    expect(many / few).toBeLessThan(2.6);
  });

  test('a search beside a full chain looks at none of its dups, however many they are', async () => {
    const host = await limited(index, limit, prune);
    const space = host.spawn();
    mergeable(space, same('a', 1200));
    pass(host, 2);
    const before = dupsSeen(host);
    mergeable(space, ['b', 'c', 'd', 'e']);
    pass(host, 2);
    expect(dupsSeen(host) - before).toBe(0);
  });
});

describe.each(ORDERS)('which dup is picked, %s order', (index) => {
  /** Five frames of equal pages, two pages each, as dups; frames from the one that was made last. */
  async function five(prune: number): Promise<[Host, Area]> {
    const host = await limited(index, 4, prune);
    const area = mergeable(host.spawn(), same('a', 20));
    pass(host, 2);
    expect(stateWithChains(host)).toEqual([5, 15, 0, 0, 1, 5]);
    return [host, area];
  }

  /** Takes pages away, so that their dups have room, and has the scanner see it. */
  function makeRoom(host: Host, area: Area, ...pages: number[]): void {
    for (const page of pages) area.munmap(page, 1);
    pass(host);
  }

  function joiner(host: Host): number {
    const other = mergeable(host.spawn(), ['a']);
    pass(host, 2);
    return other.frame(0);
  }

  test('in a short walk the first in the list that has room, which is the one made last', async () => {
    const [host, area] = await five(2 ** 32 - 1);
    makeRoom(host, area, 0, 4, 5); // dups of pages 0 to 3 and 4 to 7: the second came later
    expect(joiner(host)).toBe(area.frame(6));
    checkHost(host);
  });

  test('in a full walk the fullest that has room, of equally full ones the first', async () => {
    const [host, area] = await five(0);
    makeRoom(host, area, 0, 4, 5, 8, 9);
    expect(joiner(host)).toBe(area.frame(1));
    makeRoom(host, area, 12, 13);
    expect(joiner(host)).toBe(area.frame(14));
    checkHost(host);
  });

  /** A search that comes before the scanner sees that four dups of five have lost their pages. The one between them has room. */
  async function searchOverStale(prune: number): Promise<[Host, Area, Area]> {
    const host = await limited(index, 4, prune);
    const searcher = mergeable(host.spawn(), ['b']);
    const area = mergeable(host.spawn(), same('a', 20));
    pass(host, 2);
    makeRoom(host, area, 8);
    searcher.write(0, 'a');
    pass(host);
    for (const page of [0, 4, 12, 16]) area.munmap(page, 4);
    host.ksm.scan(1);
    checkHost(host);
    expect(searcher.frame(0)).toBe(area.frame(9));
    return [host, searcher, area];
  }

  test('a short walk deletes the stale dups before the one that it picks, and none behind', async () => {
    const [host] = await searchOverStale(2 ** 32 - 1);
    expect(stateWithChains(host).slice(4)).toEqual([1, 3]);
  });

  test('a full walk deletes all of them, and the chain gives way to the one that is left', async () => {
    const [host, , area] = await searchOverStale(0);
    expect(stateWithChains(host).slice(4)).toEqual([0, 0]);
    pass(host);
    expect([state(host).slice(0, 2), area.holds(9, ...same('a', 3))]).toEqual([[1, 3], true]);
  });

  test('places go on from the lowest when they have run out, in the same order', async () => {
    const [host, area] = await five(2 ** 32 - 1);
    const engine = engineOf(host);
    const rooms = engine.u32(layout.H_ROOMS);
    const places = Array.from(
      { length: engine.u32(layout.H_FREE_NODES + layout.FREE_FRESH) },
      (_, node) => rooms + node * layout.ROOM_BYTES,
    );
    const highest = Math.max(...places.map((address) => engine.u32(address)));
    makeRoom(host, area, 0, 4, 5); // three pages find room, eight make two dups more, one is left
    for (const address of places) {
      if (engine.u32(address) > 0 && engine.u32(address) <= highest) {
        engine.setU32(address, layout.ROOM_PLACE_MAX - highest + engine.u32(address));
      }
    }
    checkHost(host);
    const other = mergeable(host.spawn(), same('a', 12));
    pass(host, 2);
    checkHost(host);
    expect(stateWithChains(host)).toEqual([7, 21, 1, 0, 1, 7]);
    expect(other.frame(0)).toBe(area.frame(6));
  });
});
