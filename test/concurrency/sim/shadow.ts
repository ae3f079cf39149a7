/**
 * What every page of every process must hold: kept beside the engine by those who write, half page by half page, at the very step
 * at which they write.
 *
 * All words of a half page are the same, so a page is two numbers, and a page that mixes two writes shows it.
 */
import { errnoOf, layout } from '../../../src/engine/index.ts';
import { isPresent } from '../../../src/memory/index.ts';
import { Failure } from './failure.ts';
import type { World } from './world.ts';

/** Pages that are ever accessed: three leaves, one range across the border of two. */
export const PAGES: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 509, 510, 511, 512, 513, 514, 1030, 1031, 1032];
/** Behind all of them. */
export const PAGES_END = 1100;
export const HALF_WORDS = 512;
const NEVER_TOUCHED = 0;

/** The content of one page. Processes that share memory have it in common. */
export interface Cell {
  /** Value of all words of each half. */
  readonly halves: [first: number, second: number];
}

/** One page of a process. */
export interface Mapping {
  readonly cell: Cell;
  readonly shared: boolean;
  /** Address of the shared object or file behind it; 0: none. */
  readonly object: number;
  writable: boolean;
  /** mlock has succeeded: the page is present, and stays so. */
  locked: boolean;
}

/** A process, as those who use it know it. */
export class Process {
  mm: number;
  /** By page number. */
  readonly pages: Map<number, Mapping> = new Map();
  /** It has ended. */
  gone = false;

  constructor(mm: number) {
    this.mm = mm;
  }
}

export function emptyCell(): Cell {
  return { halves: [NEVER_TOUCHED, NEVER_TOUCHED] };
}

/** Those of PAGES that lie in a range. */
export function pagesIn(start: number, count: number): number[] {
  return PAGES.filter((page) => page >= start && page < start + count);
}

/** What fork makes of it. */
export function copyOf(parent: Process, mm: number): Process {
  const child = new Process(mm);
  for (const [page, mapping] of parent.pages) {
    const cell = mapping.shared ? mapping.cell : { halves: [...mapping.cell.halves] as [number, number] };
    child.pages.set(page, { ...mapping, cell, locked: false });
  }
  return child;
}

/** DONTNEED: private pages are zero again, shared ones keep what they hold. */
export function forgetContents(process: Process, page: number): void {
  const mapping = process.pages.get(page);
  if (mapping !== undefined && !mapping.shared) mapping.cell.halves.fill(0);
}

/** Flags of the mapping that holds `page`, and its object; undefined where nothing is mapped. */
export function vmaAt(world: World, mm: number, page: number): { flags: number; object: number } | undefined {
  const count = world.word(layout.H_FREE_VMAS + layout.FREE_FRESH);
  for (let index = 0; index < count; index++) {
    const vma = world.word(layout.H_VMAS) + index * layout.VMA_BYTES;
    if (world.word(vma + layout.VMA_MM) !== mm) continue;
    if (page < world.word(vma + layout.VMA_START) || page >= world.word(vma + layout.VMA_END)) continue;
    return { flags: world.word(vma + layout.VMA_FLAGS), object: world.word(vma + layout.VMA_OBJECT) };
  }
  return undefined;
}

function entryPte(world: World, mm: number, page: number): number {
  const entry = world.call.entryFind(mm, world.idOf(mm), page) >>> 0;
  return entry === 0 ? 0 : world.word(world.word(layout.H_PTES) + entry * 4);
}

/** Address of what is in the frame that a process's page maps, or that its object holds; 0 where there is none yet. */
function frameOf(world: World, process: Process, page: number, mapping: Mapping): number {
  const own = entryPte(world, process.mm, page);
  if (isPresent(own)) return world.engine.frames.placeOfPte(own);
  if (!mapping.shared) return 0;
  const frame = world.call.readFault(process.mm, world.idOf(process.mm), page);
  return errnoOf(frame) === 0 ? world.engine.frames.placeOf(frame) : -1;
}

/** Compares every word of a frame with what it must hold. */
export function expectFrame(world: World, frame: number, cell: Cell, where: () => string): void {
  for (const [half, value] of cell.halves.entries()) {
    const start = frame / 4 + half * HALF_WORDS;
    for (let at = start; at < start + HALF_WORDS; at++) {
      if (world.words[at] === value) continue;
      throw new Failure(`${where()}: word ${at - frame / 4} is ${world.words[at]}, expected ${value}`);
    }
  }
}

function expectLocked(world: World, { mm }: Process, page: number, { locked }: Mapping, flags: number): void {
  if (!locked || (flags & layout.VM_LOCKED && isPresent(entryPte(world, mm, page)))) return;
  throw new Failure(`mm ${mm}, page ${page}: is not locked, or not present, but should be`);
}

/** Pages that nobody accesses may come with a large folio; they are zero. */
function expectUntouched(world: World, { mm }: Process): void {
  for (let leaf = 0; leaf < PAGES_END; leaf += layout.TABLE_ENTRIES) {
    const entry = world.call.entryFind(mm, world.idOf(mm), leaf) >>> 0;
    const ptes = world.word(layout.H_PTES) + entry * 4;
    for (let page = leaf; entry !== 0 && page < leaf + layout.TABLE_ENTRIES; page++) {
      const pte = world.word(ptes + (page - leaf) * 4);
      if (!isPresent(pte) || PAGES.includes(page)) continue;
      const place = world.engine.frames.placeOfPte(pte);
      if (world.word(place) === 0 && world.word(place + layout.PAGE_SIZE / 2) === 0) continue;
      throw new Failure(`mm ${mm}, page ${page}: nobody wrote it, but it is not zero`);
    }
  }
}

/** Every page of `process` holds what it must, and is mapped as it must be. */
export function expectProcess(world: World, process: Process): void {
  expectUntouched(world, process);
  for (const page of PAGES) {
    const where = (): string => `mm ${process.mm}, page ${page}`;
    const mapping = process.pages.get(page);
    const vma = vmaAt(world, process.mm, page);
    if ((mapping === undefined) !== (vma === undefined)) {
      throw new Failure(
        `${where()}: ${vma === undefined ? 'is not mapped, but should be' : 'is mapped, but should not be'}`,
      );
    }
    if (mapping === undefined || vma === undefined) continue;
    if (mapping.writable !== ((vma.flags & layout.VM_WRITE) !== 0)) throw new Failure(`${where()}: wrong protection`);
    expectLocked(world, process, page, mapping, vma.flags);
    const frame = frameOf(world, process, page, mapping);
    if (frame > 0) expectFrame(world, frame, mapping.cell, where);
    else if (frame === 0 && mapping.cell.halves.some((value) => value !== 0)) {
      throw new Failure(`${where()}: was written, but nothing is there`);
    }
  }
}
