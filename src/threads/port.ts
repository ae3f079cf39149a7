/** What a platform's threads must be able to do. Only the port.*.ts files know the platform. */

/** What a worker is started with: both are shared, not copied. */
export interface WorkerInit {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
}

/** A worker, as the thread sees it that started it. */
export interface WorkerPort {
  /** Resolves when the worker is about to serve, with its number; rejects where it cannot be started. */
  readonly ready: Promise<number>;
  /**
   * Resolves when not one instruction of it is executed any more; with undefined where it ended as it should, else with what is known
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

interface Port {
  startWorker(url: URL, init: WorkerInit): WorkerPort;
  inWorker<Init extends WorkerInit>(): Promise<WorkerEnd<Init>>;
}

/** The port of the platform that this runs on. */
export function platformPort(): Promise<Port> {
  const isNode = typeof process === 'object' && process.versions?.node !== undefined;
  return isNode ? import('./port.node.ts') : import('./port.web.ts');
}
