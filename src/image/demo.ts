/**
 * Four processes with something in memory, for a first scan that needs nothing of the user's.
 *
 * Each is a small document server (demo-worker.ts): the same program with nearly the same documents, as the workers of
 * a web server are. Nothing in them is made to be alike for the scan's sake. They end with this process, whatever ends
 * it: they notice that the channel to it is closed.
 */

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { KsmError } from '../errors.ts';
import { failure } from './failure.ts';

const PROCESSES = 4;

/** What a worker has done by the time it is ready. */
export interface DemoWork {
  readonly documents: number;
  /** Bytes of text in them. */
  readonly textBytes: number;
  /** Different words in the index. */
  readonly words: number;
  /** Bytes of the documents as they would be sent, compressed. */
  readonly compressedBytes: number;
}

export interface Demo {
  readonly pids: number[];
  /** In the order of `pids`. */
  readonly work: DemoWork[];
  /** Ends the processes; done when they are gone. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts the four and waits until their work is done, about a second; they then keep it in memory and idle.
 *
 * Throws the errno of the failed start (EAGAIN, ENOMEM, …), or EIO with what the process wrote if it ended early. None
 * of them is left then. This process can end without having disposed of them. Throws the reason of `signal` where that is
 * aborted before they are ready.
 */
export async function startDemo(signal?: AbortSignal): Promise<Demo> {
  signal?.throwIfAborted();
  const children = Array.from({ length: PROCESSES }, (_, which) => start(which));
  const stop = (): void => void end(children);
  signal?.addEventListener('abort', stop);
  try {
    const work = await Promise.all(children.map(ready));
    const pids = children.flatMap((child) => child.pid ?? []);
    for (const child of children) letGo(child);
    return { pids, work, [Symbol.asyncDispose]: () => end(children) };
  } catch (error) {
    await end(children);
    throw signal?.aborted ? signal.reason : failure(error, 'start the processes of the demo', {});
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** The worker's file is named from the folder above: so it is found from dist/src/program, too. */
function start(which: number): ChildProcess {
  // Not imported: a scan of anything else would load it for nothing.
  const { fork } = process.getBuiltinModule('node:child_process');
  return fork(new URL('../image/demo-worker.js', import.meta.url), [String(which)], {
    // Options that this process was started with, like a debugger's port, are not meant for others.
    execArgv: ['--no-warnings'],
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
}

/** The first message of a worker. */
function ready(child: ChildProcess): Promise<DemoWork> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.once('message', (work) => resolve(work as DemoWork));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
      reject(new KsmError('EIO', `a process of the demo ended early, ${how}: ${said.trim() || 'it said nothing'}`));
    });
  });
}

/** From now on the child does not keep this process from ending. */
function letGo(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
  child.stderr?.destroy();
}

async function end(children: readonly ChildProcess[]): Promise<void> {
  await Promise.all(
    children.map(async (child) => {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      child.ref();
      const gone = once(child, 'exit');
      // They have nothing to save, so there is nothing to ask first.
      child.kill('SIGKILL');
      await gone;
    }),
  );
}
