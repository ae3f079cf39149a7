/**
 * Nodes whose frame has gone, before merging hears of them (assembly/merge/lost): all is sound then, in a snapshot too, and nothing of them
 * is left afterwards.
 */
import { describe, expect, test } from 'vitest';
import { type AddressSpace, createHost, type Host, layout, restoreHost, snapshotOf } from '../../../src/index.ts';
import { checkHost, engineOf } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';

const SMALL = { memory: '2M', pages: 1024, processes: 8, vmas: 64, seed: 1 } as const;

async function guestOn(index: 'content' | 'hash'): Promise<{ host: Host; guest: AddressSpace }> {
  const host = await createHost({ ...SMALL, index });
  Object.assign(host.ksm.settings, { run: 1, smart_scan: false, max_page_sharing: 2 });
  const guest = host.spawn();
  guest.mmap(0, 32 * PAGE);
  guest.madvise(0, 32 * PAGE, 'MERGEABLE');
  return { host, guest };
}

function fill(guest: AddressSpace, first: number, count: number, byte: number): void {
  for (let page = first; page < first + count; page++) guest.write(page * PAGE, new Uint8Array(PAGE).fill(byte));
}

function passes(host: Host, count: number): void {
  for (let pass = 0; pass < count; pass++) host.ksm.scan(32, { now: 0 });
}

function nodesInUse(host: Host): number {
  return engineOf(host).u32(layout.H_FREE_NODES + layout.FREE_USED);
}

const isPending = (host: Host): boolean => engineOf(host).u32(layout.H_LOST) !== 0;

async function copyOf(host: Host): Promise<Host> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of snapshotOf(host)) pieces.push(piece.slice());
  return restoreHost(new Blob(pieces));
}

describe.each(['content', 'hash'] as const)('%s order', (index) => {
  test('an orphan: the page that it was to be merged with was held', async () => {
    const { host, guest } = await guestOn(index);
    fill(guest, 0, 1, 7);
    passes(host, 2); // in the unstable tree
    const pin = guest.pin(0, 'get');
    fill(guest, 1, 1, 7);
    passes(host, 2);
    expect([host.ksm.counters().pages_shared, isPending(host), nodesInUse(host)]).toEqual([0, true, 1]);
    checkHost(host);
    const copy = await copyOf(host);
    checkHost(copy);
    pin.release();
    fill(guest, 4, 2, 9);
    passes(host, 4);
    checkHost(host);
    expect([host.ksm.counters().pages_shared, isPending(host), nodesInUse(host)]).toEqual([2, false, 2]);
    passes(copy, 8); // its page is held still: each pass makes another orphan, and frees the one before
    checkHost(copy);
    expect([copy.ksm.counters().pages_shared, isPending(copy), nodesInUse(copy)]).toEqual([0, true, 1]);
  });

  test('dups of a chain', async () => {
    const { host, guest } = await guestOn(index);
    fill(guest, 0, 6, 7); // three dups of two pages
    passes(host, 3);
    expect(host.ksm.counters()).toMatchObject({ stable_node_chains: 1, stable_node_dups: 3 });
    guest.madvise(0, 4 * PAGE, 'DONTNEED');
    expect(isPending(host)).toBe(true);
    checkHost(host);
    const copy = await copyOf(host);
    checkHost(copy);
    for (const one of [host, copy]) {
      passes(one, 2);
      checkHost(one);
      expect(isPending(one)).toBe(false);
    }
    expect({ ...copy.ksm.counters() }).toEqual({ ...host.ksm.counters() });
    expect([host.ksm.counters().stable_node_dups, nodesInUse(host)]).toEqual([1, 2]); // as a chain, until a search comes by
  });
});
