/**
 * Plays traces with more operations than the project's format has (pins, locks, other kinds of memory, NUMA nodes and moves) through
 * the library, and says after each what the kernel's recorder said after the same one. Traces are trusted: they lie beside this file.
 */
import { readFileSync } from 'node:fs';
import { layout } from '../../../src/engine/index.ts';
import { type AddressSpace, createHost, type Host, KsmError, type Pin, type Protection } from '../../../src/index.ts';
import { COUNTERS } from '../../../src/ksm/index.ts';
import { contentPage, digest, digestText } from '../../../src/trace/content.ts';
import { type Group, KSM_STAT } from '../../../src/trace/format.ts';
import { sharedFrames, sortGroups, type TracedProcess } from '../../../src/trace/frames.ts';
import { engineOf } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';

/** An operation as it stands in a trace. */
export interface Operation {
  readonly op: string;
  readonly proc?: string;
  readonly child?: string;
  readonly page?: number;
  readonly pages?: number;
  readonly kind?: 'private' | 'shared' | 'huge' | 'file' | 'none' | 'ro';
  readonly prot?: Protection;
  readonly advice?: 'MERGEABLE' | 'UNMERGEABLE' | 'DONTNEED';
  readonly contents?: readonly number[];
  readonly offset?: number;
  readonly value?: string | number;
  readonly file?: string;
  readonly how?: 'get' | 'read' | 'write';
  readonly id?: number;
  readonly node?: number;
}

/** A line of a recording. */
export interface Step {
  readonly result: number | string;
  readonly sysfs: Record<string, number>;
  readonly vmstat: Record<string, number>;
  readonly ksm_stat: Record<string, object>;
  readonly frames: readonly Group[];
  /** The NUMA node of every page of each mapping of each process; "-": none. Only where there is more than one node. */
  readonly nid?: Record<string, string>;
}

export interface ExtendedTrace {
  readonly nodes: number;
  readonly operations: readonly Operation[];
  /** What the kernel said. */
  readonly recording: readonly Step[];
}

function linesOf(path: URL): unknown[] {
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line));
}

export function readExtended(name: string): ExtendedTrace {
  const [header, ...operations] = linesOf(new URL(`${name}.trace.jsonl`, import.meta.url));
  const [, ...recording] = linesOf(new URL(`${name}.recording.jsonl`, import.meta.url));
  const { nodes = 1 } = header as { nodes?: number };
  return { nodes, operations: operations as Operation[], recording: recording as Step[] };
}

interface Process extends TracedProcess {
  readonly regions: [first: number, count: number][];
}

/** A host that operations are played on. */
export class ExtendedPlayer {
  readonly host: Host;
  readonly #processes: Map<string, Process> = new Map();
  readonly #pins: Map<number, { holder: string; pin: Pin }> = new Map();

  constructor(host: Host) {
    this.host = host;
  }

  static async create(index: 'content' | 'hash', nodes: number = 1): Promise<ExtendedPlayer> {
    return new ExtendedPlayer(await createHost({ memory: '128M', nodes, index, seed: 1 }));
  }

  /** Plays one operation: what the kernel's recorder would say of it, but `move`'s result, which counts otherwise there. */
  play(operation: Operation): Step {
    const result = this.#attempt(operation);
    const processes = [...this.#processes.values()];
    const counters = this.host.ksm.counters();
    const { ksm_swpin_copy, cow_ksm } = this.host.vmstat();
    return {
      result,
      sysfs: Object.fromEntries(COUNTERS.map((name) => [name, counters[name]])),
      vmstat: { ksm_swpin_copy, cow_ksm },
      ksm_stat: Object.fromEntries(processes.map(({ name, space }) => [name, statOf(space)])),
      frames: sharedFrames(processes),
      ...(this.#ends.length > 1
        ? { nid: Object.fromEntries(processes.map((one) => [one.name, this.#nidsOf(one)])) }
        : {}),
    };
  }

  #attempt(operation: Operation): number | string {
    try {
      return this.#perform(operation) ?? 0;
    } catch (error) {
      if (error instanceof KsmError && error.errno !== undefined) return -error.errno;
      throw error;
    }
  }

  #perform(operation: Operation): string | undefined {
    switch (operation.op) {
      case 'process':
        this.#add(operation.proc, this.host.spawn(operation.node === undefined ? {} : { node: operation.node }), []);
        return;
      case 'sysfs':
        this.host.ksm.write(operation.file ?? '', `${operation.value}\n`);
        return;
      case 'scan':
        this.host.ksm.scan(Math.min(operation.pages ?? 1, 2 ** 31), { now: 0 });
        return;
      case 'unpin':
        this.#unpin(given(operation.id));
        return;
      default:
        return this.#act(this.#process(operation.proc), operation);
    }
  }

  #act(process: Process, operation: Operation): string | undefined {
    const { space, regions } = process;
    const { page = 0, pages = 1, kind = 'private' } = operation;
    const [address, length] = [page * PAGE, pages * PAGE];
    switch (operation.op) {
      case 'fork':
        this.#add(operation.child, space.fork(), regions);
        return;
      case 'exit':
        space.exit();
        this.#processes.delete(process.name);
        for (const [id, { holder }] of this.#pins) if (holder === process.name) this.#unpin(id); // its files are closed
        return;
      case 'mmap':
        space.mmap(address, length, {
          fixedNoReplace: true,
          shared: kind === 'shared',
          file: kind === 'file',
          hugepage: kind === 'huge',
          prot: kind === 'none' ? 'none' : kind === 'ro' ? 'r' : 'rw',
        });
        regions.push([page, pages]);
        return;
      case 'munmap':
      case 'mlock':
      case 'munlock':
      case 'touch':
        space[operation.op](address, length);
        return;
      case 'mprotect':
        space.mprotect(address, length, given(operation.prot));
        return;
      case 'madvise':
        space.madvise(address, length, given(operation.advice));
        return;
      case 'fill':
        for (const [k, content] of given(operation.contents).entries()) {
          space.write(address + k * PAGE, contentPage(content));
        }
        return;
      case 'poke':
        space.write(
          address + given(operation.offset),
          new Uint8Array(new BigUint64Array([BigInt(given(operation.value))]).buffer),
        );
        return;
      case 'pin':
        this.#pins.set(given(operation.id), { holder: process.name, pin: space.pin(address, given(operation.how)) });
        return;
      case 'move':
        for (let at = page; at < page + pages; at++) this.#move(space, at * PAGE, given(operation.node));
        return;
      case 'digest': {
        let h = 0n;
        for (let at = page; at < page + pages; at++) h = digest(h, space.read(at * PAGE, PAGE));
        return digestText(h);
      }
      default:
        throw new Error(`there is no operation ${operation.op} here`);
    }
  }

  #unpin(id: number): void {
    this.#pins.get(id)?.pin.release();
    this.#pins.delete(id);
  }

  /** As move_pages does it: what is there already, or cannot be moved, stays. */
  #move(space: AddressSpace, address: number, node: number): void {
    const frame = space.frameOf(address);
    if (frame === undefined || this.#nidOf(frame) === String(node)) return;
    try {
      this.host.migrate(frame, node);
    } catch (error) {
      if (!(error instanceof KsmError)) throw error;
    }
  }

  /** One past the last frame of each NUMA node, counted from the zero frame. */
  get #ends(): number[] {
    const engine = engineOf(this.host);
    return Array.from({ length: engine.u32(layout.H_NID_COUNT) }, (_, nid) =>
      engine.u32(layout.H_FRAME_LISTS + nid * layout.FRAME_LIST_BYTES + layout.FRAME_LIST_END),
    );
  }

  #nidOf(frame: number | undefined): string {
    const index = frame ?? 0;
    return index === 0 ? '-' : String(this.#ends.findIndex((end) => index < end));
  }

  #nidsOf({ space, regions }: Process): string {
    const nids = ([first, count]: readonly [number, number]): string =>
      Array.from({ length: count }, (_, k) => this.#nidOf(space.frameOf((first + k) * PAGE))).join('');
    return regions.map(nids).join('|');
  }

  /** The address space of a live process of the trace. */
  space(name: string): AddressSpace {
    return this.#process(name).space;
  }

  #add(name: string | undefined, space: AddressSpace, regions: Process['regions']): void {
    this.#processes.set(given(name), { name: given(name), space, regions: [...regions] });
  }

  #process(name: string | undefined): Process {
    return given(this.#processes.get(given(name)));
  }
}

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the trace lacks a field, or a process that it names');
  return value;
}

function statOf(space: AddressSpace): object {
  const stat = space.ksmStat();
  return Object.fromEntries(KSM_STAT.map((field) => [field, stat[field]]));
}

/** What two lines have in common when they agree: groups are sets, and what moves is seen in `nid`. */
export function comparable(step: Step, operation: Operation): object {
  const { frames, result, ...rest } = step;
  return { ...rest, ...(operation.op === 'move' ? {} : { result }), frames: sortGroups(frames) };
}
