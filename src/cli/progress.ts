/**
 * One line on stderr that shows how far a long job is; nothing at all where stderr is not a terminal or the user wants quiet.
 */
import { count } from '../format.ts';
import { printable } from '../printable.ts';
import { writeError } from './output.ts';
import { terminal } from './terminal.ts';

const BAR = 24;
/** Milliseconds between two drawings: the eye needs no more. */
const INTERVAL = 80;

export class Progress {
  readonly #shown: boolean;
  #drawn = 0;

  constructor(quiet: boolean) {
    this.#shown = !quiet && terminal('stderr').isTTY;
  }

  /** Shows `label` with a bar that is `done / whole` full; where `whole` is 0 nobody knows it, and how much is done is shown instead. */
  show(label: string, done: number, whole: number): void {
    const now = performance.now();
    if (!this.#shown || now - this.#drawn < INTERVAL) return;
    this.#drawn = now;
    const bar = whole > 0 ? barOf(Math.min(done / whole, 1)) : `${count(done)} so far  `;
    const left = Math.max((terminal('stderr').columns || 80) - bar.length - 1, 0);
    writeError(`\r\x1b[2K${bar}${printable(label).slice(0, left)}`);
  }

  /** Takes the line away again. */
  clear(): void {
    if (this.#shown && this.#drawn > 0) writeError('\r\x1b[2K');
    this.#drawn = 0;
  }
}

function barOf(share: number): string {
  const full = Math.round(share * BAR);
  return `${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${`${Math.floor(share * 100)}`.padStart(3)} %  `;
}
