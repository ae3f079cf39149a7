/**
 * Plays a trace on a host and says after each operation what Linux's recorder said after the same one.
 *
 * A failed operation is an answer, not an accident: its errno goes into the recording. Only errors that no kernel would
 * give, and a process that could not be started, end the play.
 */
import { KsmError } from '../errors.ts';
import { type AddressSpace, createHost, type Host, type HostOptions } from '../index.ts';
import { PAGE_SIZE } from '../memory/index.ts';
import { contentPage, digest, digestText } from './content.ts';
import {
  FORMAT_VERSION,
  KSM_STAT,
  type Operation,
  type RecordingHeader,
  type RecordingLine,
  type RecordingStep,
  type Trace,
} from './format.ts';
import { sharedFrames, type TracedProcess } from './frames.ts';
import { hostSize } from './size.ts';
import { VERSION } from './version.ts';

type Result = RecordingStep['result'];

/** An operation of one process. */
type ProcessOperation = Exclude<Operation, { op: 'process' | 'sysfs' | 'scan' }>;

export interface PlayerOptions {
  /** The scanner's clock in milliseconds; stands still at 0 unless given. */
  readonly now?: () => number;
}

export interface PlayOptions extends PlayerOptions {
  /** Options of the host that is created; its limits are as large as the trace needs unless given. */
  readonly host?: HostOptions;
  /** Also check the engine's invariants after every operation: ECORRUPT ends the play. */
  readonly invariants?: boolean;
}

/** Some fields of an object, in the order named. */
function pick<Field extends string, Value>(from: Record<Field, Value>, fields: readonly Field[]): Record<Field, Value> {
  return Object.fromEntries(fields.map((field) => [field, from[field]])) as Record<Field, Value>;
}

function fill(space: AddressSpace, page: number, contents: readonly (number | bigint)[]): void {
  for (const [k, content] of contents.entries()) space.write((page + k) * PAGE_SIZE, contentPage(content));
}

function poke(space: AddressSpace, address: number, value: bigint): void {
  const word = new DataView(new ArrayBuffer(8));
  word.setBigUint64(0, value, true);
  space.write(address, new Uint8Array(word.buffer));
}

function digestPages(space: AddressSpace, page: number, pages: number): string {
  let h = 0n;
  for (let k = 0; k < pages; k++) h = digest(h, space.read((page + k) * PAGE_SIZE, PAGE_SIZE));
  return digestText(h);
}

/** Plays operations on a host. The host must be new: Linux's recorder starts with every counter at 0 too. */
export class Player {
  readonly #host: Host;
  readonly #now: () => number;
  readonly #processes: Map<string, TracedProcess> = new Map();

  constructor(host: Host, options: PlayerOptions = {}) {
    this.#host = host;
    this.#now = options.now ?? (() => 0);
  }

  /** Plays one operation of a parsed trace: its line of the recording. */
  play(operation: Operation): RecordingStep {
    const result = this.#attempt(operation);
    const processes = [...this.#processes.values()];
    const { ksm_swpin_copy, cow_ksm } = this.#host.vmstat();
    return {
      result,
      sysfs: this.#host.ksm.counters(),
      vmstat: { ksm_swpin_copy, cow_ksm },
      ksm_stat: Object.fromEntries(processes.map(({ name, space }) => [name, pick(space.ksmStat(), KSM_STAT)])),
      frames: sharedFrames(processes),
    };
  }

  /** The result of an operation, an errno if it failed with one. */
  #attempt(operation: Operation): Result {
    try {
      return this.#perform(operation);
    } catch (error) {
      const starts = operation.op === 'process' || operation.op === 'fork';
      if (starts || !(error instanceof KsmError) || error.errno === undefined) throw error;
      return -error.errno;
    }
  }

  #perform(operation: Operation): Result {
    switch (operation.op) {
      case 'process':
        this.#add(operation.proc, this.#host.spawn(), []);
        return 0;
      case 'sysfs':
        this.#host.ksm.write(operation.file, `${operation.value}\n`);
        return 0;
      case 'scan':
        this.#host.ksm.scan(operation.pages, { now: this.#now() });
        return 0;
      default:
        return this.#act(this.#process(operation.proc), operation);
    }
  }

  #act(process: TracedProcess, operation: ProcessOperation): Result {
    const { space, regions } = process;
    const address = 'page' in operation ? operation.page * PAGE_SIZE : 0;
    const length = 'pages' in operation ? operation.pages * PAGE_SIZE : 0;
    switch (operation.op) {
      case 'fork':
        this.#add(operation.child, space.fork(), regions);
        break;
      case 'exit':
        space.exit();
        this.#processes.delete(process.name);
        break;
      case 'mmap':
        space.mmap(address, length, { shared: operation.kind === 'shared', fixedNoReplace: true });
        regions.push([operation.page, operation.pages]);
        break;
      case 'munmap':
        space.munmap(address, length);
        break;
      case 'mprotect':
        space.mprotect(address, length, operation.prot);
        break;
      case 'madvise':
        space.madvise(address, length, operation.advice);
        break;
      case 'fill':
        fill(space, operation.page, operation.contents);
        break;
      case 'poke':
        poke(space, address + operation.offset, operation.value);
        break;
      case 'touch':
        space.touch(address, length);
        break;
      case 'digest':
        return digestPages(space, operation.page, operation.pages);
    }
    return 0;
  }

  #add(name: string, space: AddressSpace, regions: TracedProcess['regions']): void {
    this.#processes.set(name, { name, space, regions: [...regions] });
  }

  /** The address space of a live process of the trace. */
  space(name: string): AddressSpace {
    return this.#process(name).space;
  }

  #process(name: string): TracedProcess {
    const process = this.#processes.get(name);
    if (process === undefined) throw new KsmError('ESRCH', `no process ${name}: start it with process or fork first`);
    return process;
  }
}

/** The first line of a recording made here. */
export function recordingHeader(trace: Trace): RecordingHeader {
  return { op: 'trace', version: FORMAT_VERSION, name: trace.name, kernel: `ksm-wasm ${VERSION}` };
}

/** Plays a trace on a host of its own: the lines of the recording, the header first. */
export async function* playTrace(trace: Trace, options: PlayOptions = {}): AsyncGenerator<RecordingLine, void, void> {
  const host = await createHost({ ...hostSize(trace), ...options.host });
  try {
    const player = new Player(host, options);
    yield recordingHeader(trace);
    for (const operation of trace.operations) {
      const step = player.play(operation);
      if (options.invariants === true) await host.check();
      yield step;
    }
  } finally {
    host[Symbol.dispose]();
  }
}
