/** A small host with one process of four pages, for tests of what is refused. */
import { createHost, type Host } from '../../../src/index.ts';
import { PAGE } from '../../support/page.ts';

export const SMALL = { memory: '4M', pages: 1024, processes: 8, vmas: 64, seed: 1 } as const;

export type Space = ReturnType<Host['spawn']>;

export async function guest(): Promise<{ host: Host; space: Space }> {
  const host = await createHost(SMALL);
  const space = host.spawn();
  space.mmap(0, 4 * PAGE);
  return { host, space };
}
