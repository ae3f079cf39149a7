/**
 * Plays a trace on two hosts at once: one whose pages are bytes, and one whose pages are names. Names are given from outside: after each
 * write the page's bytes are read from the first host, and their hash is the page's name on the second.
 */
import { createHash } from 'node:crypto';
import { createHost, type Host, type HostOptions, KsmError } from '../../src/index.ts';
import { hostSize, type Operation, Player, type RecordingStep, type Trace } from '../../src/trace/index.ts';
import { checkHost } from './inside.ts';
import { PAGE } from './page.ts';

const ZEROS = new Uint8Array(PAGE);

/** The name of a page's bytes; 0 of zeros. */
export function nameOf(bytes: Uint8Array): bigint {
  if (Buffer.compare(bytes, ZEROS) === 0) return 0n;
  return createHash('sha256').update(bytes).digest().readBigUInt64LE();
}

/** What both hosts say after one operation. */
export interface Steps {
  readonly bytes: RecordingStep;
  readonly names: RecordingStep;
}

export class NamesPlayer {
  readonly #bytes: Player;
  readonly #names: Player;

  constructor(bytes: Host, names: Host) {
    this.#bytes = new Player(bytes);
    this.#names = new Player(names);
  }

  play(operation: Operation): Steps {
    const bytes = this.#bytes.play(operation);
    switch (operation.op) {
      case 'fill':
        return { bytes, names: this.#name(operation.proc, operation.page, operation.contents.length, bytes) };
      case 'poke':
        return { bytes, names: this.#name(operation.proc, operation.page, 1, bytes) };
      case 'digest':
        return { bytes, names: this.#read(operation.proc, operation.page, operation.pages, bytes) };
      default:
        return { bytes, names: this.#names.play(operation) };
    }
  }

  /** Names pages as they are now on the host of bytes, up to one that cannot be written there. */
  #name(proc: string, page: number, pages: number, { result }: RecordingStep): RecordingStep {
    return this.#step(proc, result, () => {
      for (let k = 0; k < pages; k++) {
        const address = (page + k) * PAGE;
        this.#names.space(proc).setName(address, this.#nameAt(proc, address));
      }
    });
  }

  /** Reads pages' names, which must be those of the bytes. */
  #read(proc: string, page: number, pages: number, { result }: RecordingStep): RecordingStep {
    return this.#step(proc, result, () => {
      for (let k = 0; k < pages; k++) {
        const address = (page + k) * PAGE;
        const name = this.#names.space(proc).getName(address);
        const expected = this.#nameAt(proc, address);
        if (name !== expected) throw new Error(`${proc}, page ${page + k} is named ${name}, expected ${expected}`);
      }
    });
  }

  /** 0n if the page cannot be read: then it cannot be named either. */
  #nameAt(proc: string, address: number): bigint {
    const space = this.#bytes.space(proc);
    return space.frameOf(address) === undefined ? 0n : nameOf(space.read(address, PAGE));
  }

  /** Does `act`, which ends as the same did on the host of bytes, and gives what the host of names says then. */
  #step(proc: string, result: RecordingStep['result'], act: () => void): RecordingStep {
    let errno = 0;
    try {
      act();
    } catch (error) {
      if (!(error instanceof KsmError) || error.errno === undefined) throw error;
      errno = -error.errno;
    }
    const step = this.#names.play({ op: 'touch', proc, page: 0, pages: 0 });
    return { ...step, result: typeof result === 'string' && errno === 0 ? result : errno };
  }
}

/** Both hosts' steps, one after the other; the invariants of the host of names hold after each, if asked for. */
export async function* playBoth(trace: Trace, options: HostOptions, invariants: boolean): AsyncGenerator<Steps> {
  const both = { ...hostSize(trace), index: 'hash', seed: 1, ...options } as const;
  const bytes = await createHost(both);
  const names = await createHost({ ...both, page: 'names' });
  const player = new NamesPlayer(bytes, names);
  for (const operation of trace.operations) {
    yield player.play(operation);
    if (invariants) checkHost(names);
  }
  bytes.leave();
  names.leave();
}
