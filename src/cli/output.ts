/**
 * Where the command line writes: results to stdout, everything else to stderr.
 *
 * A result that did not get out is a failure. Where the reader of stdout has left early (`ksm scan | head -1`) the program ends
 * without a word, as others do whom SIGPIPE ends; everything else, such as a full disk, is said in a sentence. A program that is started
 * without a stdout (`>&-`) cannot tell: Node.js opens /dev/null in its place, as those do who throw a result away.
 *
 * Written to the file descriptors and not to the streams of Node.js: of a thread, those know neither failures nor an end.
 */
import fs from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { KsmError } from '../errors.ts';
import { printable } from '../printable.ts';
import { systemError } from './system-error.ts';
import { terminal } from './terminal.ts';

/** Characters of a line where nobody says how many there are, and the fewest that are of use. */
const DEFAULT_WIDTH = 80;
const LEAST_WIDTH = 40;
const [STDOUT, STDERR] = [1, 2];
/** Milliseconds between two tries to write to what is full and does not wait by itself. */
const PAUSE = 5;
/** Characters that wait for a slow reader of stdout, besides those that are being written. */
const MOST_WAITING = 2 ** 16;

/** Whoever read stdout has gone. */
export class ClosedPipe extends Error {
  override readonly name: string = 'ClosedPipe';
}

/** Writes a part of the result to stdout and waits until it is out. Throws the reason of `signal` where that comes first. */
export async function print(text: string, signal?: AbortSignal): Promise<void> {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length; ) done += await abortable(write(bytes, done), signal);
}

/** Writes what can be written at once; how many bytes. */
async function write(bytes: Buffer, from: number): Promise<number> {
  try {
    return await new Promise((resolve, reject) => {
      fs.write(STDOUT, bytes, from, bytes.length - from, null, (error, written) => {
        if (error === null) resolve(written);
        else reject(error);
      });
    });
  } catch (error) {
    const { code, words } = systemError(error);
    if (code === 'EPIPE') throw new ClosedPipe();
    if (code !== 'EAGAIN') throw new KsmError('EIO', `cannot write the result to stdout: ${words}.`, { cause: error });
    await sleep(PAUSE);
    return 0;
  }
}

/** Prints pieces of a result in their order while more of them are made: what comes while one is written goes out together. */
export class Printer {
  readonly #signal: AbortSignal;
  #waiting = '';
  #writing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Waits only where much is waiting already. Throws what print throws, be it of an earlier piece. */
  async add(text: string): Promise<void> {
    this.#waiting += text;
    this.#writing ??= this.#write();
    if (this.#failure !== undefined || this.#waiting.length > MOST_WAITING) await this.end();
  }

  /** Waits until everything is out. */
  async end(): Promise<void> {
    await this.#writing;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #write(): Promise<void> {
    try {
      for (let text = this.#take(); text !== ''; text = this.#take()) await print(text, this.#signal);
      this.#writing = undefined;
    } catch (error) {
      this.#failure = { error };
    }
  }

  #take(): string {
    const text = this.#waiting;
    this.#waiting = '';
    return text;
  }
}

function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    signal.addEventListener('abort', stop);
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Writes one line about how things go, or went wrong, to stderr. */
export function say(text: string): void {
  writeError(`ksm: ${printable(text)}\n`);
}

/** Writes to stderr, as it is. What cannot be written there cannot be told to anybody. */
export function writeError(text: string): void {
  try {
    fs.writeSync(STDERR, text);
  } catch {}
}

/** Characters of a line of stdout, as the user says (COLUMNS) or its terminal; undefined if neither does. */
export function saidWidth(): number | undefined {
  const { COLUMNS = '' } = process.env;
  const said = /^[1-9][0-9]{0,4}$/.test(COLUMNS) ? Number(COLUMNS) : terminal('stdout').columns;
  return said ? Math.max(said, LEAST_WIDTH) : undefined;
}

/** How a result for people should look on stdout. COLUMNS, NO_COLOR, FORCE_COLOR and dumb terminals are respected. */
export function appearance(): { width: number; colour: boolean } {
  const { isTTY, hasColours = false } = terminal('stdout');
  const forced = (process.env.FORCE_COLOR ?? '0') !== '0' && !process.env.NO_COLOR;
  return {
    width: saidWidth() ?? DEFAULT_WIDTH,
    colour: forced || (isTTY && hasColours),
  };
}
