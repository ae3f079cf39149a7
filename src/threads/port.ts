/** What a platform's threads must be able to do. Only the port.*.ts files know the platform. */

/** What a worker is started with: both are shared, not copied. */
export interface WorkerInit {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
}

export interface WorkerPort {
  /** Resolves when the worker is about to serve, with its number; rejects where it cannot be started. */
  readonly ready: Promise<number>;
  /** Resolves when it has ended, for whatever reason, as far as the platform tells. */
  readonly ended: Promise<void>;
  terminate(): Promise<void>;
}

interface Port {
  startWorker(url: URL, init: WorkerInit): WorkerPort;
  inWorker(): Promise<{ init: WorkerInit; ready: (worker: number) => void }>;
}

/** The port of the platform that this runs on. */
export function platformPort(): Promise<Port> {
  const isNode = typeof process === 'object' && process.versions?.node !== undefined;
  return isNode ? import('./port.node.ts') : import('./port.web.ts');
}
