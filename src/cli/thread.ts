/**
 * The thread of the command line in which the work is done (see listen.ts): runs it, and says how it ended.
 *
 * Signals come as messages. What is known of the terminals comes with the start, and their new width as a number.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { Interrupted, type Signal } from './interrupt.ts';
import { run } from './program.ts';
import { type Terminals, tellTerminals, tellWidth } from './terminal.ts';

/** What the thread is started with. */
export interface Start {
  readonly words: readonly string[];
  readonly terminals: Terminals;
}

/** What the thread says: it has something to put in order when it is asked to end; or, at last, the exit code. */
export type Word = { readonly tidiesUp: true } | { readonly code: number };

const { words, terminals }: Start = workerData;
const tell = (word: Word): void => parentPort?.postMessage(word);
const controller = new AbortController();

tellTerminals(terminals);
parentPort?.on('message', (message: Signal | number) => {
  if (typeof message === 'number') tellWidth('stderr', message);
  else controller.abort(new Interrupted(message));
});
parentPort?.unref();
void run(words, controller.signal, () => tell({ tidiesUp: true })).then((code) => tell({ code }));
