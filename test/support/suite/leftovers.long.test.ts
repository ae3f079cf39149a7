/** A process that a test leaves behind is found, whoever has started it, and no other is. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { endMarked, leftProcesses, MARK, marked } from './leftovers.ts';

const pidsOf = (mark: string): number[] => marked(mark).map(({ pid }) => pid);

/** A shell of this mark, which has said that it is there. */
async function shell(mark: string, script: string): Promise<ChildProcess> {
  const child = spawn('sh', ['-c', script], {
    env: { ...process.env, [MARK]: mark },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

if (process.platform === 'linux') {
  test('the run that this test is of has a mark and a folder of its own', () => {
    expect(process.env[MARK]).toMatch(/^[0-9a-f-]{36}$/);
    expect(process.env.TMPDIR).toContain('ksm-tests-');
  });

  test('a process that waits is left, until it is ended', async () => {
    const mark = randomUUID();
    const child = await shell(mark, 'echo here; read -r line');
    try {
      expect(await leftProcesses(mark)).toMatchObject([
        { pid: child.pid, command: expect.stringContaining('read -r') },
      ]);
      expect(await leftProcesses(randomUUID())).toEqual([]);
    } finally {
      endMarked(mark);
      await once(child, 'exit');
    }
    expect(child.signalCode).toBe('SIGKILL');
    expect(await leftProcesses(mark)).toEqual([]);
  });

  test('a process that is stopped, and whose parent has ended, is left', async () => {
    const mark = randomUUID();
    const child = await shell(mark, "sh -c 'kill -STOP $$; echo went on' & echo $!");
    try {
      if (child.exitCode === null) await once(child, 'exit');
      const left = await leftProcesses(mark);
      expect(left).toMatchObject([{ activity: expect.stringMatching(/^T /) }]);
      expect(left.map(({ pid }) => pid)).not.toContain(child.pid);
    } finally {
      endMarked(mark);
    }
    expect(await leftProcesses(mark)).toEqual([]);
  });

  test('a process that is still at work is waited for', async () => {
    const mark = randomUUID();
    const child = await shell(mark, 'echo here; i=0; while [ $i -lt 300000 ]; do i=$((i + 1)); done');
    try {
      expect(pidsOf(mark)).toEqual([child.pid]);
      expect(await leftProcesses(mark)).toEqual([]);
    } finally {
      endMarked(mark);
    }
  });
}
