/** What the Linux Test Project's cases do (ltp.test.ts): children of the same size that fill their memory, and what is checked of it. */
import { expect } from 'vitest';
import type { Host, HostOptions } from '../../../src/index.ts';
import { checkHost } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';
import { type Area, boot, mergeable, nothing, type Order, state, waitScans } from './machine.ts';

/** group_check: three scans later the counters must be these, with pages_volatile 0 and no setting changed by anybody. */
export function groupCheck(
  host: Host,
  run: number,
  shared: number,
  sharing: number,
  unshared: number,
  scan: number,
): void {
  if (run === 1) waitScans(host, 3);
  expect(host.ksm.settings.run).toBe(run);
  host.ksm.settings.run = 0;
  expect(state(host)).toEqual([shared, sharing, unshared, 0]);
  expect(host.ksm.settings.sleep_millisecs).toBe(0);
  expect(host.ksm.settings.pages_to_scan).toBe(scan);
  host.ksm.settings.run = run;
}

/** A child's memory: its mappings, in order. */
type Child = readonly Area[];

/** All mappings of `child` hold this letter, but for the very last byte. */
function contentsOf(child: Child, letter: string, last: string): { area: Area; bytes: Buffer }[] {
  return child.map((area, index) => {
    const bytes = Buffer.alloc(area.pages * PAGE, letter);
    if (index === child.length - 1) bytes.write(last, bytes.length - 1);
    return { area, bytes };
  });
}

function fillChild(child: Child, letter: string, last: string): void {
  for (const { area, bytes } of contentsOf(child, letter, last)) area.space.write(area.base, bytes);
}

/** The children verify in each round that they read what they wrote. */
function verifyChild(child: Child, letter: string, last: string): void {
  for (const { area, bytes } of contentsOf(child, letter, last)) {
    expect(bytes.equals(area.space.read(area.base, bytes.length))).toBe(true);
  }
}

/** What children 0, 1 and 2 hold in a round (more of them hold what child 0 does), child 1's last byte, and what follows. */
const ROUNDS = [
  { letters: ['c', 'a', 'a'], last: 'a', shared: 2, unshared: 0 },
  { letters: ['c', 'b', 'a'], last: 'b', shared: 3, unshared: 0 },
  { letters: ['d', 'd', 'd'], last: 'd', shared: 1, unshared: 0 },
  { letters: ['d', 'd', 'd'], last: 'e', shared: 1, unshared: 1 },
] as const;

/** create_same_memory: `count` children of `pages` pages each on a NUMA node, in mappings of `unit` pages. */
export function createSameMemory(host: Host, pages: number, unit: number, count: number, node: number): void {
  const total = pages * count;
  const { settings } = host.ksm;
  const children = Array.from({ length: count }, () => {
    const space = host.spawn({ node });
    return Array.from({ length: pages / unit }, () => mergeable(space, nothing(unit)));
  });
  settings.run = 2;
  settings.max_page_sharing = total;
  settings.run = 1;
  settings.pages_to_scan = total;
  settings.sleep_millisecs = 0;
  for (const { letters, last, shared, unshared } of ROUNDS) {
    const memories = children.map((child, index) => {
      const letter = letters[index === 1 || index === 2 ? index : 0];
      return [child, letter, index === 1 ? last : letter] as const;
    });
    for (const memory of memories) fillChild(...memory);
    groupCheck(host, 1, shared, total - shared - unshared, unshared, total);
    for (const memory of memories) verifyChild(...memory);
  }
  settings.run = 2;
  groupCheck(host, 2, 0, 0, 0, total);
  settings.run = 0;
  groupCheck(host, 0, 0, 0, 0, total);
  for (const [index, child] of children.entries()) verifyChild(child, 'd', index === 1 ? 'e' : 'd');
  checkHost(host);
}

/** Pages of each mapping of a child, unless it says otherwise. */
export const UNIT = 256;

export async function ltp(index: Order, options: HostOptions): Promise<Host> {
  const host = await boot(index, options);
  host.ksm.settings.merge_across_nodes = 1;
  return host;
}
