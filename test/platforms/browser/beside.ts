/**
 * ksmd in a worker of a page, beside a guest of the page's own thread, which may not sleep: nothing that the guest wrote is lost while
 * its pages are merged, and after ksmd's death the memory is recovered and it can be started again.
 */
import type { AddressSpace, Counters, createHost, Host, HostOptions } from '../../../src/index.ts';
import { PAGE } from '../../support/page.ts';

const PAGES = 400;
/** Different pages. */
const CONTENTS = 7;
const WRITES = 20_000;

type Sharing = Pick<Counters, 'pages_shared' | 'pages_sharing'>;

export interface Beside {
  readonly scanners: number;
  /** Pages that did not hold what was written there. */
  readonly wrong: readonly number[];
  /** The guest has written to pages that were merged. */
  readonly broken: boolean;
  readonly state: Sharing;
  readonly death: { readonly code?: string; readonly deaths: number; readonly running: boolean };
  /** The state after the death and another start. */
  readonly again: Sharing;
}

/** The workers that are started from now on. */
function watchWorkers(): Worker[] {
  const workers: Worker[] = [];
  globalThis.Worker = class extends globalThis.Worker {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      workers.push(this);
    }
  };
  return workers;
}

function fill(space: AddressSpace, page: number, content: number): void {
  space.write(page * PAGE, new Uint8Array(PAGE).fill(content));
}

/** The state when all pages have had two more turns. */
async function sharing(host: Host): Promise<Sharing> {
  const until = host.ksm.counters().full_scans + 3;
  for await (const { counters } of host.ksmd) {
    const { full_scans, pages_shared, pages_sharing } = counters;
    if (full_scans >= until) return { pages_shared, pages_sharing };
  }
  throw new Error('ksmd has stopped');
}

/** Writes and reads pages while they are merged. Returns those that were wrong. */
async function live(space: AddressSpace): Promise<number[]> {
  const contents = new Uint8Array(PAGES);
  const wrong: number[] = [];
  const compare = (page: number): void => {
    if (space.read(page * PAGE, PAGE).some((byte) => byte !== contents[page])) wrong.push(page);
  };
  for (let page = 0; page < PAGES; page++) fill(space, page, 0);
  for (let write = 0; write < WRITES; write++) {
    const page = (write * 31) % PAGES;
    contents[page] = write % CONTENTS;
    fill(space, page, write % CONTENTS);
    compare((write * 17) % PAGES);
    if (write % 1000 === 0) await new Promise((resolve) => setTimeout(resolve)); // so that ksmd may come to its end
  }
  for (let page = 0; page < PAGES; page++) compare(page);
  return wrong;
}

async function die(host: Host, ksmd: Worker | undefined): Promise<Beside['death']> {
  const samples = host.ksmd.samples();
  ksmd?.terminate();
  let death: { code?: string } = {};
  try {
    for await (const _ of samples) {
      // to the end
    }
  } catch (error) {
    death = { code: (error as { code: string }).code };
  }
  const { deaths, running } = host.ksmd;
  return { ...death, deaths, running };
}

export async function beside(create: typeof createHost, options: HostOptions): Promise<Beside> {
  const workers = watchWorkers();
  const { scanners = 1, ...rest } = options;
  const host = await create({ seed: 7, ...rest });
  Object.assign(host.ksm.settings, { run: 1, sleep_millisecs: 0, smart_scan: false });
  const space = host.spawn();
  space.mmap(0, PAGES * PAGE);
  space.madvise(0, PAGES * PAGE, 'MERGEABLE');
  await host.ksmd.start({ scanners });
  const started = host.ksmd.scanners;
  const wrong = await live(space);
  const state = await sharing(host);
  const broken = host.vmstat().cow_ksm > 0;
  const death = await die(host, workers.at(-1));
  await host.check();
  await host.ksmd.start({ scanners });
  const again = await sharing(host);
  await host.ksmd.stop();
  await host.check();
  return { scanners: started, wrong, broken, state, death, again };
}
