/*
 * Builds traces that are legal whatever it is asked for: it tracks what is mapped and how, so that there is no access
 * to memory that is not mapped, no write to read-only memory, and no process name used twice. System calls that the
 * kernel refuses are legal and wanted.
 */
import type { Prot, TraceOp } from './trace.ts';

export type Advice = 'MERGEABLE' | 'UNMERGEABLE' | 'DONTNEED';

export interface RegionOptions {
  readonly shared: boolean;
  readonly contents: readonly number[];
  /** Whether the region is madvised MERGEABLE. */
  readonly offered: boolean;
}

const MOST_PROCESSES = 6;

/** Tracks mappings and emits operations. A pick is any natural number: it chooses among what there is. */
export class TraceBuilder {
  readonly ops: TraceOp[] = [];
  private readonly processes: Map<string, Map<number, Prot>> = new Map();
  private started = 0;
  /** Pins that are held: their process and page. */
  private readonly pins: Map<number, { proc: string; page: number }> = new Map();
  private pinned = 0;
  private readonly alphabet: number;
  private readonly shared: boolean;

  /** Content numbers are taken modulo `alphabet`; without `shared` all memory is private. */
  constructor(alphabet: number, shared: boolean) {
    this.alphabet = alphabet;
    this.shared = shared;
  }

  process(): void {
    if (this.processes.size >= MOST_PROCESSES) return;
    const proc = `p${this.started++}`;
    this.processes.set(proc, new Map());
    this.ops.push({ op: 'process', proc });
  }

  fork(pick: number): void {
    const proc = this.pickProcess(pick);
    const mapped = this.processes.get(proc);
    if (!mapped || this.processes.size >= MOST_PROCESSES) return;
    const child = `p${this.started++}`;
    this.processes.set(child, new Map(mapped));
    this.ops.push({ op: 'fork', proc, child });
  }

  exit(pick: number): void {
    const proc = this.pickProcess(pick);
    if (!this.processes.delete(proc)) return;
    this.ops.push({ op: 'exit', proc });
    for (const [id, pin] of this.pins) if (pin.proc === proc) this.pins.delete(id);
  }

  mmap(pick: number, page: number, pages: number, shared: boolean): void {
    const [proc, mapped] = this.pick(pick);
    if (!mapped) return;
    this.ops.push({ op: 'mmap', proc, page, pages, ...(shared && this.shared ? { kind: 'shared' } : {}) });
    const range = pageRange(page, pages);
    if (!range.some((at) => mapped.has(at))) for (const at of range) mapped.set(at, 'rw');
  }

  munmap(pick: number, page: number, pages: number): void {
    const [proc, mapped] = this.pick(pick);
    if (!mapped) return;
    this.ops.push({ op: 'munmap', proc, page, pages });
    for (const at of pageRange(page, pages)) mapped.delete(at);
  }

  mprotect(pick: number, page: number, pages: number, prot: Prot): void {
    const [proc, mapped] = this.pick(pick);
    if (!mapped) return;
    this.ops.push({ op: 'mprotect', proc, page, pages, prot });
    for (const at of pageRange(page, pages)) {
      if (!mapped.has(at)) return;
      mapped.set(at, prot);
    }
  }

  lock(op: 'mlock' | 'munlock', pick: number, page: number, pages: number): void {
    const [proc, mapped] = this.pick(pick);
    if (mapped) this.ops.push({ op, proc, page, pages });
  }

  /** A pin for DMA makes the page be written, a plain reference makes it be read. */
  pin(pick: number, how: 'get' | 'write'): void {
    const at = this.place(pick, 1, how === 'write');
    if (!at) return;
    const id = ++this.pinned;
    this.pins.set(id, at);
    this.ops.push({ op: 'pin', proc: at.proc, page: at.page, how, id });
  }

  unpin(pick: number): void {
    const [id, pin] = [...this.pins][pick % Math.max(1, this.pins.size)] ?? [];
    if (id === undefined || !pin) return;
    this.pins.delete(id);
    this.ops.push({ op: 'unpin', proc: pin.proc, id });
  }

  madvise(pick: number, page: number, pages: number, advice: Advice): void {
    const [proc, mapped] = this.pick(pick);
    if (mapped) this.ops.push({ op: 'madvise', proc, page, pages, advice });
  }

  /** Maps, writes from the first page on, and offers the range to KSM. */
  region(pick: number, page: number, pages: number, options: RegionOptions): void {
    const [proc, mapped] = this.pick(pick);
    if (!mapped) return;
    this.mmap(pick, page, pages, options.shared);
    const writable = this.runLength(mapped, page, Math.min(pages, options.contents.length), true);
    if (writable > 0) this.write(proc, page, options.contents.slice(0, writable));
    if (options.offered) this.madvise(pick, page, pages, 'MERGEABLE');
  }

  /** Writes contents from a writable page on, as far as the next pages are writable. */
  fill(pick: number, contents: readonly number[]): void {
    const at = this.place(pick, contents.length, true);
    if (at) this.write(at.proc, at.page, contents.slice(0, at.pages));
  }

  poke(pick: number, offset: number, value: number): void {
    const at = this.place(pick, 1, true);
    if (at) this.ops.push({ op: 'poke', proc: at.proc, page: at.page, offset, value });
  }

  read(op: 'touch' | 'digest', pick: number, pages: number): void {
    const at = this.place(pick, pages, false);
    if (at) this.ops.push({ op, proc: at.proc, page: at.page, pages: at.pages });
  }

  /** Acts on a range that begins at a mapped page; `process` picks its process. */
  near(pick: number, act: (process: number, page: number) => void): void {
    const at = this.place(pick, 1, false);
    if (at) act([...this.processes.keys()].indexOf(at.proc), at.page);
  }

  sysfs(file: string, value: string): void {
    this.ops.push({ op: 'sysfs', file, value });
  }

  scan(pages: number): void {
    this.ops.push({ op: 'scan', pages });
  }

  /** Reads everything that every process may read. */
  digestAll(): void {
    for (const [proc, mapped] of this.processes) {
      const isReadable = (page: number): boolean => (mapped.get(page) ?? 'none') !== 'none';
      for (const page of [...mapped.keys()].sort((a, b) => a - b)) {
        if (!isReadable(page) || isReadable(page - 1)) continue;
        let pages = 1;
        while (isReadable(page + pages)) pages++;
        this.ops.push({ op: 'digest', proc, page, pages });
      }
    }
  }

  /** Picks the process that was started last. */
  newest(): number {
    return this.processes.size - 1;
  }

  private write(proc: string, page: number, contents: readonly number[]): void {
    this.ops.push({ op: 'fill', proc, page, contents: contents.map((content) => content % this.alphabet) });
  }

  private pickProcess(pick: number): string {
    return [...this.processes.keys()][pick % Math.max(1, this.processes.size)] ?? '';
  }

  private pick(pick: number): [string, Map<number, Prot> | undefined] {
    const proc = this.pickProcess(pick);
    return [proc, this.processes.get(proc)];
  }

  /** A mapped (or writable) page of any process, and how many of the `pages` from there on are so too. */
  private place(pick: number, pages: number, writable: boolean): { proc: string; page: number; pages: number } | null {
    const places = [...this.processes].flatMap(([proc, mapped]) =>
      [...mapped.keys()]
        .filter((page) => this.runLength(mapped, page, 1, writable) === 1)
        .map((page) => ({ proc, page })),
    );
    const found = places[pick % Math.max(1, places.length)];
    const mapped = found && this.processes.get(found.proc);
    return found && mapped ? { ...found, pages: this.runLength(mapped, found.page, pages, writable) } : null;
  }

  /**
   * How many pages from `page` on, at most `pages`, may be read, or written if that is asked for. Whether a page to which somebody has
   * a reference is written in place depends on what the models do not know (rule D6), so it is not written.
   */
  private runLength(mapped: ReadonlyMap<number, Prot>, page: number, pages: number, writable: boolean): number {
    const held = new Set([...this.pins.values()].map((pin) => pin.page));
    const end = pageRange(page, pages).find((at) => {
      const prot = mapped.get(at);
      return prot === undefined || prot === 'none' || (writable && (prot !== 'rw' || held.has(at)));
    });
    return (end ?? page + pages) - page;
  }
}

function pageRange(page: number, pages: number): number[] {
  return Array.from({ length: pages }, (_, k) => page + k);
}
