/**
 * What a run of the tests has left behind: processes that still live, and files in the folder for temporary ones.
 *
 * Processes are known by a mark in their environment, which they inherit whoever starts them and keep when their parent has ended.
 * It is looked for in /proc; if there is none, no process is found.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** The variable whose value marks the processes of a run. */
export const MARK = 'KSM_TEST_RUN';

export interface Left {
  readonly pid: number;
  /** The command with its arguments, as far as they say what it is. */
  readonly command: string;
  /** State (proc(5)) and CPU time: one that does not change is of a process that does nothing. */
  readonly activity: string;
}

const COMMAND_LENGTH = 200;
/** The runner's own processes end by themselves, and not before the run has. */
const RUNNER = /\/vitest\/dist\/workers\//;

function readOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // it has ended meanwhile, or is somebody else's
  }
}

function pids(): number[] {
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  } catch {
    return [];
  }
}

/** Processes whose environment has this mark. One that has ended has no environment, whether it was waited for or not. */
export function marked(mark: string): Left[] {
  return pids().flatMap((pid) => {
    if (pid === process.pid || !readOf(pid, 'environ').split('\0').includes(`${MARK}=${mark}`)) return [];
    const command = readOf(pid, 'cmdline').replaceAll('\0', ' ').trim().slice(0, COMMAND_LENGTH);
    const fields = readOf(pid, 'stat')
      .replace(/^.*\) /s, '')
      .split(' ');
    const [state, user, system] = [fields[0], fields[11], fields[12]];
    return RUNNER.test(command) ? [] : [{ pid, command, activity: `${state} ${user} ${system}` }];
  });
}

/** So many looks in a row at which nobody has done anything: whoever is on the way to its end does something. */
const LOOKS = 20;
const BETWEEN_LOOKS_MS = 50;

/** Those that live on with nothing to do. Waits for others, which may be about to end, however long the machine takes. */
export async function leftProcesses(mark: string): Promise<Left[]> {
  let [left, quiet] = [marked(mark), 0];
  while (left.length > 0 && quiet < LOOKS) {
    await sleep(BETWEEN_LOOKS_MS);
    const now = marked(mark);
    const isQuiet =
      JSON.stringify(now) === JSON.stringify(left) && now.every(({ activity }) => !activity.startsWith('R'));
    quiet = isQuiet ? quiet + 1 : 0;
    left = now;
  }
  return left;
}

/** Ends those that have the mark, and those that they start meanwhile. */
export function endMarked(mark: string): void {
  for (const { pid } of marked(mark)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it has ended meanwhile
    }
  }
}
