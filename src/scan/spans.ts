/** When the reading of each source began and ended. */
import type { Span } from '../film/index.ts';

/** When a source is read: now, as it comes; at a known time, of a dump; or it is the same at any time. */
export type When = 'now' | 'always' | number;

export class Spans {
  readonly #whens: readonly When[];
  readonly #noted: (Span | undefined)[];
  readonly #began: number = now();

  constructor(whens: readonly When[]) {
    this.#whens = whens;
    this.#noted = whens.map(() => undefined);
  }

  /** Something of the source is being read. */
  note(source: number): void {
    const to = now();
    this.#noted[source] = { from: this.#noted[source]?.from ?? to, to };
  }

  /** By source. Undefined: the same at any time. */
  get all(): (Span | undefined)[] {
    return this.#whens.map((when, source) => {
      if (when === 'always') return undefined;
      if (when !== 'now') return { from: when, to: when };
      return this.#noted[source] ?? { from: this.#began, to: this.#began };
    });
  }
}

/** Seconds. */
function now(): number {
  return performance.now() / 1000;
}
