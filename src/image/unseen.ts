/**
 * What of a process's memory a scan does not look at, and why: all that KSM never takes, or that is not there to be read.
 *
 * The sizes are those of /proc/PID/smaps, but of the zero page, which smaps does not count. Of a process that stands still, the pages
 * that are scanned and what lies in shared memory, memfds, files and special mappings are all of its Rss; hugetlb pages, swapped ones and
 * the zero page are not in the Rss. Locked memory is scanned: KSM takes it.
 */
import type { Entry } from './smaps.ts';
import { PAGE_BYTES } from './source.ts';

/** In the order of a report. */
export const REASONS = ['shared', 'memfd', 'file', 'hugetlb', 'special', 'swapped', 'zero_page'] as const;

export type Reason = (typeof REASONS)[number];

/** So many bytes are not looked at, for one reason. */
export interface Unseen {
  readonly reason: Reason;
  readonly bytes: number;
}

/** What the kernel calls memory of nothing that processes share: of shmget, of mmap, and the files of /dev/shm. */
const SHARED_NAME = /^(?:\/dev\/shm\/|\/SYSV[0-9a-f]{8}|\/dev\/zero \(deleted\)$|\[anon_shmem:)/;

/** Of all mappings of a process; `zeroPages` of them are the kernel's zero page. Reasons that there are not are left out. */
export function unseenOf(entries: readonly Entry[], zeroPages: number): Unseen[] {
  const sums = new Map<Reason, number>([['zero_page', zeroPages * PAGE_BYTES]]);
  const add = (reason: Reason, bytes: number): void => void sums.set(reason, (sums.get(reason) ?? 0) + bytes);
  for (const entry of entries) {
    const looked = entry.isTaken ? entry.anonymous * PAGE_BYTES : 0;
    add(reasonOf(entry), Math.max(0, entry.resident - looked));
    add('hugetlb', entry.hugetlb);
    add('swapped', entry.swapped * PAGE_BYTES);
  }
  return REASONS.map((reason) => ({ reason, bytes: sums.get(reason) ?? 0 })).filter(({ bytes }) => bytes > 0);
}

/** Why what is resident of a mapping is not looked at, as far as it is not. Of a private file these are the pages that are the file's. */
function reasonOf({ isTaken, flags, name }: Entry): Reason {
  const isShared = flags.has('sh') || flags.has('ms');
  if (!isTaken && !isShared) return 'special';
  if (flags.has('io') || flags.has('pf') || flags.has('mm')) return 'special';
  if (name.startsWith('/memfd:')) return 'memfd';
  return SHARED_NAME.test(name) ? 'shared' : 'file';
}
