/**
 * Guests' memory in the processes that run them: QEMU, Firecracker, Cloud Hypervisor.
 *
 * A guest's RAM that is private anonymous memory is scanned as any other, and called by its name. RAM that is shared (a memfd, a file, or
 * /dev/shm; virtio-fs and vhost-user need that) KSM never takes, whatever was said to the monitor; but it can be read as a file, which
 * shows what is alike in it. Which mappings are RAM the kernel does not say: they are by far the largest of such a process.
 */
import { readdir, readlink, stat } from 'node:fs/promises';
import type { Entry } from './smaps.ts';
import { PAGE_BYTES } from './source.ts';

/** What monitors call themselves, of which the kernel keeps 15 bytes. */
const MONITOR = /^(?:qemu-system-|qemu-kvm|kvm$|firecracker|cloud-hyperviso)/;
/** A smaller mapping is no guest's RAM. */
const LEAST_PAGES = (16 * 2 ** 20) / PAGE_BYTES;
/** RAM may be in several pieces, below and above the hole for devices; one is not smaller than this part of the largest. */
const PIECE = 1 / 8;

export const GUEST_RAM = 'guest RAM';

export function isMonitor(command: string): boolean {
  return MONITOR.test(command);
}

/** The mappings of a monitor that are a guest's RAM. */
export function guestRam(entries: readonly Entry[]): Entry[] {
  const isPossible = ({ flags, name, isTaken, pages }: Entry): boolean =>
    pages >= LEAST_PAGES && (flags.has('sh') || (isTaken && (name === '' || name.startsWith('/'))));
  const large = entries.filter((entry) => isPossible(entry) && entry.resident > 0);
  const most = large.reduce((largest, { resident }) => Math.max(largest, resident), 0);
  return large.filter(({ resident }) => resident >= most * PIECE);
}

/** What is to be said of RAM that is shared: a sentence for each file, with the path by which it can be scanned. */
export async function sharedRamNotes(pid: number, ram: readonly Entry[]): Promise<string[]> {
  const files = new Map<number, Entry[]>();
  for (const entry of ram)
    if (entry.flags.has('sh')) files.set(entry.inode, [...(files.get(entry.inode) ?? []), entry]);
  const notes: string[] = [];
  for (const entries of files.values()) {
    const [first] = entries;
    if (first === undefined) continue;
    const mebibytes = entries.reduce((sum, { resident }) => sum + resident, 0) / 2 ** 20;
    const path = await pathOf(pid, first);
    notes.push(
      `${mebibytes.toFixed(1)} MiB of guest RAM (${first.name}) is shared memory, which KSM never takes; it was not looked at. ` +
        `To see what is alike in it: ksm scan ${quoted(path)}`,
    );
  }
  return notes;
}

/** As a word for a shell: the name of a file is its owner's, who may be anybody. */
function quoted(path: string): string {
  return /^[\w./:-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** By which a user may open the file: what the monitor has open, else what it has mapped, which only root may. */
async function pathOf(pid: number, { at, pages, inode, name }: Entry): Promise<string> {
  const folder = `/proc/${pid}/fd`;
  for (const fd of await readdir(folder).catch(() => [])) {
    const isIt = await stat(`${folder}/${fd}`).then(
      ({ ino }) => ino === inode,
      () => false,
    );
    if (isIt && (await readlink(`${folder}/${fd}`)) === name) return `${folder}/${fd}`;
  }
  if (name.startsWith('/') && !name.endsWith(' (deleted)')) return name;
  const address = (page: number): string => (BigInt(page) * BigInt(PAGE_BYTES)).toString(16);
  return `/proc/${pid}/map_files/${address(at)}-${address(at + pages)}`;
}
