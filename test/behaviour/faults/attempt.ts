/**
 * An operation of a trace in which the k-th allocation is refused: what may come of it, and how to have the state before it back.
 *
 * The hosts here are small, so that their whole memory can be kept. The simulation build asks before it allocates
 * (assembly/base/step.ts).
 */
import { Engine, layOut, layout } from '../../../src/engine/index.ts';
import { Host } from '../../../src/host/host.ts';
import type { AddressSpace, FrameId, HostOptions } from '../../../src/index.ts';
import { geometryOf, Machine } from '../../../src/machine/index.ts';
import { createMemory } from '../../../src/memory/index.ts';
import { ALONE, threadsOf } from '../../../src/threads/index.ts';
import { engineOf } from '../../support/inside.ts';

const PAGE = layout.PAGE_SIZE;
const SIZE: HostOptions = { memory: '8M', pages: 16_384, processes: 24, vmas: 400, seed: 1 };

/** A host whose allocations can be refused. */
export class RefusingHost {
  readonly host: Host;
  /** Allocations since the last call of `refuse`. */
  asked = 0;
  #refused = 0;

  constructor(module: WebAssembly.Module, index: 'content' | 'hash') {
    const geometry = geometryOf({ ...SIZE, index });
    const memory = createMemory(geometry.memoryPages);
    const engine = new Engine(module, memory, { step: { hook: (kind: number) => this.#hook(kind) } });
    layOut(engine, geometry);
    const clock = { now: () => 0, cpu: () => 0n, sleep: async () => {} };
    this.host = new Host(new Machine(engine, clock), threadsOf({}), ALONE);
  }

  /** From now on the `which`-th allocation is refused, counted from 1; 0: none. */
  refuse(which: number): void {
    this.asked = 0;
    this.#refused = which;
  }

  #hook(kind: number): number {
    if (kind !== layout.STEP_ALLOCATE) return 0;
    this.asked++;
    return this.asked === this.#refused ? 1 : 0;
  }

  /** End of the frames that were ever used. */
  get #used(): number {
    const engine = engineOf(this.host);
    return engine.u32(layout.H_FRAMES) + engine.u32(layout.H_FRAME_LISTS + layout.FRAME_LIST_FRESH) * PAGE;
  }

  /** The memory as it is. */
  save(): Uint8Array {
    return engineOf(this.host).bytes.slice(0, this.#used);
  }

  /** The memory as it was; frames that were never used then are zero again. */
  restore(saved: Uint8Array): void {
    engineOf(this.host).bytes.fill(0, saved.length, Math.max(saved.length, this.#used));
    engineOf(this.host).bytes.set(saved);
  }

  /** Those that live in the memory as it is: the host still has those that were started after it was saved. */
  get #processes(): AddressSpace[] {
    const engine = engineOf(this.host);
    return this.host.processes.filter(({ mm }) => engine.u32(mm + layout.MM_FLAGS) & layout.MM_IN_USE);
  }

  /** Bytes of every page that is present: by process id and address. */
  contents(): Map<string, Uint8Array> {
    const pages = new Map<string, Uint8Array>();
    for (const space of this.#processes) {
      for (const { address, frame } of space.resident()) {
        pages.set(`${space.id} ${address}`, engineOf(this.host).bytes.slice(...bounds(this.host, frame)));
      }
    }
    return pages;
  }

  /**
   * Names the first page that reads otherwise than in `before`; undefined where none does. `written`: what a page may hold
   * besides, because the operation writes it.
   */
  difference(
    before: ReadonlyMap<string, Uint8Array>,
    written: (id: number, address: number, now: Uint8Array, was: Uint8Array | undefined) => boolean,
  ): string | undefined {
    let met = 0;
    for (const space of this.#processes) {
      for (const { address, frame } of space.resident()) {
        const now = engineOf(this.host).bytes.subarray(...bounds(this.host, frame));
        const was = before.get(`${space.id} ${address}`);
        if (was !== undefined) met++;
        if (Buffer.compare(now, was ?? ZERO) !== 0 && !written(space.id, address, now, was)) {
          return `process ${space.id}, page ${address / PAGE}`;
        }
      }
    }
    return met === before.size ? undefined : `${before.size - met} pages are gone`;
  }
}

const ZERO: Uint8Array = new Uint8Array(PAGE);

/** Where the content of a frame begins and ends. */
function bounds(host: Host, frame: FrameId): [number, number] {
  const begin = host.addressOf(frame);
  return [begin, begin + PAGE];
}
