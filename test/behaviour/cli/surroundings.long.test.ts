/** What `ksm` says if its surroundings lack something: a process of several, /proc, address space. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { truncateSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { ScanReport } from '../../../src/report/index.ts';
import { Folder, ksm, MAIN } from '../../support/program.ts';

const folder = new Folder();
afterAll(() => folder.remove());

const trace = fileURLToPath(new URL('../../recordings/golden/basic-1.trace.jsonl', import.meta.url));
const image = folder.file('page.raw', Buffer.alloc(4096, 1));

describe('words that a command has no use for', () => {
  it('ksm bench', async () => {
    const { code, stdout, stderr } = await ksm(['bench', 'extra']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^ksm: "extra": ksm bench takes options only; .+\n$/);
  });

  it('more memory than ksm bench can scan', async () => {
    const { code, stderr } = await ksm(['bench', '--size', '3073']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'ksm: --size 3073: expected a whole number from 1 to 3072.\n',
    });
  });
});

describe('more memory than an engine can address', () => {
  it('is refused in words of the command line', async () => {
    const path = folder.file('huge.raw', '');
    truncateSync(path, 2 ** 40);
    for (const memory of [[], ['--memory', '64M']]) {
      const { code, stdout, stderr } = await ksm(['scan', '--engine', 'bytes', '--holes', 'zero', ...memory, path]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(
        /^ksm: what is to be scanned takes 1\.0 TiB of address space, and the engine has 512\.0 GiB: .+\n$/,
      );
    }
  });
});

if (process.platform === 'linux') {
  describe('processes of which some are missing', () => {
    /** Ended and waited for, so that nobody has this number. */
    const missing = (): string => `${spawnSync(process.execPath, ['--version']).pid}`;

    async function beside(work: (pid: string) => Promise<void>): Promise<void> {
      const child: ChildProcess = spawn('sleep', ['1000']);
      try {
        await once(child, 'spawn');
        await work(`${child.pid}`);
      } finally {
        child.kill('SIGKILL');
      }
    }

    it('are named, and the others are reported', async () => {
      await beside(async (pid) => {
        const gone = missing();
        const { code, stdout, stderr } = await ksm(['scan', '--json', '--pid', `${gone},${pid}`]);
        expect(code).toBe(0);
        expect(stderr).toContain(`there is no process ${gone}`);
        const report: ScanReport = JSON.parse(stdout);
        expect(report.ksm_stat.map(({ name }) => name)).toEqual([`pid ${pid} (sleep)`]);
        expect(report.notes.join()).toContain(`there is no process ${gone}`);
      });
    });

    it('beside an image as well', async () => {
      const gone = missing();
      const { code, stdout } = await ksm(['scan', '--json', '--pid', gone, image]);
      expect(code).toBe(0);
      expect((JSON.parse(stdout) as ScanReport).notes.join()).toContain(`there is no process ${gone}`);
    });

    it('are a failure where it is all of them, and each is named', async () => {
      const [one, two] = [missing(), missing()];
      const { code, stdout, stderr } = await ksm(['scan', '--pid', one, '--pid', two]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^ksm: .+\n$/);
      for (const pid of [one, two]) expect(stderr).toContain(`there is no process ${pid}`);
    });
  });

  describe('a limit on address space', () => {
    function limited(
      kibibytes: number,
      words: readonly string[],
      options: string = '',
    ): { code: number | null; stderr: string } {
      const shell = ['-c', `ulimit -v ${kibibytes} && "$@"`, 'sh', process.execPath, MAIN, ...words];
      const env = { ...process.env, NODE_OPTIONS: options };
      const { status, stderr } = spawnSync('sh', shell, { encoding: 'utf8', env });
      return { code: status, stderr };
    }

    // Below and above what a second thread takes.
    it.each([1_000_000, 3_000_000])('of %i KiB is the reason that is given', (limit) => {
      for (const words of [
        ['replay', trace],
        ['replay', '--check', trace],
        ['scan', image],
        ['bench', '--size', '1'],
      ]) {
        const { code, stderr } = limited(limit, words);
        expect(code).toBe(1);
        expect(stderr).toMatch(/^ksm: the system has no address space for WebAssembly.*\(ulimit -v\).*\n$/);
      }
      const withSize = limited(limit, ['scan', '--memory', '64M', image]);
      expect(withSize).toMatchObject({ code: 1, stderr: expect.stringContaining('ulimit -v') });
    });

    it('does not concern what needs no engine', () => {
      expect(limited(1_000_000, ['--version'])).toEqual({ code: 0, stderr: '' });
      expect(limited(1_000_000, ['scan', '--help'])).toEqual({ code: 0, stderr: '' });
    });

    it('can be lived with in the way that is named', () => {
      const way = '--disable-wasm-trap-handler';
      expect(limited(3_000_000, ['replay', trace]).stderr).toContain(`NODE_OPTIONS=${way}`);
      if (process.allowedNodeEnvironmentFlags.has(way)) {
        expect(limited(3_000_000, ['replay', '--check', trace], way)).toEqual({ code: 0, stderr: '' });
      }
    });
  });

  if (process.getuid?.() === 0) {
    describe('a machine on which /proc is not mounted', () => {
      it.each([[['scan', '--all']], [['scan', '--pid', '1']], [['scan']]])('ksm %j', (words) => {
        const shell = ['-m', 'sh', '-c', 'umount -l /proc && "$@"', 'sh', process.execPath, MAIN, ...words];
        const { status, stdout, stderr } = spawnSync('unshare', shell, { encoding: 'utf8' });
        expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
        expect(stderr).toMatch(/^ksm: live processes are read through \/proc, which is not mounted here; .+\n$/);
      });
    });
  }
}
