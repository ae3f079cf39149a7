/**
 * The processes of a trace: programs of ours that do as they are told over a socket (puppet.c).
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { KsmError } from '../errors.ts';
import { Lines } from './lines.ts';

/** One process. */
export class Puppet {
  readonly pid: number;
  readonly #socket: Socket;
  readonly #answers: Lines;
  readonly #closed: Promise<unknown>;

  constructor(pid: number, socket: Socket, answers: Lines) {
    this.pid = pid;
    this.#socket = socket;
    this.#answers = answers;
    this.#closed = new Promise((resolve) => socket.once('close', resolve));
  }

  /** Gives a command, waits for the answer. Throws KsmError EIO if the process has died. */
  async ask(command: string): Promise<string> {
    this.#socket.write(`${command}\n`);
    const answer = await this.#answers.next();
    if (answer === undefined) throw new KsmError('EIO', `process ${this.pid} of the trace has died: was it killed?`);
    return answer;
  }

  /** Ends the process in the middle of what it does; whoever waits for an answer gets none. */
  kill(): void {
    try {
      if (!this.#socket.closed) process.kill(this.pid, 'SIGKILL');
    } catch {
      // It has just ended by itself.
    }
  }

  /** Ends the process. Its memory is gone afterwards, because the kernel takes that away before it closes sockets. */
  async exit(): Promise<void> {
    if (this.#socket.closed) return;
    this.#socket.end('exit\n');
    await this.#closed;
  }
}

type Arrival = (puppet: Puppet | KsmError) => void;

/** Starts processes, and waits for them to introduce themselves. */
export class Stage {
  readonly #program: string;
  readonly #folder: string = fs.mkdtempSync(join(tmpdir(), 'ksm-stage-'));
  readonly #server: Server = createServer();
  readonly #expected: Map<string, Arrival> = new Map();
  readonly #puppets: Set<Puppet> = new Set();
  readonly #signal: AbortSignal | undefined;
  #tickets = 0;

  private constructor(program: string, signal: AbortSignal | undefined) {
    this.#program = program;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#kill);
    this.#server.on('connection', (socket) => void this.#welcome(socket));
  }

  /** If `signal` is aborted, the processes are ended whatever they do: reading a gibibyte takes them seconds. */
  static async open(program: string, signal?: AbortSignal): Promise<Stage> {
    const stage = new Stage(program, signal);
    await new Promise<void>((resolve, reject) => {
      stage.#server.once('error', reject).listen(stage.#socketPath, resolve);
    });
    return stage;
  }

  /** Starts a process. */
  start(): Promise<Puppet> {
    return this.#arrival((ticket) => {
      const child = spawn(this.#program, ['act', this.#socketPath, ticket], { stdio: 'ignore', detached: true });
      const lost = (): void => this.#lost(ticket, 'could not be started');
      child.once('error', lost).once('exit', lost);
      child.unref();
    });
  }

  /** Forks a process. */
  async fork(parent: Puppet): Promise<Puppet> {
    let answered: Promise<void> | undefined;
    const child = await this.#arrival((ticket) => {
      answered = parent.ask(`fork ${ticket}`).then((answer) => {
        if (answer !== '0') this.#lost(ticket, `could not be forked (${answer})`);
      });
      answered.catch(() => this.#lost(ticket, 'died while it forked'));
    });
    // The child may be here before its parent answers, and the next answer has to be to the next command.
    await answered;
    return child;
  }

  /** Ends a process. */
  async exit(puppet: Puppet): Promise<void> {
    this.#puppets.delete(puppet);
    await puppet.exit();
  }

  /** Ends all processes. */
  async close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#kill);
    await Promise.all([...this.#puppets].map((puppet) => this.exit(puppet)));
    this.#server.close();
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }

  readonly #kill = (): void => {
    for (const puppet of this.#puppets) puppet.kill();
  };

  get #socketPath(): string {
    return join(this.#folder, 'socket');
  }

  /** Has something start a process that will come with a ticket, and waits for it. */
  async #arrival(cause: (ticket: string) => void): Promise<Puppet> {
    const ticket = String(++this.#tickets);
    const arrived = new Promise<Puppet | KsmError>((resolve) => this.#expected.set(ticket, resolve));
    cause(ticket);
    const puppet = await arrived;
    if (puppet instanceof KsmError) throw puppet;
    this.#puppets.add(puppet);
    return puppet;
  }

  async #welcome(socket: Socket): Promise<void> {
    const lines = new Lines(socket);
    const [ticket = '', pid] = (await lines.next())?.split(' ') ?? [];
    this.#expected.get(ticket)?.(new Puppet(Number(pid), socket, lines));
    this.#expected.delete(ticket);
  }

  #lost(ticket: string, why: string): void {
    this.#expected.get(ticket)?.(new KsmError('EIO', `a process of the trace ${why}.`));
    this.#expected.delete(ticket);
  }
}
