/**
 * Plays operations on two hosts at once: one whose pages are bytes, and one whose pages are names. Names are given from outside: after
 * each write the page's bytes are taken from the first host, and what they are called is the page's name on the second. In hash order that
 * is their hash. In content order it begins with the rank of the content among all that ever occur, which whoever plays it has met before,
 * in hash order.
 */
import { createHash } from 'node:crypto';
import { type AddressSpace, createHost, type Host, type HostOptions, KsmError } from '../../src/index.ts';
import { contentPage } from '../../src/trace/content.ts';
import { hostSize, Player, type RecordingStep, type Trace } from '../../src/trace/index.ts';
import { directPlace } from './direct.ts';
import { checkHost, engineOf } from './inside.ts';
import { PAGE } from './page.ts';

const ZEROS = new Uint8Array(PAGE);

/** The name of a page's bytes; 0 of zeros. */
export function nameOf(bytes: Uint8Array): bigint {
  if (Buffer.compare(bytes, ZEROS) === 0) return 0n;
  return createHash('sha256').update(bytes).digest().readBigUInt64LE();
}

/** What a page's bytes are called. */
export type Naming = (bytes: Uint8Array) => bigint;

/** Contents that occur, and names that are ordered as they are. */
export class Contents {
  readonly #met: Map<bigint, Buffer> = new Map();

  /** Meets a content; gives it a name in no order. */
  readonly meet: Naming = (bytes) => {
    const name = nameOf(bytes);
    if (!this.#met.has(name)) this.#met.set(name, Buffer.from(bytes));
    return name;
  };

  /** Names for the contents that were met: rank in memcmp order and half of the hash. The page of zeros is 0, the first of all. */
  ranked(): Naming {
    this.#met.set(0n, Buffer.from(ZEROS));
    const sorted = [...this.#met].sort(([, one], [, other]) => Buffer.compare(one, other));
    const names = new Map(sorted.map(([hash], rank) => [hash, (BigInt(rank) << 32n) | (hash & 0xffff_ffffn)]));
    return (bytes) => {
      const name = names.get(nameOf(bytes));
      if (name === undefined) throw new Error('a content occurs that did not when the same was played before');
      return name;
    };
  }
}

/** Both orders, and how contents are named in each. They are met in hash order, so that one is played first. */
export function orders(contents: Contents): readonly (readonly [index: 'hash' | 'content', naming: () => Naming])[] {
  return [
    ['hash', () => contents.meet],
    ['content', () => contents.ranked()],
  ];
}

/** What is looked at of an operation here. */
interface Played {
  readonly op: string;
  readonly proc?: string;
  readonly page?: number;
  readonly pages?: number;
  readonly contents?: readonly unknown[];
}

/** Nothing at all, for what is said after it. */
interface Nothing extends Played {
  readonly op: 'touch';
  readonly proc: string;
  readonly page: number;
  readonly pages: number;
}

/** A store straight into a page's frame, past the library, as an embedder does it; none if the page may not be written. */
export interface Direct extends Played {
  readonly op: 'direct';
  readonly proc: string;
  readonly page: number;
  readonly content: number;
}

/** A player of one host (src/trace, test/recordings/golden2). */
interface OneHost<Operation, Step> {
  play(operation: Operation | Nothing): Step;
  space(name: string): AddressSpace;
}

/** What both hosts say after one operation. */
export interface Steps<Step = RecordingStep> {
  readonly bytes: Step;
  readonly names: Step;
}

type Result = RecordingStep['result'];

export class NamesPlayer<Operation extends Played, Step extends { readonly result: Result }> {
  readonly #host: Host;
  readonly #bytes: OneHost<Operation, Step>;
  readonly #named: Host;
  readonly #names: OneHost<Operation, Step>;
  readonly #naming: Naming;

  /** For two new hosts. `playerOf` gives each its player. */
  constructor(bytes: Host, names: Host, playerOf: (host: Host) => OneHost<Operation, Step>, naming: Naming = nameOf) {
    this.#naming = naming;
    this.#host = bytes;
    this.#bytes = playerOf(bytes);
    this.#named = names;
    this.#names = playerOf(names);
  }

  play(operation: Operation | Direct): Steps<Step> {
    if (isDirect(operation)) return this.#direct(operation);
    const bytes = this.#bytes.play(operation);
    const { op, proc = '', page = 0, pages = 1, contents = [] } = operation;
    switch (op) {
      case 'fill':
        return { bytes, names: this.#name(proc, page, contents.length, bytes) };
      case 'poke':
        return { bytes, names: this.#name(proc, page, 1, bytes) };
      case 'digest':
        return { bytes, names: this.#read(proc, page, pages, bytes) };
      default:
        return { bytes, names: this.#names.play(operation) };
    }
  }

  /** Names pages as they are now on the host of bytes, up to one that cannot be written there. */
  #name(proc: string, page: number, pages: number, { result }: Step): Step {
    return this.#step(proc, result, () => {
      for (let k = 0; k < pages; k++) {
        const address = (page + k) * PAGE;
        this.#names.space(proc).setName(address, this.#nameAt(proc, address));
      }
    });
  }

  /** Reads pages' names, which must be those of the bytes. */
  #read(proc: string, page: number, pages: number, { result }: Step): Step {
    return this.#step(proc, result, () => {
      for (let k = 0; k < pages; k++) {
        const address = (page + k) * PAGE;
        const name = this.#names.space(proc).getName(address);
        const expected = this.#nameAt(proc, address);
        if (name !== expected) throw new Error(`${proc}, page ${page + k} is named ${name}, expected ${expected}`);
      }
    });
  }

  #direct({ proc, page, content }: Direct): Steps<Step> {
    const bytes = contentPage(content);
    const place = directPlace(this.#host, this.#bytes.space(proc), page);
    if (place !== 0) engineOf(this.#host).bytes.set(bytes, place);
    const named = directPlace(this.#named, this.#names.space(proc), page);
    if (named !== 0) engineOf(this.#named).setBigU64(named, this.#naming(bytes));
    if ((place === 0) !== (named === 0)) throw new Error(`${proc}, page ${page}: only one host lets it be written`);
    return { bytes: this.#bytes.play(nothing(proc)), names: this.#names.play(nothing(proc)) };
  }

  /** 0n if there is no page: then it cannot be named either. */
  #nameAt(proc: string, address: number): bigint {
    const frame = this.#bytes.space(proc).frameOf(address);
    if (frame === undefined) return 0n;
    const { bytes, frames } = engineOf(this.#host);
    const place = frames.placeOf(frame);
    return this.#naming(bytes.subarray(place, place + PAGE));
  }

  /** Does `act`, which ends as the same did on the host of bytes, and gives what the host of names says then. */
  #step(proc: string, result: Result, act: () => void): Step {
    let errno = 0;
    try {
      act();
    } catch (error) {
      if (!(error instanceof KsmError) || error.errno === undefined) throw error;
      errno = -error.errno;
    }
    const step = this.#names.play(nothing(proc));
    return { ...step, result: typeof result === 'string' && errno === 0 ? result : errno };
  }
}

function isDirect(operation: Played): operation is Direct {
  return operation.op === 'direct';
}

const nothing = (proc: string): Nothing => ({ op: 'touch', proc, page: 0, pages: 0 });

/** Both hosts' steps, one after the other; the invariants of the host of names hold after so many each, and at the end. */
export async function* playBoth(
  trace: Trace,
  options: HostOptions,
  every: number,
  naming?: Naming,
): AsyncGenerator<Steps> {
  const both = { ...hostSize(trace), index: 'hash', seed: 1, ...options } as const;
  const bytes = await createHost(both);
  // Names take a small part of the room, and whoever checks a machine looks at each frame that it has.
  const names = await createHost({ ...both, memory: Math.ceil(Number(both.memory) / 16), page: 'names' });
  const player = new NamesPlayer(bytes, names, (host) => new Player(host), naming);
  for (const [at, operation] of trace.operations.entries()) {
    yield player.play(operation);
    if (at % every === 0) checkHost(names);
  }
  checkHost(names);
  bytes.leave();
  names.leave();
}
