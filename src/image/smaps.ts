/**
 * The mappings of a process, and which of them KSM would take, from the text of /proc/PID/smaps (proc(5)).
 *
 * KSM takes private mappings, of nothing or of a file, unless they are special: device memory (VM_IO, VM_PFNMAP,
 * VM_MIXEDMAP), not to be copied or grown (VM_DONTEXPAND), huge pages of hugetlbfs, or droppable. The mappings of
 * [vdso] and [vvar] are among those. The kernel writes the text piece by piece while the process goes on changing its
 * mappings, so entries may be cut off, or overlap earlier ones.
 */

import { printable } from '../printable.ts';
import { PAGE_BYTES } from './source.ts';

/** A mapping of a process. Addresses are counted in pages: those in bytes may not fit a number. */
export interface Mapping {
  /** Number of the first page: address / 4096. */
  readonly at: number;
  readonly pages: number;
  /**
   * The last column: a path, "[heap]", or "" for unnamed memory. As the kernel prints it, so spaces and " (deleted)"
   * are part of it and a newline in a path is \012.
   */
  readonly name: string;
  /** Pages of it that are neither the file's nor absent: KSM's candidates, at the time of asking. */
  readonly anonymous: number;
  readonly swapped: number;
}

/** Any mapping, with what the kernel counts of it: in bytes. */
export interface Entry extends Mapping {
  /** Would KSM take it? */
  readonly isTaken: boolean;
  /** Number of the file; 0 if it is none. */
  readonly inode: number;
  /** The letters of VmFlags. */
  readonly flags: ReadonlySet<string>;
  readonly resident: number;
  /** Of hugetlbfs: not part of `resident`. */
  readonly hugetlb: number;
  /** In huge pages, which KSM splits when it merges a part of them. */
  readonly huge: number;
}

/** The two letters of VmFlags for what KSM does not take; `sh` and `ms` are VM_SHARED and VM_MAYSHARE. */
const REFUSED: ReadonlySet<string> = new Set(['sh', 'ms', 'io', 'pf', 'de', 'mm', 'ht', 'dp']);

const HEADER = /^([0-9a-f]{1,16})-([0-9a-f]{1,16}) \S{3}([ps]) [0-9a-f]+ \S+ (\d+) *(.*)$/s;

/** The mappings that KSM would take, by ascending address, not overlapping. */
export function parseSmaps(text: string): Mapping[] {
  return takenOf(parseEntries(text));
}

/** Of all mappings those that KSM would take. */
export function takenOf(entries: readonly Entry[]): Mapping[] {
  const found: Mapping[] = [];
  let last = 0;
  for (const { isTaken, at, pages, name, anonymous, swapped } of entries) {
    if (!isTaken || at < last) continue;
    last = at + pages;
    found.push({ at, pages, name, anonymous, swapped });
  }
  return found;
}

/** All mappings that the text has whole, as it has them. */
export function parseEntries(text: string): Entry[] {
  return text.split(/\n(?=[0-9a-f]+-)/).flatMap((entry) => parseEntry(entry) ?? []);
}

/** Bytes of a page of the kernel that wrote the text; undefined if no mapping says so. */
export function kernelPageBytes(text: string): number | undefined {
  const sizes = [...text.matchAll(/^KernelPageSize: +(\d+) kB$/gm)].map((match) => Number(match[1]) * 1024);
  // Mappings of hugetlbfs name their own, larger size.
  return sizes.length === 0 ? undefined : sizes.reduce((a, b) => Math.min(a, b));
}

function parseEntry(entry: string): Entry | undefined {
  // Line by line: a path may hold anything but a newline, also other characters that end a line elsewhere.
  const [header = '', ...lines] = entry.split('\n');
  const fields = new Map(lines.map((line) => splitField(line)));
  const [, start = '', end = '', sharing, inode = '0', name = ''] = HEADER.exec(header) ?? [];
  const letters = fields.get('VmFlags')?.split(' ');
  // An entry without flags was cut off. [vsyscall] is no mapping at all: it has no flags that would tell.
  if (letters === undefined || name === '[vsyscall]') return undefined;
  const [at, pages] = [pageOf(start), pageOf(end) - pageOf(start)];
  if (pages <= 0) return undefined;
  const bytes = (field: string): number => bytesOf(fields.get(field));
  return {
    at,
    pages,
    name: printable(name),
    anonymous: Math.floor(bytes('Anonymous') / PAGE_BYTES),
    swapped: Math.floor(bytes('Swap') / PAGE_BYTES),
    isTaken: sharing === 'p' && !letters.some((flag) => REFUSED.has(flag)),
    inode: Number(inode),
    flags: new Set(letters),
    resident: bytes('Rss'),
    hugetlb: bytes('Shared_Hugetlb') + bytes('Private_Hugetlb'),
    huge: bytes('AnonHugePages'),
  };
}

/** The page of a hexadecimal address: its last three digits are the place within the page. */
function pageOf(address: string): number {
  return Number.parseInt(address.slice(0, -3) || '0', 16);
}

function splitField(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

/** A size like "12 kB"; 0 if it is no size. */
function bytesOf(size: string = ''): number {
  return Number(/^(\d{1,15}) kB$/.exec(size)?.[1] ?? 0) * 1024;
}
