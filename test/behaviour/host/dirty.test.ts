/**
 * Dirty tracking saves reading and changes nothing else: beside a host that reads every page in every pass, one that tracks has the
 * same counters and groups after every batch. Most pages stay as they are and have no equal, so that the walk confirms them in runs
 * (assembly/policy/linux/confirm.ts); the others change in any place of a run, and batches end in any place, too.
 */
import { expect, test } from 'vitest';
import { type AddressSpace, createHost, type Host, layout } from '../../../src/index.ts';
import { frameOfPte } from '../../../src/memory/index.ts';
import { Dice } from '../../support/dice.ts';
import { checkHost, engineOf } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';

/** First page, so that runs begin in any place of a group of four. */
const FIRST = 5;
const PAGES = 61;
/** How many of them never have an equal. */
const ALONE = 50;
const ROUNDS = 400;

interface Guest {
  readonly host: Host;
  readonly space: AddressSpace;
}

async function guest(dirtyTracking: 'off' | 'on' | 'advisory'): Promise<Guest> {
  const host = await createHost({
    memory: '4M',
    pages: 1024,
    processes: 8,
    vmas: 64,
    seed: 1,
    index: 'hash',
    dirtyTracking,
  });
  const space = host.spawn();
  space.mmap(FIRST * PAGE, PAGES * PAGE);
  space.madvise(FIRST * PAGE, PAGES * PAGE, 'MERGEABLE');
  for (let page = 0; page < PAGES; page++) space.write((FIRST + page) * PAGE, contentOf(page));
  host.ksm.settings.run = 1;
  host.ksm.settings.smart_scan = false;
  return { host, space };
}

function contentOf(number: number): Uint8Array {
  return Uint8Array.of(number, number >>> 8, number >>> 16);
}

/** As an embedder does it that writes to frames: straight there if the pte allows it, with a mark in the bitmap (docs/embedding.md). */
function writeThere({ host, space }: Guest, page: number, content: number): void {
  const engine = engineOf(host);
  const entry = engine.call.entryFind(space.mm, space.id, FIRST + page);
  const pte = engine.u32(engine.u32(layout.H_PTES) + entry * 4);
  if ((pte & layout.PTE_ACCESS) !== layout.PTE_WRITABLE) {
    space.write((FIRST + page) * PAGE, contentOf(content));
    return;
  }
  engine.bytes.set(contentOf(content), host.addressOf(frameOfPte(pte)));
  Atomics.or(engine.words, engine.u32(layout.H_DIRTY) / 4 + (entry >>> 5), 1 << (entry & 31));
}

function seen({ host }: Guest): object {
  return { counters: host.ksm.counters(), groups: host.ksm.shared() };
}

test.each(['on', 'advisory'] as const)(
  '%s: counters and groups are those of a host that reads everything',
  async (mode) => {
    const dice = new Dice(`dirty tracking ${mode}`);
    const [reading, tracking] = [await guest('off'), await guest(mode)];
    const guests = [reading, tracking];
    for (let round = 0; round < ROUNDS; round++) {
      // The last pages take contents of one another and merge; those before them have contents of their own, since the walk confirms
      // runs up to the first page that needs a turn, and a merged one does.
      if (dice.below(2) === 0) {
        const [page, there] = [dice.below(PAGES), dice.below(2) === 0];
        const content = page < ALONE ? 256 * (round + 1) + page : dice.between(ALONE, PAGES);
        for (const each of guests) {
          if (there) writeThere(each, page, content);
          else each.space.write((FIRST + page) * PAGE, contentOf(content));
        }
      }
      const pages = dice.below(4) === 0 ? dice.between(1, 9) : 2 * PAGES;
      const results = guests.map(({ host }) => host.ksm.scan(pages, { now: 0 }));
      expect(results[1], `round ${round}`).toEqual(results[0]);
      expect(seen(tracking), `round ${round}`).toEqual(seen(reading));
    }
    expect(tracking.host.ksm.counters().pages_shared).toBeGreaterThan(0);
    checkHost(tracking.host);
  },
);
