/**
 * Who shares a frame with whom: the `frames` of a recording.
 *
 * The kernel's recorder looks at the pages of every successful mmap of a process, in that order, whatever was unmapped
 * since; a fork hands the list on. The same is done here, so that the groups come out alike to the last detail.
 */
import { type AddressSpace, KsmError } from '../index.ts';
import { FRAMES_MAX, PAGE_SIZE } from '../memory/index.ts';
import type { Group } from './format.ts';

/** A process of a trace: its name, its memory, and the pages of each mmap that it, or its parents, made. */
export interface TracedProcess {
  readonly name: string;
  readonly space: AddressSpace;
  readonly regions: (readonly [first: number, count: number])[];
}

type SharedPage = Group[number];

/** Orders strings as Python does, by code point. */
function compareNames(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    if (a.charCodeAt(at) !== b.charCodeAt(at)) return (a.codePointAt(at) ?? 0) - (b.codePointAt(at) ?? 0);
  }
  return a.length - b.length;
}

function comparePages(a: SharedPage, b: SharedPage): number {
  return a[0] === b[0] ? a[1] - b[1] : compareNames(a[0], b[0]);
}

/** Orders groups as Python orders lists: by the first page that differs, else the shorter one first. */
function compareGroups(a: Group, b: Group): number {
  for (const [at, page] of a.entries()) {
    const other = b[at];
    if (other === undefined) return 1;
    const order = comparePages(page, other);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** A page that is there, as AddressSpace.resident gives it. */
interface Resident {
  readonly address: number;
  readonly frame: number;
}

/** The pages of a region that are there, of all that are: a region may be as large as the address space. */
function* within(resident: readonly Resident[], first: number, count: number): Generator<Resident> {
  let [low, high] = [0, resident.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((resident[middle]?.address ?? 0) < first * PAGE_SIZE) low = middle + 1;
    else high = middle;
  }
  const end = (first + count) * PAGE_SIZE;
  for (let page = resident[low]; page !== undefined && page.address < end; page = resident[++low]) yield page;
}

function tooMany(): KsmError {
  return new KsmError(
    'EFBIG',
    `the processes of this trace have more than ${FRAMES_MAX} pages, all that a memory has room for, and a ` +
      'recording would list them after each operation: let it touch fewer.',
  );
}

/** The pages of a process that are there, at most `most`. Only the zero frame can be mapped more often than there are frames. */
function residentPages(space: AddressSpace, most: number): Resident[] {
  const resident: Resident[] = [];
  for (const page of space.resident()) {
    if (resident.push(page) > most) throw tooMany();
  }
  return resident;
}

/**
 * Sorted groups of two or more resident pages on one frame; the frame of zeroes counts like any other. Throws EFBIG if there are
 * too many pages to list.
 */
export function sharedFrames(processes: Iterable<TracedProcess>): Group[] {
  const byFrame = new Map<number, SharedPage[]>();
  let left = FRAMES_MAX;
  for (const { name, space, regions } of processes) {
    const resident = residentPages(space, left);
    for (const [first, count] of regions) {
      for (const { address, frame } of within(resident, first, count)) {
        if (--left < 0) throw tooMany();
        const page = address / PAGE_SIZE;
        const group = byFrame.get(frame);
        if (group === undefined) byFrame.set(frame, [[name, page]]);
        else group.push([name, page]);
      }
    }
  }
  return [...byFrame.values()].filter((group) => group.length > 1).sort(compareGroups);
}

/** The same groups whatever order they, and their pages, came in. */
export function sortGroups(groups: readonly Group[]): Group[] {
  return groups.map((group) => [...group].sort(comparePages)).sort(compareGroups);
}
