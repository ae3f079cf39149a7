/** Processes of memory.c: with memory of the kinds that a test names. They need a C compiler. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { withPid } from '../image.ts';

const SOURCE = fileURLToPath(new URL('memory.c', import.meta.url));

/** Starts such processes, and ends them and their program when it is disposed of. */
export class MemoryProcesses {
  readonly #folder: string = mkdtempSync(join(tmpdir(), 'ksm-memory-'));
  readonly #children: ChildProcess[] = [];
  readonly program: string;

  /** `name`: what the processes call themselves. */
  constructor(name = 'memory') {
    this.program = join(this.#folder, name);
    execFileSync(process.env.CC ?? 'cc', ['-O1', '-o', this.program, SOURCE]);
  }

  /** Ready when all its memory is there. */
  async start(...words: string[]): Promise<MemoryProcess> {
    const child = withPid(spawn(this.program, words, { stdio: ['pipe', 'pipe', 'inherit'] }));
    this.#children.push(child);
    const lines = createInterface({ input: child.stdout });
    await Promise.race([
      once(lines, 'line'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`memory ${words.join(' ')} ended with ${code}`))),
    ]);
    return new MemoryProcess(child, lines);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#children.map(end));
    rmSync(this.#folder, { recursive: true });
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'close');
  child.kill('SIGKILL');
  await gone;
}

export class MemoryProcess {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #lines: Interface;

  constructor(child: ChildProcess & { pid: number }, lines: Interface) {
    this.pid = child.pid;
    this.#child = child;
    this.#lines = lines;
  }

  /** Has it do something, and waits until it is done; see memory.c. */
  async say(word: 'unmap' | 'fork'): Promise<void> {
    this.#child.stdin?.write(`${word}\n`);
    await once(this.#lines, 'line');
  }

  /** Becomes another program, of the name "sleep". */
  exec(): void {
    this.#child.stdin?.write('exec\n');
  }

  /** From now on nothing of it changes. */
  stop(): void {
    this.#child.kill('SIGSTOP');
  }

  kill(): Promise<void> {
    return end(this.#child);
  }
}
