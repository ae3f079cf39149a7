/**
 * Which pages of a live process there are: asked of the kernel where it can be asked (present-helper.ts), else looked for (walk.ts).
 *
 * One Presence serves a whole scan: the helper is a process of its own, which should be started once.
 */
import type { Run } from './pagemap.ts';
import { PresentHelper } from './present-helper.ts';
import { presentProgram } from './present-program.ts';
import { extend } from './ranges.ts';
import type { Mapping } from './smaps.ts';
import { walk } from './walk.ts';

/** Is told how far a long search is, and lets others have their turn; throws to end it. */
export type Look = (done: number, whole: number) => Promise<void>;

/** What there is of one mapping. */
export interface Found {
  /** Present anonymous pages, without the kernel's zero page: ascending, as long as they can be. */
  readonly runs: readonly Run[];
  /** Pages that are the kernel's zero page, of those that were looked at. */
  readonly zero: number;
  /** Of the runs, pages that may be the kernel's zero page. */
  readonly doubtful: number;
  /** What of the runs is huge pages; undefined: nobody knows. */
  readonly huge: readonly Run[] | undefined;
}

export class Presence {
  #helper: PresentHelper | undefined;

  private constructor(helper: PresentHelper | undefined) {
    this.#helper = helper;
  }

  /** Whatever can be had here, with the helper if that can be had. Dispose of it. Throws the reason of the signal. */
  static async open(signal: AbortSignal): Promise<Presence> {
    const program = await presentProgram(signal);
    try {
      signal.throwIfAborted();
      return new Presence(program && (await PresentHelper.start(program.path)));
    } finally {
      program?.forget();
    }
  }

  /** Without the helper. */
  static walking(): Presence {
    return new Presence(undefined);
  }

  /** Is the kernel asked? Else pages are looked for. */
  get isAsking(): boolean {
    return this.#helper !== undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#helper?.[Symbol.asyncDispose]();
  }

  /** What there is of each of the mappings; undefined: the process has ended. Errors of the file system are passed on. */
  async find(pid: number, mappings: readonly Mapping[], look: Look): Promise<Found[] | undefined> {
    return (await this.#ask(pid, mappings)) ?? (await walk(pid, mappings, look));
  }

  async #ask(pid: number, mappings: readonly Mapping[]): Promise<Found[] | undefined> {
    const kinds = await this.#helper?.find(pid, mappings);
    if (kinds === undefined) return undefined;
    let next = 0;
    return mappings.map(({ at, pages }) => {
      const [runs, huge]: [Run[], Run[]] = [[], []];
      let zero = 0;
      for (let kind = kinds[next]; kind !== undefined && kind.at < at + pages; kind = kinds[++next]) {
        if (kind.isZero) zero += kind.pages;
        if (kind.isZero || kind.isSwapped) continue;
        extend(runs, kind);
        if (kind.isHuge) extend(huge, kind);
      }
      return { runs, zero, doubtful: 0, huge };
    });
  }
}
