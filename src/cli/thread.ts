/**
 * The thread of the command line in which the work is done (see main.ts): runs it, and says how it ended.
 *
 * Signals come as messages. The streams of such a thread do not know whether they are terminals, so that comes with the start.
 */
import process from 'node:process';
import { parentPort, workerData } from 'node:worker_threads';
import { Interrupted, type Signal } from './interrupt.ts';
import { run } from './program.ts';

export interface Terminal {
  readonly isTTY: boolean;
  readonly columns?: number;
  readonly hasColours?: boolean;
}

/** What the thread is started with. */
export interface Start {
  readonly words: readonly string[];
  readonly stdout: Terminal;
  readonly stderr: Terminal;
}

/** What the thread says: it has something to put in order when it is asked to end; or, at last, the exit code. */
export type Word = { readonly tidiesUp: true } | { readonly code: number };

function describe(stream: NodeJS.WriteStream, { isTTY, columns, hasColours = false }: Terminal): void {
  Object.assign(stream, { isTTY, columns, hasColors: () => hasColours });
}

const { words, stdout, stderr }: Start = workerData;
const tell = (word: Word): void => parentPort?.postMessage(word);
const controller = new AbortController();

describe(process.stdout, stdout);
describe(process.stderr, stderr);
parentPort?.on('message', (message: Signal | number) => {
  if (typeof message === 'number') process.stderr.columns = message;
  else controller.abort(new Interrupted(message));
});
parentPort?.unref();
tell({ code: await run(words, controller.signal, () => tell({ tidiesUp: true })) });
