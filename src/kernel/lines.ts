/**
 * Lines that arrive on a stream, taken one by one: the other side speaks only when it is asked.
 */
import type { Readable } from 'node:stream';

export class Lines {
  readonly #arrived: string[] = [];
  #rest = '';
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(stream: Readable) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop() ?? '';
      this.#arrived.push(...lines);
      this.#wake?.();
    });
    // A reset connection says what its end says: nothing more will come.
    stream.on('error', () => {});
    stream.once('close', () => {
      this.#ended = true;
      this.#wake?.();
    });
  }

  /** The next line without its newline; undefined once the stream has ended. One caller at a time. */
  async next(): Promise<string | undefined> {
    while (this.#arrived.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#arrived.shift();
  }
}
