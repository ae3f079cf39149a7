/*
 * A slow and obvious model of KSM in Linux 6.18, written from the specification alone and checked against recordings
 * of a real kernel. It plays traces and says what the kernel's counters say after every operation. One NUMA node, no
 * huge pages, no swap; the scan-time advisor is a name only. The engine's tests compare with it if there is no recording.
 */
import { PAGE } from '../page.ts';
import { contentPage, digestPages, pokedPage } from './contents.ts';
import { type Frame, ZERO_FRAME } from './frame.ts';
import { Mm } from './memory.ts';
import { Merger } from './merge.ts';
import { Scanner } from './scanner.ts';
import { defaultSettings, type Settings, storeSetting } from './settings.ts';
import { EAGAIN, EFAULT, EINVAL, type TraceOp, type TraceResult } from './trace.ts';
import type { Vma } from './vma.ts';

/** Bytes of one rmap item, as the kernel reckons its profit. */
const ITEM_BYTES = 64;

/** /proc/PID/ksm_stat. */
export interface KsmStat {
  readonly ksm_rmap_items: number;
  readonly ksm_zero_pages: number;
  readonly ksm_merging_pages: number;
  readonly ksm_process_profit: number;
  readonly ksm_merge_any: 'no';
  readonly ksm_mergeable: 'yes' | 'no';
}

/** A line of a recording without its result, with the keys in the recording's order. */
export interface Snapshot {
  readonly sysfs: Readonly<Record<string, number>>;
  readonly vmstat: { readonly ksm_swpin_copy: number; readonly cow_ksm: number };
  readonly ksm_stat: Readonly<Record<string, KsmStat>>;
  readonly frames: readonly (readonly [proc: string, page: number])[][];
}

export interface LinuxOptions {
  /** Milliseconds, for the pruning of chains only; by default time stands still. */
  readonly now?: () => number;
}

export class LinuxModel {
  private readonly processes: Map<string, Mm> = new Map();
  private readonly held: Map<number, { proc: string; frame: Frame; how: 'get' | 'write' }> = new Map();
  private readonly faults = { cowKsm: 0, zeroPages: 0 };
  private readonly settings: Settings;
  private readonly merger: Merger;
  private readonly scanner: Scanner;

  constructor(options: LinuxOptions = {}) {
    this.settings = defaultSettings(options.now ?? (() => 0));
    this.merger = new Merger(this.settings);
    this.scanner = new Scanner(this.merger, this.settings);
  }

  /** Plays one operation: 0, a negative errno, or what a digest read. */
  apply(op: TraceOp): TraceResult {
    switch (op.op) {
      case 'process':
        this.processes.set(op.proc, new Mm(this.faults));
        return 0;
      case 'fork':
        return this.fork(op.proc, op.child);
      case 'exit':
        return this.exit(op.proc);
      case 'sysfs':
        return this.sysfs(op.file, op.value);
      case 'scan':
        this.dropCaches();
        if (this.settings.run !== 1) return -EAGAIN;
        this.scanner.batch(op.pages);
        return 0;
      case 'pin':
        return this.pin(op);
      case 'unpin':
        this.release(op.id);
        return 0;
      case 'mmap':
      case 'munmap':
      case 'mprotect':
      case 'madvise':
      case 'mlock':
      case 'munlock':
        return this.systemCall(op);
      default:
        return this.access(op);
    }
  }

  /** What the kernel shows now. */
  snapshot(): Snapshot {
    const { stable, pagesUnshared, rmapItems, pass } = this.merger;
    const { pagesShared, pagesSharing } = stable;
    return {
      sysfs: {
        full_scans: pass,
        pages_shared: pagesShared,
        pages_sharing: pagesSharing,
        pages_unshared: pagesUnshared,
        pages_volatile: Math.max(0, rmapItems - pagesShared - pagesSharing - pagesUnshared),
        pages_scanned: this.scanner.pagesScanned,
        pages_skipped: this.scanner.pagesSkipped,
        ksm_zero_pages: this.faults.zeroPages,
        stable_node_chains: stable.chains,
        stable_node_dups: stable.dups,
        general_profit: (pagesSharing + this.faults.zeroPages) * PAGE - rmapItems * ITEM_BYTES,
      },
      vmstat: { ksm_swpin_copy: 0, cow_ksm: this.faults.cowKsm },
      ksm_stat: Object.fromEntries([...this.processes].map(([name, mm]) => [name, ksmStat(mm)])),
      frames: this.sharedFrames(),
    };
  }

  private pin({ proc, page, how, id }: Extract<TraceOp, { op: 'pin' }>): number {
    const mm = this.process(proc);
    if (!mm.allows(page, how === 'write')) return -EFAULT;
    this.held.set(id, { proc, frame: mm.hold(page, how), how });
    return 0;
  }

  private release(id: number): void {
    const held = this.held.get(id);
    this.held.delete(id);
    if (held && held.frame !== ZERO_FRAME) held.frame[held.how === 'write' ? 'pins' : 'references']--;
  }

  private systemCall(
    op: Extract<TraceOp, { op: 'mmap' | 'munmap' | 'mprotect' | 'madvise' | 'mlock' | 'munlock' }>,
  ): number {
    const mm = this.process(op.proc);
    const { page = 0, pages = 1 } = op;
    switch (op.op) {
      case 'mmap':
        return mm.mmap(page, pages, op.kind === 'shared');
      case 'munmap':
        return mm.munmap(page, pages);
      case 'mprotect':
        return mm.mprotect(page, pages, op.prot);
      case 'mlock':
      case 'munlock':
        return mm[op.op](page, pages);
      case 'madvise':
        return mm.advise(page, pages, (vma, start, end) => this.advise(mm, op.advice, vma, start, end));
    }
  }

  private access(op: Extract<TraceOp, { op: 'fill' | 'poke' | 'touch' | 'digest' }>): TraceResult {
    const mm = this.process(op.proc);
    const { page = 0, pages = 1 } = op;
    if (!mm.allows(page, op.op === 'fill' || op.op === 'poke')) return -EFAULT;
    switch (op.op) {
      case 'fill':
        for (const [k, content] of op.contents.entries()) {
          if (!mm.allows(page + k, true)) return -EFAULT;
          mm.write(page + k, contentPage(content));
        }
        return 0;
      case 'poke':
        mm.write(page, pokedPage(mm.peek(page), op.offset, op.value));
        return 0;
      case 'touch':
        for (let at = page; at < page + pages; at++) mm.read(at);
        return 0;
      case 'digest':
        return digestPages(Array.from({ length: pages }, (_, k) => mm.read(page + k)));
    }
  }

  /** Locked memory is not discarded, and ends the call there (rule D2). */
  private advise(mm: Mm, advice: string, vma: Vma, start: number, end: number): number {
    if (advice === 'DONTNEED') {
      if (vma.locked) return -EINVAL;
      mm.discard(start, end);
    } else if (advice === 'UNMERGEABLE') {
      if (vma.mergeable) mm.unshare(start, end);
      mm.setMergeable(vma, start, end, false);
    } else if (!vma.shared && !vma.mergeable) {
      this.scanner.register(mm);
      mm.setMergeable(vma, start, end, true);
    }
    return 0;
  }

  private fork(proc: string, name: string): number {
    const parent = this.process(proc);
    const child = parent.fork();
    this.processes.set(name, child);
    if (this.scanner.isRegistered(parent)) this.scanner.register(child);
    return 0;
  }

  private exit(proc: string): number {
    const mm = this.process(proc);
    this.processes.delete(proc);
    mm.exit();
    this.scanner.processExit(mm);
    for (const [id, held] of this.held) if (held.proc === proc) this.release(id);
    return 0;
  }

  private sysfs(file: string, value: string): number {
    this.dropCaches();
    return storeSetting(this.settings, file, `${value}\n`, {
      unmergeAll: () => this.scanner.unmergeAll(),
      nothingMerged: () => this.merger.stable.pagesShared === 0 && this.merger.stable.removeAll(),
    });
  }

  /** The recorder does so before each batch and each store, to rid pages of references that would block a merge. */
  private dropCaches(): void {
    for (const mm of this.processes.values()) for (const vma of mm.vmas) vma.shared?.dropCaches();
  }

  private process(name: string): Mm {
    const mm = this.processes.get(name);
    if (!mm) throw new Error(`no process ${name}: a trace must start it first`);
    return mm;
  }

  /** Groups of resident pages behind one frame: in a group by age of the process and page, the groups sorted. */
  private sharedFrames(): [string, number][][] {
    const groups = new Map<object, [string, number][]>();
    for (const [name, mm] of this.processes) {
      for (const [page, pte] of [...mm.ptes].sort(([a], [b]) => a - b)) {
        const group = groups.get(pte.frame) ?? [];
        group.push([name, page]);
        groups.set(pte.frame, group);
      }
    }
    return [...groups.values()].filter((group) => group.length > 1).sort(compareGroups);
  }
}

/** Groups of different frames differ in their first page already. */
function compareGroups(a: [string, number][], b: [string, number][]): number {
  const [nameA, pageA] = a[0] ?? ['', 0];
  const [nameB, pageB] = b[0] ?? ['', 0];
  if (nameA !== nameB) return nameA < nameB ? -1 : 1;
  return pageA - pageB;
}

function ksmStat(mm: Mm): KsmStat {
  return {
    ksm_rmap_items: mm.rmapItems,
    ksm_zero_pages: mm.zeroPages,
    ksm_merging_pages: mm.mergingPages,
    ksm_process_profit: (mm.mergingPages + mm.zeroPages) * PAGE - mm.rmapItems * ITEM_BYTES,
    ksm_merge_any: 'no',
    ksm_mergeable: mm.vmas.some((vma) => vma.mergeable) ? 'yes' : 'no',
  };
}

/** Plays a whole trace and gives the recording's lines after the header, as the recorder writes them. */
export function record(ops: Iterable<TraceOp>, options: LinuxOptions = {}): string[] {
  const model = new LinuxModel(options);
  return Array.from(ops, (op) => JSON.stringify({ result: model.apply(op), ...model.snapshot() }));
}
