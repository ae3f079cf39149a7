/**
 * A film as a trace: what was read first, each change at the read that first showed it, and between two reads as much of ksmd as fits in.
 *
 * Contents are numbered as they turn up; nothing of the bytes is in the trace. So `ksm replay` plays what ksmd does about memory that
 * changes in this way.
 */
import { writeFile } from 'node:fs/promises';
import { KsmError } from '../errors.ts';
import type { FilmReport, Pace } from '../film/index.ts';
import { count } from '../format.ts';
import type { Recorder } from '../scan/index.ts';
import { FORMAT_VERSION, type Operation, type Trace } from '../trace/index.ts';
import { systemError } from './system-error.ts';

/** As many as a trace may map (docs/trace-format.md). */
const MOST_PAGES = 2 ** 20;
/** Changes that are remembered: each is an object, some fifty bytes. */
const MOST_WRITES = 2 ** 23;
/** Contents in a line. */
const FILL_PAGES = 4096;
/** A pass is at most so many lines. */
const SCANS_A_PASS = 32;
const PROCESS = 'p';

interface Write {
  readonly source: number;
  readonly page: number;
  readonly content: number;
}

export class FilmTrace implements Recorder {
  readonly #numbers = new Map<bigint, number>([[0n, 0]]);
  /** By source and page: the number of its content. */
  readonly #contents: Map<number, number>[] = [];
  /** By read: what it showed that is new. */
  readonly #writes: Write[][] = [];
  #pages = 0;
  #changes = 0;

  see(read: number, source: number, page: number, names: BigUint64Array): void {
    while (this.#contents.length <= source) this.#contents.push(new Map());
    while (this.#writes.length <= read) this.#writes.push([]);
    const contents = this.#contents[source] as Map<number, number>;
    for (const [at, name] of names.entries()) {
      const content = this.#numberOf(name);
      if (contents.get(page + at) === content) continue;
      if (!contents.has(page + at)) this.#pages++;
      contents.set(page + at, content);
      this.#writes[read]?.push({ source, page: page + at, content });
      this.#changes++;
    }
    if (this.#changes > MOST_WRITES) {
      throw new KsmError(
        'EFBIG',
        `--trace: more than ${count(MOST_WRITES)} changes were seen: read less often (--every), or scan fewer processes.`,
      );
    }
    if (this.#pages <= MOST_PAGES) return;
    throw new KsmError(
      'EFBIG',
      `--trace: a trace has at most ${count(MOST_PAGES)} pages, and these are more: scan fewer processes.`,
    );
  }

  #numberOf(name: bigint): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const number = this.#numbers.size;
    this.#numbers.set(name, number);
    return number;
  }

  /** The whole film, for a ksmd that takes as long for a pass as the film says. */
  trace({ times_s, pass_s }: FilmReport, { pages_to_scan, smart_scan }: Pace): Trace {
    const batch = Math.max(pages_to_scan, Math.ceil(this.#pages / SCANS_A_PASS));
    const scans = (seconds: number): number =>
      pass_s === null ? 0 : Math.round((seconds / pass_s) * Math.ceil(this.#pages / batch));
    const operations: Operation[] = [...this.#starts(), ...settings(smart_scan)];
    let done = 0;
    for (const [read, writes] of this.#writes.entries()) {
      const due = scans(times_s[read] ?? 0);
      for (; done < due; done++) operations.push({ op: 'scan', pages: batch });
      operations.push(...fills(writes));
    }
    return { name: 'film', operations };
  }

  *#starts(): Generator<Operation> {
    for (const [source, contents] of this.#contents.entries()) {
      const [proc, page] = [PROCESS + source, 0];
      let pages = 1;
      for (const last of contents.keys()) pages = Math.max(pages, last + 1);
      yield { op: 'process', proc };
      yield { op: 'mmap', proc, page, pages, kind: 'private' };
      yield { op: 'madvise', proc, page, pages, advice: 'MERGEABLE' };
    }
  }

  /** Puts the trace at `path`. */
  async save(path: string, report: FilmReport, pace: Pace): Promise<void> {
    const { name, operations } = this.trace(report, pace);
    const lines = [{ op: 'trace', version: FORMAT_VERSION, name }, ...operations].map((line) => JSON.stringify(line));
    try {
      await writeFile(path, `${lines.join('\n')}\n`);
    } catch (cause) {
      throw unwritable(path, cause);
    }
  }
}

export function unwritable(path: string, cause: unknown): KsmError {
  return new KsmError('EIO', `--trace: ${path} cannot be written: ${systemError(cause).words}.`, { cause });
}

function settings(smart: boolean): Operation[] {
  return [
    { op: 'sysfs', file: 'smart_scan', value: smart ? '1' : '0' },
    { op: 'sysfs', file: 'run', value: '1' },
  ];
}

/** Pages that lie in a row are written together. */
function* fills(writes: readonly Write[]): Generator<Operation> {
  for (let at = 0; at < writes.length; ) {
    const { source, page } = writes[at] as Write;
    const contents: number[] = [];
    for (let next = writes[at]; next !== undefined && contents.length < FILL_PAGES; next = writes[++at]) {
      if (next.source !== source || next.page !== page + contents.length) break;
      contents.push(next.content);
    }
    yield { op: 'fill', proc: PROCESS + source, page, contents };
  }
}
