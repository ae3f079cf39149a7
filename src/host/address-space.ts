/**
 * A process's address space, by the names of Linux's system calls. Addresses and lengths are bytes; an address space reaches from
 * 0 to 512 GiB. Errors carry the errno's name in `code`; a call that fails with ENOMEM names the limit.
 */
import { layout } from '../engine/index.ts';
import { errnoName, KsmError } from '../errors.ts';
import { Access } from './access.ts';
import type { Machine, ProcessHandle } from './machine.ts';
import { ADDRESS_END, eachPage, isInOnePage } from './range.ts';

export type Protection = 'rw' | 'r' | 'none';

export interface MapOptions {
  /** Shared with the children that fork makes; never KSM's. Default false: private memory. */
  readonly shared?: boolean;
  /** Default "rw". */
  readonly prot?: Protection;
  /** EEXIST instead of replacing what is mapped there. */
  readonly fixedNoReplace?: boolean;
  /** A private mapping of an empty file: pages are the file's, and so no business of KSM's, until they are written. */
  readonly file?: boolean;
  /** Huge pages where 2 MiB are aligned (MADV_HUGEPAGE): they come at the first write and are split when a part of one merges. */
  readonly hugepage?: boolean;
  /** Device, hugetlb, droppable or DAX memory: KSM refuses it. */
  readonly special?: boolean;
}

/** What madvise can be told here. */
export type Advice = 'MERGEABLE' | 'UNMERGEABLE' | 'DONTNEED';

const ADVICE: Record<Advice, number> = {
  MERGEABLE: layout.MADV_MERGEABLE,
  UNMERGEABLE: layout.MADV_UNMERGEABLE,
  DONTNEED: layout.MADV_DONTNEED,
};

const ACCESS: Record<Protection, number> = {
  rw: layout.VM_READ | layout.VM_WRITE,
  r: layout.VM_READ,
  none: 0,
};

const MAP_ACCESS: Record<Protection, number> = { rw: 0, r: layout.MAP_READ_ONLY, none: layout.MAP_NONE };

/** An extra reference to a page. */
export interface Pin extends Disposable {
  /** Number of the frame that it holds. */
  readonly frame: number;
  /** Drops the reference; once is enough, more does no harm. */
  release(): void;
}

const PIN_MODES = { get: layout.PIN_GET, read: layout.PIN_READ, write: layout.PIN_WRITE } as const;

export const PR_SET_MEMORY_MERGE = 67;
export const PR_GET_MEMORY_MERGE = 68;

/** /proc/PID/ksm_stat. */
export interface KsmStat {
  readonly ksm_rmap_items: number;
  readonly ksm_zero_pages: number;
  readonly ksm_merging_pages: number;
  /** Bytes; negative where the metadata costs more than merging saves. */
  readonly ksm_process_profit: number;
  readonly ksm_merge_any: 'yes' | 'no';
  readonly ksm_mergeable: 'yes' | 'no';
}

/** Bytes that Linux spends on an rmap item; its profit figures count with it. */
export const RMAP_ITEM_COST = 64;

const { PAGE_SIZE } = layout;

export class AddressSpace {
  /** Unique in the host, never used again. */
  readonly id: number;
  readonly #machine: Machine;
  #mm: number;
  #live = true;
  #access: Access | undefined;

  constructor(machine: Machine, mm: number, id: number) {
    this.#machine = machine;
    this.#mm = mm;
    this.id = id;
  }

  /** The engine's handle: the address of this mm's record (docs/embedding.md). exec gives a process another one. */
  get mm(): number {
    return this.#alive('mm');
  }

  /** What names this process to another thread: see Machine.process. */
  get handle(): ProcessHandle {
    return { id: this.id, mm: this.#alive('handle') };
  }

  /**
   * Maps zero-filled memory of `length` bytes (rounded up to pages) at `address`, or where there is room if it is null. What was
   * mapped there goes. Returns the address.
   */
  mmap(address: number | null, length: number, options: MapOptions = {}): number {
    const mm = this.#alive('mmap');
    const pages = this.#pages('mmap', length);
    const page = address === null ? this.#gap(pages) : this.#page('mmap', address);
    const how =
      (options.shared ? layout.MAP_SHARED : 0) |
      (options.fixedNoReplace ? layout.MAP_FIXED_NOREPLACE : 0) |
      (options.special ? layout.MAP_SPECIAL : 0) |
      (options.file ? layout.MAP_FILE : 0) |
      (options.hugepage ? layout.MAP_HUGEPAGE : 0) |
      MAP_ACCESS[options.prot ?? 'rw'];
    this.#done('mmap', this.#machine.engine.call.map(mm, page, pages, how), page * PAGE_SIZE, length);
    return page * PAGE_SIZE;
  }

  munmap(address: number, length: number): void {
    const mm = this.#alive('munmap');
    const status = this.#machine.engine.call.unmap(mm, this.#page('munmap', address), this.#pages('munmap', length));
    this.#done('munmap', status, address, length);
  }

  mprotect(address: number, length: number, prot: Protection): void {
    const mm = this.#alive('mprotect');
    const pages = this.#pages('mprotect', length);
    const status = this.#machine.engine.call.protect(mm, this.#page('mprotect', address), pages, ACCESS[prot]);
    this.#done('mprotect', status, address, length);
  }

  /** As on Linux: ENOMEM where part of the range is not mapped, but the mapped parts are done. */
  madvise(address: number, length: number, advice: Advice): void {
    const mm = this.#alive('madvise');
    const number: number | undefined = ADVICE[advice];
    if (number === undefined) {
      const known = Object.keys(ADVICE).join(', ');
      throw new KsmError('EINVAL', `madvise: "${advice}" is no advice that is known here; expected one of ${known}.`);
    }
    const pages = this.#pages('madvise', length);
    const status = this.#machine.engine.call.advise(mm, this.#page('madvise', address), pages, number);
    this.#done('madvise', status, address, length);
    this.#machine.work.wake();
  }

  /** mlock: makes every page present and keeps DONTNEED away. Pages that may be written are write-faulted, so sharing breaks. */
  mlock(address: number, length: number): void {
    const mm = this.#alive('mlock');
    const status = this.#machine.engine.call.lock(mm, this.#page('mlock', address), this.#pages('mlock', length));
    this.#done('mlock', status, address, length);
  }

  munlock(address: number, length: number): void {
    const mm = this.#alive('munlock');
    const status = this.#machine.engine.call.unlock(mm, this.#page('munlock', address), this.#pages('munlock', length));
    this.#done('munlock', status, address, length);
  }

  /**
   * prctl(PR_SET_MEMORY_MERGE = 67): any arg2 but 0 makes all eligible mappings, now and later, mergeable; 0 unmerges them.
   * prctl(PR_GET_MEMORY_MERGE = 68): 1 or 0. EINVAL for another option, or where an argument that must be 0 is not.
   */
  prctl(option: number, arg2: number = 0, arg3: number = 0, arg4: number = 0, arg5: number = 0): number {
    const mm = this.#alive('prctl');
    const isSet = option === PR_SET_MEMORY_MERGE;
    if ((!isSet && option !== PR_GET_MEMORY_MERGE) || arg3 || arg4 || arg5 || (!isSet && arg2)) {
      throw new KsmError(
        'EINVAL',
        `prctl(${[option, arg2, arg3, arg4, arg5].join(', ')}): expected PR_SET_MEMORY_MERGE (${PR_SET_MEMORY_MERGE}) with ` +
          `one argument or PR_GET_MEMORY_MERGE (${PR_GET_MEMORY_MERGE}) with none; all others must be 0.`,
      );
    }
    if (!isSet) return this.#field(mm, layout.MM_FLAGS) & layout.MM_MERGE_ANY ? 1 : 0;
    this.#done('prctl', this.#machine.engine.call.mergeAnySet(mm, arg2 ? 1 : 0), 0, 0);
    this.#machine.work.wake();
    return 0;
  }

  /**
   * Takes an extra reference to the page at `address`, as I/O in flight does; until it is released the page is not merged. "get"
   * is a plain reference; "read" and "write" are pins, which break KSM's sharing first.
   */
  pin(address: number, how: 'get' | 'read' | 'write' = 'get'): Pin {
    const mm = this.#alive('pin');
    const { call } = this.#machine.engine;
    const page = this.#page('pin', address);
    const frame = call.pinPage(mm, page, PIN_MODES[how]) >>> 0;
    if (frame < PAGE_SIZE) this.#done('pin', frame, address, PAGE_SIZE);
    return this.#machine.holdPin(frame / PAGE_SIZE, PIN_MODES[how]);
  }

  /** Writes `bytes` from `address` on. EFAULT or ENOMEM name the first page that could not be written; those before it are. */
  write(address: number, bytes: Uint8Array): void {
    const mm = this.#alive('write');
    const { engine } = this.#machine;
    const { length } = bytes;
    const page = (address / PAGE_SIZE) | 0;
    const offset = address - page * PAGE_SIZE;
    if (!isInOnePage(page, offset, length)) {
      this.#writePages(address, bytes);
    } else if (engine.worker === 0) {
      engine.bytes.set(bytes, this.#frameFor('write', 'writeFault', mm, page, length) + offset);
    } else {
      // a fault lets the page be written, and the next try is another race, as with a TLB
      const access = this.#accessOf(mm);
      while (!access.write(page, offset, bytes)) this.#frameFor('write', 'writeFault', mm, page, length);
    }
  }

  /** A copy of `length` bytes from `address` on. */
  read(address: number, length: number): Uint8Array {
    const mm = this.#alive('read');
    const { engine } = this.#machine;
    const page = (address / PAGE_SIZE) | 0;
    const offset = address - page * PAGE_SIZE;
    if (!isInOnePage(page, offset, length)) return this.#readPages(address, length);
    if (engine.worker === 0) {
      const from = this.#frameFor('read', 'readFault', mm, page, length) + offset;
      return engine.bytes.slice(from, from + length);
    }
    const access = this.#accessOf(mm);
    for (;;) {
      const copy = access.read(page, offset, length);
      if (copy !== undefined) return copy;
      this.#frameFor('read', 'readFault', mm, page, length);
    }
  }

  #writePages(address: number, bytes: Uint8Array): void {
    eachPage('write', address, bytes.length, (at, from, to) => this.write(at, bytes.subarray(from, to)));
  }

  #readPages(address: number, length: number): Uint8Array {
    const copy = new Uint8Array(length);
    eachPage('read', address, length, (at, from, to) => copy.set(this.read(at, to - from), from));
    return copy;
  }

  /** Address of the frame of `page` after `fault`, which makes it present, and writable for a write. */
  #frameFor(call: string, fault: 'readFault' | 'writeFault', mm: number, page: number, length: number): number {
    const frame = this.#machine.engine.call[fault](mm, page) >>> 0;
    if (frame < PAGE_SIZE) this.#done(call, frame, page * PAGE_SIZE, length);
    return frame;
  }

  #accessOf(mm: number): Access {
    this.#access ??= new Access(this.#machine.engine, mm);
    return this.#access;
  }

  /** Reads one byte of each page, as a program does that wants them present. */
  touch(address: number, length: number): void {
    const mm = this.#alive('touch');
    eachPage('touch', address, length, (at) => this.#frameFor('touch', 'readFault', mm, Math.floor(at / PAGE_SIZE), 1));
  }

  /** A child with a copy-on-write copy of this memory. */
  fork(): AddressSpace {
    const child = this.#machine.engine.call.fork(this.#alive('fork')) >>> 0;
    const space = this.#machine.adopt(child, 'fork: the process cannot be copied');
    this.#machine.work.wake();
    return space;
  }

  /** Starts a new program in this process: the memory goes, process-wide merging (prctl) stays. */
  exec(): void {
    const mm = this.#machine.engine.call.exec(this.#alive('exec')) >>> 0;
    if (mm === 0) throw this.#machine.engine.limitError('ENOMEM', 'exec: no new image can be made');
    this.#mm = mm;
    this.#access = undefined;
    this.#machine.work.wake();
  }

  /** Ends the process; its memory goes, and every later call of this object fails with ESRCH. */
  exit(): void {
    this.#machine.engine.call.exit(this.#alive('exit'));
    this.#live = false;
    this.#machine.forget(this.id);
  }

  /** Number of the frame that the page at `address` maps; undefined where none is present. */
  frameOf(address: number): number | undefined {
    const { engine } = this.#machine;
    const entry = engine.call.entryFind(this.#alive('frameOf'), Math.floor(address / PAGE_SIZE)) >>> 0;
    const pte = entry === 0 ? 0 : engine.u32(engine.u32(layout.H_PTES) + entry * 4);
    return pte & layout.PTE_PRESENT ? pte >>> layout.PAGE_SHIFT : undefined;
  }

  /** The pages that are present, ascending, with the frames that they map. */
  *resident(): Generator<{ address: number; frame: number }> {
    const { engine } = this.#machine;
    const mm = this.#alive('resident');
    const end = layout.MM_PAGES;
    for (let page = 0; ; page++) {
      page = engine.call.nextMappedPage(mm, page, end) >>> 0;
      if (page >= end) return;
      const leafEnd = (Math.floor(page / layout.TABLE_ENTRIES) + 1) * layout.TABLE_ENTRIES;
      const ptes = (engine.u32(layout.H_PTES) >>> 2) + (engine.call.entryFind(mm, page) >>> 0) - page;
      for (; page < leafEnd; page++) {
        const pte = engine.words[ptes + page] as number;
        if (pte & layout.PTE_PRESENT) yield { address: page * PAGE_SIZE, frame: pte >>> layout.PAGE_SHIFT };
      }
      page--;
    }
  }

  /** Rmap items of this process that are in the unstable tree: its share of the counter pages_unshared. */
  unsharedPages(): number {
    const { engine } = this.#machine;
    const mm = this.#alive('unsharedPages');
    const states = engine.u32(layout.H_STATES) >>> 2;
    let unshared = 0;
    for (let page = engine.call.nextMappedPage(mm, 0, layout.MM_PAGES) >>> 0; page < layout.MM_PAGES; ) {
      const first = states + (engine.call.entryFind(mm, page) >>> 0) - (page % layout.TABLE_ENTRIES);
      for (let entry = first; entry < first + layout.TABLE_ENTRIES; entry++) {
        if ((engine.words[entry] as number) & layout.STATE_UNSTABLE) unshared++;
      }
      page = (Math.floor(page / layout.TABLE_ENTRIES) + 1) * layout.TABLE_ENTRIES;
      page = engine.call.nextMappedPage(mm, page, layout.MM_PAGES) >>> 0;
    }
    return unshared;
  }

  /** /proc/PID/ksm_stat. */
  ksmStat(): KsmStat {
    const mm = this.#alive('ksm_stat');
    const items = this.#field(mm, layout.MM_RMAP_ITEMS);
    const zero = this.#field(mm, layout.MM_ZERO_PAGES);
    const merging = this.#field(mm, layout.MM_MERGING_PAGES);
    return {
      ksm_rmap_items: items,
      ksm_zero_pages: zero,
      ksm_merging_pages: merging,
      ksm_process_profit: (merging + zero) * PAGE_SIZE - items * RMAP_ITEM_COST,
      ksm_merge_any: this.#field(mm, layout.MM_FLAGS) & layout.MM_MERGE_ANY ? 'yes' : 'no',
      ksm_mergeable: this.#machine.engine.call.hasMergeable(mm) ? 'yes' : 'no',
    };
  }

  #field(mm: number, field: number): number {
    return this.#machine.engine.u32(mm + field);
  }

  /** The engine's handle, while the process lives. */
  #alive(call: string): number {
    if (this.#live) return this.#mm;
    throw new KsmError('ESRCH', `${call}: process ${this.id} has ended; start or fork another one.`);
  }

  #page(call: string, address: number): number {
    if (Number.isInteger(address) && address >= 0 && address < ADDRESS_END && address % PAGE_SIZE === 0) {
      return address / PAGE_SIZE;
    }
    throw new KsmError('EINVAL', `${call}: address ${address} is not a multiple of ${PAGE_SIZE} below 512 GiB.`);
  }

  #pages(call: string, length: number): number {
    if (Number.isInteger(length) && length >= 0 && length <= ADDRESS_END) return Math.ceil(length / PAGE_SIZE);
    throw new KsmError('EINVAL', `${call}: length ${length} is not a number of bytes from 0 to 512 GiB.`);
  }

  #gap(pages: number): number {
    const page = this.#machine.engine.call.vmaGap(this.#mm, pages, layout.MM_PAGES) >>> 0;
    if (page !== 0) return page;
    throw new KsmError('ENOMEM', `mmap: process ${this.id} has no free range of ${pages} pages; unmap something.`);
  }

  /** Throws what a call's status says, if it says anything. */
  #done(call: string, status: number, address: number, length: number): void {
    if (status === 0) return;
    const where = `${call}: process ${this.id}, ${length} bytes at 0x${address.toString(16)}`;
    const code = errnoName(status) ?? 'EIO';
    const limitHit = this.#machine.engine.limitHit !== layout.LIMIT_NONE;
    if (limitHit && (code === 'ENOMEM' || code === 'EAGAIN')) throw this.#machine.engine.limitError(code, where);
    throw new KsmError(code, `${where}: ${REASONS[code] ?? 'refused'}.`);
  }
}

const REASONS: Partial<Record<string, string>> = {
  ENOMEM: 'part of the range is not mapped, or lies outside the address space',
  EFAULT: 'not mapped, or its protection forbids this access',
  EEXIST: 'something is mapped there already',
  EINVAL: 'the range is empty or lies outside the address space',
};
