/**
 * How the pages of a scan are named, and what the engine is told of it: the name itself, or in content order the rank of the content.
 *
 * A name is of level 0 unless it stood for two contents. Then it is given up: all pages that had it get one of the next level, which is by
 * another key.
 */
import type { Window } from '../names/index.ts';
import type { ContentOrder } from './order.ts';

export class Naming {
  readonly window: Window;
  /** In content order only. */
  readonly order: ContentOrder | undefined;
  /** The highest level that there may be names of. */
  levels = 0;

  constructor(window: Window, order?: ContentOrder) {
    this.window = window;
    this.order = order;
  }

  /** What the engine is told in place of these names. */
  tell(names: BigUint64Array): BigUint64Array {
    return this.order?.tell(names) ?? names;
  }

  /** The name that is meant by what the engine was told. */
  nameOf(told: bigint): bigint {
    return this.order?.nameOf(told) ?? told;
  }

  /** Of which level page `page` of the window has the name; undefined: of none, so it is not the content that was named. */
  levelOf(page: number, name: bigint): number | undefined {
    for (let level = 0; level <= this.levels; level++) if (this.window.name(page, 1, level)[0] === name) return level;
    return undefined;
  }

  /** Is the page beside page `page` of the window the content that was named so? */
  isBeside(page: number, name: bigint): boolean {
    for (let level = 0; level <= this.levels; level++) if (this.window.nameBeside(page, level) === name) return true;
    return false;
  }
}
