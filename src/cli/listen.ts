/**
 * The first thread of the command line: it listens, another one works (thread.ts).
 *
 * A step of the engine, of the kernel or of a slow reader of stdout may take seconds, and a thread that is inside one hears no
 * signal. This one does nothing that takes time, so it always hears them. The first SIGINT, SIGTERM or SIGHUP asks the work to
 * end; work that has nothing to put in order and does not answer is ended. A second one ends the program, whatever it is doing.
 *
 * A second thread costs as much as all of a small scan, so what only explains the program is done here, without handlers of
 * signals: they end it as they end any other.
 */
import { writeSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { addressSpace } from './address-space.ts';
import { Interrupted, interruptible, SIGNALS, type Signal } from './interrupt.ts';
import { terminal } from './terminal.ts';
import type { Start, Word } from './thread.ts';

/** Milliseconds that work with nothing to put in order has to answer a signal: some slices of a scan. */
const ANSWER = 50;
/** Milliseconds that its thread has to end, once it is told to. */
const END = 500;
/** Milliseconds within which the same signal comes again by itself: npm passes on what the terminal has sent to everybody. */
const ECHO = 50;
/** Bytes of address space below which V8 would crash rather than make a second thread. The engine needs far more. */
const THREAD_ROOM = 2 ** 31;

const HEAP_FULL =
  "JavaScript's memory is full: this input is too large for this machine. Give ksm less at a time, or more memory: " +
  'NODE_OPTIONS=--max-old-space-size=MIB.';

/** Runs the command line in a thread of its own. */
function workBeside(words: readonly string[]): void {
  const start: Start = { words, terminals: { stdout: terminal('stdout'), stderr: terminal('stderr') } };
  // The thread writes to stdout and stderr by itself; only the warnings of Node.js come here.
  const thread = new Worker(new URL('./thread.cjs', import.meta.url), {
    workerData: start,
    stdout: true,
    stderr: true,
    trackUnmanagedFds: false, // a pipe that was opened by number is closed by its socket, of which the list would not hear
  });
  thread.stderr.setEncoding('utf8').on('data', complain);
  if (start.terminals.stderr.isTTY) process.stderr.on('resize', () => thread.postMessage(process.stderr.columns));
  let first: Signal | undefined;
  let since = 0;
  let tidiesUp = false;
  const leaveSoon = (signal: Signal): void => void setTimeout(() => void leave(thread, signal), ANSWER).unref();
  const onSignal = (signal: Signal): void => {
    if (signal === first && tidiesUp && performance.now() - since < ECHO) return;
    if (first !== undefined) return void leave(thread, signal);
    first = signal;
    since = performance.now();
    thread.postMessage(signal);
    if (!tidiesUp) leaveSoon(signal);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  thread.on('message', (word: Word) => {
    if ('tidiesUp' in word) tidiesUp = true;
    else process.exitCode = word.code;
    // The thread ends by itself now, unless something that it had begun to write, and that nobody reads, keeps it.
    if ('code' in word && first !== undefined) leaveSoon(first);
  });
  thread.once('exit', (code) => {
    process.exitCode ??= code || 1; // it has said nothing
  });
  thread.on('error', (error: Error & { code?: string }) => {
    complain(`ksm: ${error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? HEAP_FULL : (error.stack ?? error.message)}\n`);
    process.exitCode = 1;
  });
}

/** Ends the program with the code of the signal; by the signal itself where the thread is in something that cannot be ended. */
async function leave(thread: Worker, signal: Signal): Promise<void> {
  const hasEnded = await Promise.race([thread.terminate().then(() => true), sleep(END, false)]);
  if (terminal('stderr').isTTY) complain('\r\x1b[2K');
  if (hasEnded) process.exit(new Interrupted(signal).exitCode);
  for (const one of SIGNALS) process.removeAllListeners(one);
  process.kill(process.pid, signal);
}

/** Runs the command line in this thread, which hears signals only where its work pauses. */
async function workHere(words: readonly string[]): Promise<void> {
  const { run } = await import('./program.ts');
  process.exitCode = await interruptible((signal) => run(words, signal, () => {}));
}

/** Explains the program in this thread. */
async function explain(words: readonly string[]): Promise<void> {
  const { run } = await import('./program.ts');
  process.exitCode = await run(words, new AbortController().signal, () => {});
}

const HELP = ['--help', '-h'];
const EXPLAINING = [...HELP, '--version', '-V', 'help', 'completion'];

/** Is it help, the version or a shell's completion that is wanted, or nothing at all? */
function onlyExplains([first, ...rest]: readonly string[]): boolean {
  return first === undefined || EXPLAINING.includes(first) || (rest.length === 1 && HELP.includes(rest[0] as string));
}

function complain(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // Nobody listens.
  }
}

const words = process.argv.slice(2);
if (onlyExplains(words)) void explain(words);
else if (addressSpace() < THREAD_ROOM) void workHere(words);
else workBeside(words);
