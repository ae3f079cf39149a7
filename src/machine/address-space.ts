/**
 * A process's address space, by the names of Linux's system calls. Addresses and lengths are bytes; an address space reaches from
 * 0 to 512 GiB. Errors carry the errno's name in `code`; a call that fails with ENOMEM names the limit.
 */

import { bytesOf, isSteady, lengthOf } from '../bytes.ts';
import { errnoOf, layout } from '../engine/index.ts';
import { errnoName, KsmError } from '../errors.ts';
import type { FrameId } from '../memory/index.ts';
import { invalid, optionsOf } from '../validate.ts';
import { Access } from './access.ts';
import {
  ACCESS,
  ADVICE,
  ADVICES,
  type Advice,
  type KsmStat,
  MAP_ACCESS,
  MAP_OPTIONS,
  type MapOptions,
  memoryMergeOf,
  PIN,
  PIN_MODES,
  type Pin,
  type PinMode,
  PROTECTION,
  type Protection,
  reasonOf,
} from './calls.ts';
import { type DomainId, expectDomain } from './domains.ts';
import { ksmStatOf } from './ksm-stat.ts';
import type { Machine } from './machine.ts';
import { eachFrame, type PageTable, tablesOf, unsharedIn } from './page-tables.ts';
import { eachPage, expectRange, isInOnePage, pageAt, pageOf, pagesOf } from './range.ts';
import type { ProcessHandle } from './types.ts';

const { PAGE_SIZE } = layout;

export class AddressSpace {
  /** Unique in the host, never used again. */
  readonly id: number;
  readonly #machine: Machine;
  #mm: number;
  #access: Access | undefined;

  constructor(machine: Machine, mm: number, id: number) {
    this.#machine = machine;
    this.#mm = mm;
    this.id = id;
  }

  /** Does the process live? It may have been ended by another thread. */
  get alive(): boolean {
    return this.#machine.engine.call.isProcess(this.#mm, this.id) !== 0;
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
    const { call } = this.#machine.engine;
    const { shared, fixedNoReplace, special, file, hugepage, prot = 'rw' } = optionsOf('mmap', options, MAP_OPTIONS);
    const pages = pagesOf('mmap', length);
    const page = address === null ? this.#gap(pages) : pageOf('mmap', address);
    const how =
      (shared ? layout.MAP_SHARED : 0) |
      (fixedNoReplace ? layout.MAP_FIXED_NOREPLACE : 0) |
      (special ? layout.MAP_SPECIAL : 0) |
      (file ? layout.MAP_FILE : 0) |
      (hugepage ? layout.MAP_HUGEPAGE : 0) |
      MAP_ACCESS[prot];
    this.#done('mmap', call.mmap(this.#mm, this.id, page, pages, how), page * PAGE_SIZE, length);
    return page * PAGE_SIZE;
  }

  munmap(address: number, length: number): void {
    const { call } = this.#machine.engine;
    const status = call.munmap(this.#mm, this.id, pageOf('munmap', address), pagesOf('munmap', length));
    this.#done('munmap', status, address, length);
  }

  mprotect(address: number, length: number, prot: Protection): void {
    const { call } = this.#machine.engine;
    const access = ACCESS[PROTECTION('mprotect: the protection', prot)];
    const status = call.mprotect(this.#mm, this.id, pageOf('mprotect', address), pagesOf('mprotect', length), access);
    this.#done('mprotect', status, address, length);
  }

  /** As on Linux: ENOMEM if part of the range is not mapped, but the mapped parts are done. */
  madvise(address: number, length: number, advice: Advice): void {
    const { call } = this.#machine.engine;
    const number = ADVICE[ADVICES('madvise: the advice', advice)];
    const status = call.madvise(this.#mm, this.id, pageOf('madvise', address), pagesOf('madvise', length), number);
    this.#done('madvise', status, address, length);
    this.#machine.work.wake();
  }

  /**
   * From now on the process is of this domain, with all mappings but those that were given one of their own, and so are its children; or,
   * if a range is given, the mappings there, which are split for it. Pages that others share get copies. ENOMEM: frames ran out (the
   * process is where it was; of a range what lies before is done), or part of the range is not mapped, and all else is done. EINVAL if
   * there is no such domain.
   */
  setDomain(domain: DomainId, address?: number, length?: number): void {
    const { engine } = this.#machine;
    const number = expectDomain(engine, 'setDomain', domain);
    const [mm, { call }] = [this.#mm, engine];
    const isWhole = address === undefined && length === undefined;
    const status = isWhole
      ? call.processDomainSet(mm, this.id, number)
      : call.rangeDomainSet(mm, this.id, pageOf('setDomain', address), pagesOf('setDomain', length), number);
    this.#done('setDomain', status, address ?? 0, length ?? 0);
  }

  /** mlock: makes every page present and keeps DONTNEED away. Pages that may be written are write-faulted, so sharing breaks. */
  mlock(address: number, length: number): void {
    const { call } = this.#machine.engine;
    const status = call.mlock(this.#mm, this.id, pageOf('mlock', address), pagesOf('mlock', length));
    this.#done('mlock', status, address, length);
  }

  munlock(address: number, length: number): void {
    const { call } = this.#machine.engine;
    const status = call.munlock(this.#mm, this.id, pageOf('munlock', address), pagesOf('munlock', length));
    this.#done('munlock', status, address, length);
  }

  /**
   * prctl(PR_SET_MEMORY_MERGE = 67): any arg2 but 0 makes all eligible mappings, now and later, mergeable; 0 unmerges them.
   * prctl(PR_GET_MEMORY_MERGE = 68): 1 or 0. EINVAL for another option, or where an argument that must be 0 is not.
   */
  prctl(option: number, arg2: number = 0, arg3: number = 0, arg4: number = 0, arg5: number = 0): number {
    const { call } = this.#machine.engine;
    const { isSet, on } = memoryMergeOf([option, arg2, arg3, arg4, arg5]);
    const mm = this.#alive('prctl');
    if (!isSet) return this.#machine.engine.u32(mm + layout.MM_FLAGS) & layout.MM_MERGE_ANY ? 1 : 0;
    this.#done('prctl', call.mergeAnySet(mm, this.id, on ? 1 : 0), 0, 0);
    this.#machine.work.wake();
    return 0;
  }

  /**
   * Takes an extra reference to the page at `address`, as I/O in flight does; until it is released the page is not merged. "get"
   * is a plain reference; "read" and "write" are pins, which break KSM's sharing first.
   */
  pin(address: number, how: PinMode = 'get'): Pin {
    const { call } = this.#machine.engine;
    const mode = PIN[PIN_MODES('pin: the way', how)];
    const page = pageAt('pin', address);
    const pinned = call.pinPage(this.#mm, this.id, page, mode);
    this.#done('pin', pinned, page * PAGE_SIZE, PAGE_SIZE);
    return this.#machine.pins.hold(pinned as FrameId, mode);
  }

  /**
   * Writes `bytes` from `address` on: those that an ArrayBuffer has or a view of whatever type covers. EFAULT or ENOMEM name the first
   * page that could not be written; those before it are.
   */
  write(address: number, bytes: ArrayBufferView | ArrayBuffer): void {
    const { engine } = this.#machine;
    this.#expectBytes('write');
    const given = isSteady(bytes) ? bytes : bytesOf('write', bytes);
    if (typeof address !== 'number') expectRange('write', address, 0);
    const length = lengthOf(given);
    const page = (address / PAGE_SIZE) | 0;
    const offset = address - page * PAGE_SIZE;
    if (!isInOnePage(page, offset, length)) {
      this.#writePages(address, bytesOf('write', given));
    } else if (engine.worker === 0) {
      engine.bytes.set(given, this.#placeAfter('writeFault', 'write', page, length) + offset);
    } else {
      // a fault lets the page be written, and the next try is another race, as with a TLB
      const access = this.#accessTo();
      while (!access.write(page, offset, given)) this.#placeAfter('writeFault', 'write', page, length);
    }
  }

  /** A copy of `length` bytes from `address` on. ENOMEM if there is no room for it. */
  read(address: number, length: number): Uint8Array {
    const { engine } = this.#machine;
    this.#expectBytes('read');
    if (typeof address !== 'number' || typeof length !== 'number') expectRange('read', address, length);
    const page = (address / PAGE_SIZE) | 0;
    const offset = address - page * PAGE_SIZE;
    if (!isInOnePage(page, offset, length) || (length | 0) !== length) return this.#readPages(address, length);
    if (engine.worker === 0) {
      const from = this.#placeAfter('readFault', 'read', page, length) + offset;
      return engine.bytes.slice(from, from + length);
    }
    const access = this.#accessTo();
    for (;;) {
      const copy = access.read(page, offset, length);
      if (copy !== undefined) return copy;
      this.#placeAfter('readFault', 'read', page, length);
    }
  }

  #writePages(address: number, bytes: Uint8Array): void {
    this.#alive('write');
    eachPage('write', address, bytes.length, (at, from, to) => this.write(at, bytes.subarray(from, to)));
  }

  #readPages(address: number, length: number): Uint8Array {
    this.#alive('read');
    expectRange('read', address, length);
    if (length > 0) this.#placeAfter('readFault', 'read', pageAt('read', address), length);
    const copy = this.#copyFor(length);
    eachPage('read', address, length, (at, from, to) => copy.set(this.read(at, to - from), from));
    return copy;
  }

  #copyFor(length: number): Uint8Array {
    try {
      return new Uint8Array(length);
    } catch (cause) {
      throw new KsmError('ENOMEM', `read: there is no room for a copy of ${length} bytes; read it in parts.`, {
        cause,
      });
    }
  }

  /** Address of the content of `page` after `fault`, which makes it present, and writable for a write. */
  #placeAfter(fault: 'readFault' | 'writeFault', call: string, page: number, length: number): number {
    const { engine } = this.#machine;
    const frame = engine.call[fault](this.#mm, this.id, page);
    this.#done(call, frame, page * PAGE_SIZE, length);
    return engine.frames.placeOf(frame);
  }

  /** This thread's way to the present pages. Another one after exec, and from when the host is shared on. */
  #accessTo(): Access {
    const { engine } = this.#machine;
    this.#access ??= new Access(engine, this.#mm, this.id);
    return this.#access;
  }

  /** Gives the page at `address` a name, which stands for its content: 64 bits, 0 for zeros. Of a host of names; else EINVAL. */
  setName(address: number, name: bigint): void {
    const { engine } = this.#machine;
    const page = this.#namedPage('setName', address);
    if (engine.worker === 0) {
      engine.setBigU64(this.#placeAfter('writeFault', 'setName', page, PAGE_SIZE), name);
      return;
    }
    const access = this.#accessTo();
    while (!access.setName(page, name)) this.#placeAfter('writeFault', 'setName', page, PAGE_SIZE);
  }

  /**
   * The same for as many pages as there are names, from `address` on. EFAULT or ENOMEM name the first page that could not get its own;
   * those before it have theirs.
   */
  setNames(address: number, names: BigUint64Array): void {
    const { engine } = this.#machine;
    const first = this.#namedPage('setNames', address);
    if (!(names instanceof BigUint64Array)) throw invalid('setNames: the names', names, 'a BigUint64Array');
    expectRange('setNames', address, names.length * PAGE_SIZE);
    if (engine.worker !== 0) {
      for (const [index, name] of names.entries()) this.setName((first + index) * PAGE_SIZE, name);
      return;
    }
    const words = new Uint32Array(names.buffer, names.byteOffset, 2 * names.length); // a bigint for each would take half of the time
    for (let index = 0; index < names.length; index++) {
      const place = this.#placeAfter('writeFault', 'setNames', first + index, PAGE_SIZE);
      engine.setU32(place, words[2 * index] as number);
      engine.setU32(place + 4, words[2 * index + 1] as number);
    }
  }

  /** The name of the page at `address`. Of a host of names; else EINVAL. */
  getName(address: number): bigint {
    const { engine } = this.#machine;
    const page = this.#namedPage('getName', address);
    if (engine.worker === 0) return engine.bigU64(this.#placeAfter('readFault', 'getName', page, PAGE_SIZE));
    const access = this.#accessTo();
    for (;;) {
      const name = access.getName(page);
      if (name !== undefined) return name;
      this.#placeAfter('readFault', 'getName', page, PAGE_SIZE);
    }
  }

  #namedPage(call: string, address: number): number {
    if (this.#machine.engine.frames.areNames) return pageAt(call, address);
    throw new KsmError(
      'EINVAL',
      `${call}: this host's pages are bytes; use write and read, or create it with page: "names".`,
    );
  }

  #expectBytes(call: string): void {
    if (!this.#machine.engine.frames.areNames) return;
    throw new KsmError('EINVAL', `${call}: this host's pages are names; use setName and getName.`);
  }

  /** Reads one byte of each page, as a program does that wants them present. */
  touch(address: number, length: number): void {
    this.#alive('touch');
    eachPage('touch', address, length, (at) => this.#placeAfter('readFault', 'touch', Math.floor(at / PAGE_SIZE), 1));
  }

  /** A child with a copy-on-write copy of this memory. */
  fork(): AddressSpace {
    const child = this.#machine.engine.call.fork(this.#mm, this.id);
    const space = this.#machine.processes.adopt(this.#made('fork', child, 'the process cannot be copied'));
    this.#machine.work.wake();
    return space;
  }

  /** Starts a new program in this process: the memory goes, process-wide merging (prctl) stays. */
  exec(): void {
    const mm = this.#machine.engine.call.exec(this.#mm, this.id);
    this.#mm = this.#made('exec', mm, 'no new image can be made');
    this.#access = undefined;
    this.#machine.processes.moved(this, this.#mm);
    this.#machine.work.wake();
  }

  /** Ends the process; its memory goes, and every later call of this object fails with ESRCH. */
  exit(): void {
    this.#done('exit', this.#machine.engine.call.exit(this.#mm, this.id), 0, 0);
    this.#machine.processes.ended(this.id);
  }

  /** The frame that the page at `address` maps; undefined if none is present. */
  frameOf(address: number): FrameId | undefined {
    const { call } = this.#machine.engine;
    const page = pageAt('frameOf', address);
    const frame = call.frameAt(this.#mm, this.id, page);
    if (errnoOf(frame) === layout.EFAULT) return undefined;
    this.#done('frameOf', frame, page * PAGE_SIZE, 1);
    return frame as FrameId;
  }

  /** The pages that are present, ascending, with the frames that they map. */
  *resident(): Generator<{ address: number; frame: FrameId }> {
    const { engine } = this.#machine;
    for (const table of this.#tables('resident')) {
      const present: { address: number; frame: FrameId }[] = [];
      eachFrame(engine, table, (page, frame) => present.push({ address: page * PAGE_SIZE, frame }));
      yield* present; // all of the page table at once: it may be another's by the time the next one is asked for
    }
  }

  /** Rmap items of this process that are in the unstable tree: its share of the counter pages_unshared. */
  unsharedPages(): number {
    let unshared = 0;
    for (const table of this.#tables('unsharedPages')) unshared += unsharedIn(this.#machine.engine, table);
    return unshared;
  }

  /** ESRCH as soon as the process has ended, which it may while whoever asks looks at a table. */
  #tables(call: string): Generator<PageTable> {
    return tablesOf(this.#machine.engine, this.id, () => this.#alive(call));
  }

  /** /proc/PID/ksm_stat. */
  ksmStat(): KsmStat {
    return ksmStatOf(this.#machine.engine, this.#alive('ksm_stat'), this.id);
  }

  /** The engine's handle, while the process lives. */
  #alive(call: string): number {
    if (this.alive) return this.#mm;
    throw this.#ended(call);
  }

  #ended(call: string): KsmError {
    return new KsmError('ESRCH', `${call}: process ${this.id} has ended; start or fork another one.`);
  }

  #gap(pages: number): number {
    const page = this.#machine.engine.call.vmaGap(this.#alive('mmap'), this.id, pages) >>> 0;
    if (page !== 0) return page;
    throw new KsmError('ENOMEM', `mmap: process ${this.id} has no free range of ${pages} pages; unmap something.`);
  }

  /** The mm that the engine has made, unless what it gave is an errno. */
  #made(call: string, mm: number, what: string): number {
    const errno = errnoOf(mm);
    if (errno === 0) return mm >>> 0;
    if (errno === layout.ESRCH) throw this.#ended(call);
    if (errno === layout.EAGAIN)
      throw new KsmError('EAGAIN', `${call}: ${what}: another thread keeps writing to a page of it; try again.`);
    throw this.#machine.engine.limitError('ENOMEM', `${call}: ${what}`);
  }

  /** Throws what a call's result says, if it has failed. */
  #done(call: string, result: number, address: number, length: number): void {
    const errno = errnoOf(result);
    if (errno === 0) return;
    const code = errnoName(errno) ?? 'EIO';
    if (code === 'ESRCH') throw this.#ended(call);
    const where = `${call}: process ${this.id}, ${length} bytes at 0x${address.toString(16)}`;
    const limitHit = this.#machine.engine.limitHit !== layout.LIMIT_NONE;
    if (limitHit && (code === 'ENOMEM' || code === 'EAGAIN')) throw this.#machine.engine.limitError(code, where);
    throw new KsmError(code, `${where}: ${reasonOf(call, code, length)}.`);
  }
}
