/**
 * The memory that schedules are played in: laid out once for each geometry, put back as it was before each schedule.
 *
 * It is small, so that every limit is met.
 */
import { Engine, type EngineExports, layOut, layout } from '../../../src/engine/index.ts';

/** What is called between two stores: a kind (STEP_*) in, nonzero to refuse an allocation. */
export type Hook = (kind: number) => number;

export interface Geometry {
  readonly index: 'content' | 'hash';
  readonly nodes: number;
  /** Size of the memory in units of 64 KiB: 10 leave some 40 frames. */
  readonly memoryPages: number;
}

/** Domains that there is room for; all but domain 0 come and go. */
export const DOMAINS = 3;

/** Frames that a memory with large folios keeps besides them and what is behind them; the others are out of use. */
const SINGLE_FRAMES = 40;

const NO_HOOK: Hook = () => 0;

export class World {
  readonly engine: Engine;
  readonly call: EngineExports;
  readonly words: Uint32Array;
  /** Called by the engine in all its calls, but not while the schedule looks around. */
  hook: Hook = NO_HOOK;
  #quiet = false;
  readonly #fresh: Uint8Array;

  constructor(module: WebAssembly.Module, geometry: Geometry) {
    const { memoryPages } = geometry;
    const memory = new WebAssembly.Memory({ initial: memoryPages, maximum: memoryPages, shared: true });
    this.engine = new Engine(module, memory, { step: { hook: (kind: number) => (this.#quiet ? 0 : this.hook(kind)) } });
    this.call = this.engine.call;
    this.words = this.engine.words;
    layOut(this.engine, {
      ...geometry,
      processes: 8,
      domains: DOMAINS,
      vmas: 40,
      pages: 6 * layout.TABLE_ENTRIES,
      checksum: geometry.index === 'hash' ? 'keyed' : 'xxh64',
      seed: 1n,
      cures: 0,
      dirtyTracking: layout.DIRTY_OFF,
    });
    if (this.word(layout.H_FRAME_LIMIT) > layout.FOLIO_FRAMES) this.call.offline(SINGLE_FRAMES, layout.FOLIO_FRAMES);
    this.words[layout.H_CONCURRENT / 4] = 1;
    this.words[layout.H_RUN / 4] = 1;
    this.#fresh = this.engine.bytes.slice();
  }

  /** As it was laid out: no process, no worker. */
  reset(): void {
    this.hook = NO_HOOK;
    this.#quiet = false;
    this.engine.bytes.set(this.#fresh);
  }

  /** Does `what` with nobody interfering. */
  quietly(what: () => void): void {
    this.#quiet = true;
    what();
    this.#quiet = false;
  }

  word(address: number): number {
    return this.words[address >>> 2] as number;
  }

  /** The id of the process whose mm is at address `mm`. */
  idOf(mm: number): number {
    return this.word(mm + layout.MM_ID);
  }

  set(address: number, value: number): void {
    this.words[address >>> 2] = value;
  }
}
