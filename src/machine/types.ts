/** What a machine says of itself, and what goes from one thread to another. */

/** How much there is of everything. */
export interface Limits {
  readonly frames: number;
  readonly pages: number;
  readonly processes: number;
  readonly vmas: number;
}

/** How much of everything is in use. */
export interface Usage extends Limits {
  /** Bytes of page tables, rmap items, nodes, roots and other records in use: all that is not a frame. */
  readonly metadataBytes: number;
  /** @deprecated Name of version 0.1. */
  readonly metadata_bytes: number;
}

/** What names a process to another thread. */
export interface ProcessHandle {
  readonly id: number;
  /** Address of its mm in the engine's memory. */
  readonly mm: number;
}

/** What a thread needs to take part in a host. */
export interface SharedHost {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
}

/** Which process is which mm. A snapshot carries it. */
export interface Books {
  /** The id that the next process gets. */
  readonly nextId: number;
  /** The live processes by ascending id, which is the order in which they were started. */
  readonly processes: readonly ProcessHandle[];
}

/** Options of spawn. */
export interface SpawnOptions {
  /** NUMA node whose frames the process prefers. Default 0. */
  readonly node?: number;
}
