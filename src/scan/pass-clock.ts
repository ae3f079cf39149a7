/** How long ksmd's passes are, from the times at which its counter of them goes up. */

/** How far ksmd has come. */
export interface Progressed {
  readonly full_scans: number;
  /** Pages that it has visited, or passed over. */
  readonly pages: number;
}

/** Its passes are over other memory, mostly, if they visit less than this part of what is filmed. */
const LEAST_SHARE = 1 / 2;

interface Tick extends Progressed {
  /** Milliseconds. */
  readonly at: number;
}

export class PassClock {
  readonly #ask: () => Progressed | undefined;
  #last: Tick | undefined;
  /** The first and the last time that a pass was seen to have ended. */
  #from: Tick | undefined;
  #to: Tick | undefined;

  constructor(ask: () => Progressed | undefined) {
    this.#ask = ask;
    this.look();
  }

  /** To be called some times a pass, and at least some times a second. */
  look(at: number = performance.now()): void {
    const progressed = this.#ask();
    if (progressed === undefined) return;
    const tick = { ...progressed, at };
    if (this.#last !== undefined && tick.full_scans > this.#last.full_scans) {
      this.#from ??= tick;
      this.#to = tick;
    }
    this.#last = tick;
  }

  /** Seconds of a pass; undefined if none was seen from its beginning to its end, or it was not over these pages. */
  seconds(pages: number): number | undefined {
    const [from, to] = [this.#from, this.#to];
    if (from === undefined || to === undefined || from === to) return undefined;
    const passes = to.full_scans - from.full_scans;
    const isOfThese = (to.pages - from.pages) / passes >= pages * LEAST_SHARE;
    return isOfThese ? (to.at - from.at) / 1000 / passes : undefined;
  }
}
