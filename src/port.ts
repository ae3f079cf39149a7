/** Threads: how they are asked for, and what a thread and a worker that it has started are to each other, on every platform. */

/** Something that an embedder should know, and that is no error. */
export interface Warning {
  /** For programs. KSM_SCANNERS: fewer threads scan than were asked for; results are the same. */
  readonly code: 'KSM_SCANNERS';
  /** For people: what was asked for, what there is, and why. */
  readonly message: string;
}

/** Options of everything that starts threads. */
export interface ThreadOptions {
  /**
   * Where "ksm-wasm/worker" is served, for those whose bundler does not find it by itself: a URL, or in a page a path. Default: its
   * place in the package.
   */
  readonly workerUrl?: URL | string;
  /** Is told what is no error but should be known. Default: a process warning in Node.js, console.warn in a browser. */
  readonly onWarning?: (warning: Warning) => void;
}

/** What a worker is for. */
export type WorkerTask = 'scanner' | 'ksmd';

/** What a worker is started with: module and memory are shared, not copied. */
export interface WorkerInit {
  readonly task: WorkerTask;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** The number that is kept for it. */
  readonly worker: number;
}

/** A worker, as the thread sees it that started it. */
export interface WorkerPort {
  /** Resolves when the worker is about to serve; rejects if it cannot be started. */
  readonly ready: Promise<number>;
  /**
   * Resolves when not one instruction of it is executed any more; with undefined if it ended as it should, else with what is known
   * of why.
   */
  readonly ended: Promise<Error | undefined>;
  /** From now on each ring of the worker is a call of `listener`. */
  onRing(listener: () => void): void;
  /** Does this program live as long as the worker does? A worker that is ready does not keep it alive unless told so. */
  keepAlive(on: boolean): void;
  /** Ends it wherever it is. */
  terminate(): Promise<void>;
}

/** The same, as the worker sees it. A blocked worker gets no messages: orders reach it through the memory. */
export interface WorkerEnd<Init extends WorkerInit> {
  readonly init: Init;
  /** Says that this is about to serve, as worker number `worker`. */
  ready(worker: number): void;
  /** Rings at the thread that started this. */
  ring(): void;
  /** Says that this ends, as it should; nothing may follow. */
  end(): void;
}

/** A message is the number of a worker that is ready, or one of these. */
export const RING = 0;
export const END = -1;

/** What a browser's worker is sent: the name of its lock comes with what it is started with. */
export interface Sent {
  readonly init: WorkerInit;
  readonly lock: string;
}
