/**
 * Who is meant by a tree, a name, a user, a control group, a container: against processes that this test starts. Which control group a
 * process is in is replaced here by paths as systemd, docker, podman, containerd and CRI-O make them (their documentation).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type * as FsPromises from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Choice, chooseProcesses } from '../../../src/image/choose.ts';
import { failed, withPid } from '../../support/image.ts';
import { MemoryProcesses } from '../../support/live/memory.ts';

/** By pid: the text of /proc/PID/cgroup. */
const groups = new Map<number, string>();

vi.mock('node:fs/promises', async (original) => {
  const fs = await original<typeof FsPromises>();
  const readFile = async (path: string, encoding: BufferEncoding): Promise<string> => {
    const [, pid = ''] = /^\/proc\/(\d+)\/cgroup$/.exec(path) ?? [];
    return groups.get(Number(pid)) ?? fs.readFile(path, encoding);
  };
  return { ...fs, readFile };
});

/** Longer than what the kernel keeps of a command's name. */
const NAME = 'ksm-test-of-choosing';
const ONE = '0123456789ab'.padEnd(64, 'c');
const OTHER = '0123456789ff'.padEnd(64, 'd');
let processes: MemoryProcesses;

beforeAll(() => {
  processes = new MemoryProcesses(NAME);
});
afterEach(() => groups.clear());
afterAll(() => processes[Symbol.asyncDispose]());

const choose = (choice: Partial<Choice>): Promise<number[]> =>
  chooseProcesses({ trees: [], names: [], users: [], cgroups: [], containers: [], ...choice });

async function two(): Promise<[number, number]> {
  const [a, b] = [await processes.start(), await processes.start()];
  return a.pid < b.pid ? [a.pid, b.pid] : [b.pid, a.pid];
}

describe('chosen are', () => {
  it('none where nothing is asked for', async () => {
    expect(await choose({})).toEqual([]);
  });

  it('processes by their name, also one that the kernel has cut off', async () => {
    const [a, b] = await two();
    expect(await choose({ names: [NAME] })).toEqual(expect.arrayContaining([a, b]));
    expect(await choose({ names: [NAME.slice(0, 15)] })).toEqual(expect.arrayContaining([a, b]));
    expect((await failed(choose({ names: [NAME.slice(0, 14)] }))).code).toBe('ESRCH');
  });

  it('a process with its children and theirs, and no other', async () => {
    // The shell starts a shell, which starts a sleep; each says its number.
    const script = 'echo $$; sh -c "echo \\$\\$; sleep 600 & echo \\$!; wait" & wait';
    const outer = withPid(spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'ignore'] }));
    try {
      const pids: number[] = [];
      for await (const line of createInterface({ input: outer.stdout })) if (pids.push(Number(line)) === 3) break;
      const [, inner = 0, sleep = 0] = pids;
      expect(await choose({ trees: [outer.pid] })).toEqual([outer.pid, inner, sleep].sort((a, b) => a - b));
      expect(await choose({ trees: [sleep] })).toEqual([sleep]);
      expect(await choose({ trees: [inner, sleep] })).toEqual([inner, sleep].sort((a, b) => a - b));
      for (const pid of [inner, sleep]) process.kill(pid, 'SIGKILL');
    } finally {
      const gone = once(outer, 'close');
      outer.kill('SIGKILL');
      await gone;
    }
  });

  it('processes of a user, by number and by name, but not this one', async () => {
    const [a] = await two();
    const me = String(process.geteuid?.());
    const mine = await choose({ users: [me] });
    expect(mine).toContain(a);
    expect(mine).not.toContain(process.pid);
    if (me === '0') expect(await choose({ users: ['root'] })).toContain(a);
    expect((await failed(choose({ users: ['no such user'] }))).code).toBe('EUSAGE');
    expect((await failed(choose({ users: ['--help'] }))).code).toBe('EUSAGE');
  });

  it('processes of a control group and of those below it, in either version', async () => {
    const [a, b] = await two();
    groups.set(a, '0::/web.slice/nginx.service\n');
    groups.set(b, '5:memory:/web.slice\n0::/\n');
    expect(await choose({ cgroups: ['/web.slice'] })).toEqual([a, b]);
    expect(await choose({ cgroups: ['web.slice/'] })).toEqual([a, b]);
    expect(await choose({ cgroups: ['/sys/fs/cgroup/web.slice/nginx.service'] })).toEqual([a]);
    expect(await failed(choose({ cgroups: ['/web'] }))).toMatchObject({ code: 'ESRCH' });
  });

  it.each([
    `0::/system.slice/docker-${ONE}.scope`,
    `4:memory:/docker/${ONE}`,
    `0::/machine.slice/libpod-${ONE}.scope/container`,
    `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-${ONE}.scope`,
    `0::/kubepods/besteffort/pod0a1b/${ONE}`,
    `0::/kubepods.slice/crio-${ONE}.scope`,
    `0::/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:${ONE}`,
  ])('processes of a container: %s', async (group) => {
    const [a, b] = await two();
    groups.set(a, `${group}\n`);
    groups.set(b, `0::/machine.slice/libpod-conmon-${ONE}.scope\n`);
    expect(await choose({ containers: [ONE.slice(0, 12)] })).toEqual([a]);
    expect(await choose({ containers: [ONE] })).toEqual([a]);
  });

  it('those of all that is asked for, once each', async () => {
    const [a, b] = await two();
    groups.set(a, '0::/chosen\n');
    expect(await choose({ cgroups: ['/chosen'], trees: [a, b] })).toEqual([a, b]);
  });
});

describe('what is refused', () => {
  it.each([
    [{ names: ['no such name'] }, 'ESRCH', /--name no such name: no process/],
    [{ trees: [2 ** 22 + 1] }, 'ESRCH', /--tree 4194305: there is no process/],
    [{ cgroups: ['/no/such'] }, 'ESRCH', /--cgroup \/no\/such: no process/],
    [{ containers: ['feed'.repeat(4)] }, 'ESRCH', /no process is in the control group of such a container/],
    [{ containers: ['web-1'] }, 'EUSAGE', /expected the beginning of a container's id/],
    [{ containers: ['abc'] }, 'EUSAGE', /at least 4/],
  ] as const)('%j', async (choice, code, message) => {
    expect(await failed(choose(choice))).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('an id by which several containers begin', async () => {
    const [a, b] = await two();
    groups.set(a, `0::/docker/${ONE}\n`);
    groups.set(b, `0::/docker/${OTHER}\n`);
    expect(await choose({ containers: ['0123456789f'] })).toEqual([b]);
    const error = await failed(choose({ containers: ['0123456789'] }));
    expect(error).toMatchObject({
      code: 'EUSAGE',
      message: expect.stringMatching(/several.*0123456789ab.*0123456789ff/),
    });
  });
});
