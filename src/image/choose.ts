/**
 * Which processes a user means who does not name them one by one: a tree, a program, a user, a control group, a container.
 *
 * What is chosen in several ways is chosen once. Kernel threads and ended processes are nobody's choice, having no memory; nor is the
 * calling process, which would change what it reads. Who is meant is decided once, before anything is read.
 */
import { readdir, readFile } from 'node:fs/promises';
import { KsmError } from '../errors.ts';
import { readStat, requireLinux } from './proc.ts';
import { userNumber } from './user.ts';

/** Each may be given several times; the processes of all of them are wanted. */
export interface Choice {
  /** Processes, with all that descend from them. */
  readonly trees: readonly number[];
  /** What processes call themselves, or the name of their program's file. */
  readonly names: readonly string[];
  /** Names or numbers. */
  readonly users: readonly string[];
  /** Paths below /sys/fs/cgroup: with all groups in them. */
  readonly cgroups: readonly string[];
  /** The beginning of a container's id: docker's, podman's, containerd's, CRI-O's. */
  readonly containers: readonly string[];
}

/** The kernel keeps so many bytes of what a process calls itself. */
const COMMAND_BYTES = 15;
/** A container's id as a part of the path of its control group: docker-ID.scope, libpod-ID.scope, cri-containerd-ID.scope, or ID alone. */
const CONTAINER = /^(?:.*[-:])?([0-9a-f]{64})(?:\.scope)?$/;
/** Of podman: what watches over a container is not in it. */
const WATCHER = /conmon/;
/** Fewer digits of an id would be anybody's. */
const ID = /^[0-9a-f]{4,64}$/;

/** What is known of a process. */
interface Candidate {
  readonly pid: number;
  readonly parent: number;
  /** As it calls itself, and as its program's file is called. */
  readonly names: readonly string[];
  readonly user: number;
  readonly cgroups: readonly string[];
}

/** The processes that are meant, ascending. ESRCH: a part of the choice is nobody; EUSAGE: it means nothing, or several containers. */
export async function chooseProcesses(choice: Choice): Promise<number[]> {
  const { trees, names, users, cgroups, containers } = choice;
  if ([trees, names, users, cgroups, containers].every(({ length }) => length === 0)) return [];
  requireLinux();
  const all = await candidates();
  const chosen = new Set<number>();
  const add = (some: readonly Candidate[], nobody: string): void => {
    if (some.length === 0) throw new KsmError('ESRCH', nobody);
    for (const { pid } of some) chosen.add(pid);
  };
  for (const pid of trees)
    add(treeOf(all, pid), `--tree ${pid}: there is no process ${pid} with memory; ps -e lists those that there are`);
  for (const name of names) {
    const some = all.filter((one) => isCalled(one, name));
    add(some, `--name ${name}: no process is called so; give the name that ps -e shows, or that of the program's file`);
  }
  for (const user of users) {
    const number = await userNumber(user);
    add(
      all.filter((one) => one.user === number),
      `--user ${user}: no process runs as this user, or none that may be seen`,
    );
  }
  for (const path of cgroups) {
    const some = all.filter((one) => isIn(one, path));
    add(some, `--cgroup ${path}: no process is in this control group; /proc/PID/cgroup says in which a process is`);
  }
  for (const id of containers) add(inContainer(all, id), noContainer(id));
  return [...chosen].sort((a, b) => a - b);
}

/** All processes that have memory, but this one's threads. */
async function candidates(): Promise<Candidate[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const all: Candidate[] = [];
  for (const pid of names.map(Number)) {
    if (pid === process.pid) continue; // it would change what it reads: nobody's choice
    const one = await candidate(pid);
    if (one !== undefined) all.push(one);
  }
  return all;
}

async function candidate(pid: number): Promise<Candidate | undefined> {
  try {
    const { hasMemory, parent } = await readStat(pid);
    if (!hasMemory) return undefined;
    const read = (file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, 'utf8');
    const [command, line, status, groups] = await Promise.all([
      ...['comm', 'cmdline', 'status'].map(read),
      read('cgroup').catch(() => ''), // the kernel may have none
    ]);
    return {
      pid,
      parent,
      names: [command?.trimEnd() ?? '', line?.split('\0')[0]?.split('/').at(-1) ?? ''],
      user: Number(/^Uid:\s+\d+\s+(\d+)/m.exec(status ?? '')?.[1] ?? -1),
      cgroups: (groups ?? '').split('\n').flatMap((group) => /^\d+:[^:]*:(\/.*)$/.exec(group)?.[1] ?? []),
    };
  } catch {
    return undefined; // It has ended meanwhile, or may not be seen.
  }
}

function treeOf(all: readonly Candidate[], root: number): Candidate[] {
  const found = all.filter(({ pid }) => pid === root);
  // What is found is looked through as it grows: the children of each process in their turn.
  for (const { pid } of found) found.push(...all.filter(({ parent }) => parent === pid));
  return found;
}

function isCalled({ names: [command = '', file = ''] }: Candidate, name: string): boolean {
  const kept = Buffer.from(name).subarray(0, COMMAND_BYTES).toString();
  return command === name || file === name || (kept !== name && command === kept);
}

/** Is it in the group of that path, or in one below it? */
function isIn({ cgroups }: Candidate, given: string): boolean {
  const path = `/${given.replace(/^\/sys\/fs\/cgroup(?=\/|$)/, '')}/`.replace(/\/+/g, '/');
  return cgroups.some((group) => `${group}/`.replace(/\/+/g, '/').startsWith(path));
}

function inContainer(all: readonly Candidate[], id: string): Candidate[] {
  if (!ID.test(id)) {
    throw new KsmError(
      'EUSAGE',
      `--container ${id}: expected the beginning of a container's id, at least 4 of its hexadecimal digits; docker ps and podman ps show ` +
        'it beside the name.',
    );
  }
  const ids = new Set<string>();
  const found = all.filter(({ cgroups }) => {
    const own = cgroups.flatMap(containersOf).filter((one) => one.startsWith(id));
    for (const one of own) ids.add(one);
    return own.length > 0;
  });
  if (ids.size <= 1) return found;
  const short = [...ids].map((one) => one.slice(0, 12)).join(', ');
  throw new KsmError('EUSAGE', `--container ${id}: several containers begin so: ${short}; give more digits.`);
}

function containersOf(path: string): string[] {
  return path.split('/').flatMap((part) => (WATCHER.test(part) ? [] : (CONTAINER.exec(part)?.[1] ?? [])));
}

function noContainer(id: string): string {
  return (
    `--container ${id}: no process is in the control group of such a container; docker ps and podman ps list those that run, and inside ` +
    'a container others cannot be seen'
  );
}
