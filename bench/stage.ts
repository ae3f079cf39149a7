/**
 * A host full of a workload, and the ways to bring it back to where it was.
 *
 * A first or a merging pass cannot be repeated in place. But all of the engine's state is in its memory, and the
 * scanner changes no byte of a frame: putting back what lies before the frames undoes a pass exactly, and every round
 * does the same work on the same bytes.
 */

import { layout } from '../src/engine/index.ts';
import { machineOf } from '../src/host/index.ts';
import { type AddressSpace, createHost, type FrameId, type Host, type HostOptions } from '../src/index.ts';
import { fillSpace, nameSpace, PAGE } from './workloads.ts';

/** Which of the engine's modes is staged. */
export type Mode = Pick<HostOptions, 'index' | 'dirtyTracking' | 'page' | 'scanners'>;

const BASE = 2 ** 30;
/** ksmd's batch in these benches, here as in the kernel. */
const BATCH = 100_000;

/** What is put back: everything but the frames. */
export type State = Uint8Array;

export class Stage {
  readonly host: Host;
  readonly space: AddressSpace;
  /** Address in the engine's memory of the first page; the others follow it. */
  readonly start: number;
  readonly pages: number;

  constructor(host: Host, space: AddressSpace, pages: number) {
    this.host = host;
    this.space = space;
    this.pages = pages;
    const place = (page: number): number => host.addressOf(space.frameOf(BASE + page * PAGE) as FrameId);
    this.start = place(0);
    if (place(pages - 1) - this.start !== (pages - 1) * machineOf(host).engine.frames.contentBytes)
      throw new Error('the frames of a fresh host are not in one run');
  }

  get memory(): WebAssembly.Memory {
    return this.host.memory;
  }

  save(): State {
    return machineOf(this.host).engine.bytes.slice(0, machineOf(this.host).engine.u32(layout.H_FRAMES));
  }

  restore(state: State): void {
    machineOf(this.host).engine.bytes.set(state);
  }

  /** Lets `count` threads scan, of those that the mode has; the others sleep. What is restored undoes it. */
  useScanners(count: number): void {
    const { running, reason } = this.host.scanners;
    if (count > running) throw new Error(`${running} of ${count} scanner threads run. ${reason ?? ''}`);
    machineOf(this.host).engine.setU32(layout.LINUX_THREADS, count);
  }

  /** Ends the host and its threads: a thread that runs would keep the memory. */
  async stop(): Promise<void> {
    await this.host.scanners.stop();
    this.host[Symbol.dispose]();
  }

  /** Inverts the first byte of `count` pages, spread evenly. As every write it goes through the page tables. */
  flip(count: number): void {
    for (let index = 0; index < count; index++) {
      const address = BASE + Math.floor((index * this.pages) / count) * PAGE;
      this.space.write(address, Uint8Array.of(~(this.space.read(address, 1)[0] ?? 0)));
    }
  }

  /** One pass of ksmd, flat out. Returns what depends on all of it. */
  pass(): number {
    const { ksm } = this.host;
    let scanned = 0;
    for (let ended = false; !ended; ) {
      const batch = ksm.scan(BATCH, { now: 0 });
      scanned += batch.pages_scanned;
      ended = batch.passEnded;
    }
    return scanned;
  }
}

/** Bytes of memory for a page of names and what the engine notes of it, with a third more frames than pages, as of bytes. */
const NAMED_PAGE = 168;

/** A host three quarters full of `contents` in one process, not scanned yet. Smart scan is off: all are wanted. */
export async function setStage(contents: Uint32Array, seed: number, mode: Mode): Promise<Stage> {
  const pages = contents.length;
  const isNamed = mode.page === 'names';
  const host = await createHost({
    memory: Math.max(2 ** 24, isNamed ? pages * NAMED_PAGE : Math.ceil((pages * PAGE * 4) / 3)),
    pages: pages + layout.TABLE_ENTRIES,
    processes: 16,
    vmas: 64,
    seed,
    ...mode,
  });
  const space = host.spawn();
  space.mmap(BASE, pages * PAGE);
  if (isNamed) nameSpace(space, BASE, contents);
  else fillSpace(space, BASE, contents, seed);
  space.madvise(BASE, pages * PAGE, 'MERGEABLE');
  host.ksm.settings.smart_scan = false;
  host.ksm.settings.run = 1;
  return new Stage(host, space, pages);
}
