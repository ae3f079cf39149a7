/**
 * openProcess and listProcesses against processes that these tests start, with memory whose content is known.
 *
 * What must be found comes from the process's own program, and from the kernel's other accounts of the same memory.
 */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { listProcesses } from '../../../src/image/proc.ts';
import { openProcess } from '../../../src/image/process.ts';
import { PAGE_BYTES, type PageRange, type PageSource } from '../../../src/image/source.ts';
import {
  failed,
  isKernelThread,
  kill,
  openFiles,
  pattern,
  patternCode,
  readAll,
  startNode,
  unprivileged,
  withPid,
} from '../../support/image.ts';
import { until } from '../../support/until.ts';

const MIB = 1 << 20;
const SEED = 0x5eed_0000;
const children: Awaited<ReturnType<typeof startNode>>[] = [];
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ksm-process-'));
  chmodSync(folder, 0o755);
});

afterEach(async () => {
  await Promise.all(children.splice(0).map(kill));
});

afterAll(() => rmSync(folder, { recursive: true }));

async function node(code: string, options: string[] = []) {
  const child = await startNode(code, options);
  children.push(child);
  return child;
}

/** A program, copied to `path`, that waits for words from this process, and so ends with it. */
function waiting(path: string, mode: number = 0o755) {
  copyFileSync(execFileSync('sh', ['-c', 'command -v cat'], { encoding: 'utf8' }).trim(), path);
  chmodSync(path, mode);
  const child = withPid(spawn(path, [], { stdio: ['pipe', 'ignore', 'ignore'] }));
  children.push(child);
  return child;
}

/** The bytes of a range; zeros where no page is present. */
function rangeBytes(range: PageRange, pages: ReadonlyMap<number, Buffer>): Buffer {
  const none = Buffer.alloc(PAGE_BYTES);
  return Buffer.concat(Array.from({ length: range.pages }, (_, i) => pages.get(range.page + i) ?? none));
}

/** The range that holds the bytes, and where in it. */
function find(bytes: Buffer, source: PageSource, pages: ReadonlyMap<number, Buffer>) {
  for (const range of source.ranges) {
    const all = rangeBytes(range, pages);
    const offset = all.indexOf(bytes.subarray(0, 64));
    if (offset >= 0 && all.subarray(offset, offset + bytes.length).equals(bytes)) return { range, offset };
  }
  throw new Error('the bytes are in no range');
}

describe('a live process', () => {
  it('shows the memory that its program filled, whole and in order', async () => {
    const child = await node(patternCode(SEED, 5 * MIB));
    const source = await openProcess(child.pid);
    const pages = await readAll(source);
    expect(source.kind).toBe('process');
    expect(source.name).toBe(`pid ${child.pid} (node)`);
    const { range } = find(pattern(SEED, 5 * MIB), source, pages);
    expect(range.pages).toBeGreaterThanOrEqual((5 * MIB) / PAGE_BYTES);
  });

  it('has ranges inside its own private mappings, ascending and apart', async () => {
    const child = await node(patternCode(SEED, MIB));
    const maps = readFileSync(`/proc/${child.pid}/maps`, 'utf8').split('\n');
    const mappings = maps.flatMap((line) => {
      const [, start, end, name = ''] = /^(\w+)-(\w+) ...p \w+ \S+ \d+ *(.*)$/.exec(line) ?? [];
      return start && end ? [{ start: BigInt(`0x${start}`), end: BigInt(`0x${end}`), name }] : [];
    });
    const source = await openProcess(child.pid);
    let [page, address] = [0, 0n];
    for (const range of source.ranges) {
      expect(range.page).toBe(page === 0 || range.address === address ? page : page + 1);
      expect(range.address).toBeGreaterThanOrEqual(address);
      page = range.page + range.pages;
      address = range.address + BigInt(range.pages * PAGE_BYTES);
      const inside = mappings.find((m) => m.start <= range.address && address <= m.end && m.name === range.label);
      expect(inside, `${range.address.toString(16)} ${range.label}`).toBeDefined();
    }
    const labels = new Set(source.ranges.map((range) => range.label));
    expect(labels).toContain('[heap]');
    expect(labels).toContain('[stack]');
    for (const special of ['[vvar]', '[vdso]', '[vsyscall]']) expect(labels).not.toContain(special);
  });

  it('gives as many pages as the kernel counts anonymous ones, but for shared zero pages', async () => {
    const child = await node(patternCode(SEED, MIB));
    child.kill('SIGSTOP'); // So that both accounts are of the same memory.
    const rollup = readFileSync(`/proc/${child.pid}/smaps_rollup`, 'utf8');
    const anonymous = Number(/^Anonymous: +(\d+) kB/m.exec(rollup)?.[1]) / 4;
    const source = await openProcess(child.pid);
    const pages = await readAll(source);
    const zero = Buffer.alloc(PAGE_BYTES);
    const zeros = [...pages.values()].filter((page) => page.equals(zero)).length;
    expect(anonymous).toBeGreaterThan(1000);
    expect(pages.size).toBe(source.pages);
    expect(pages.size).toBeGreaterThanOrEqual(anonymous);
    expect(pages.size - zeros).toBeLessThanOrEqual(anonymous);
    expect(source.notes).toEqual([]);
  });

  it('does not get pages from being read', async () => {
    // Half of it is never touched by the program; reading it would make zero pages appear, which pagemap shows.
    const child = await node(`globalThis.half = new Uint8Array(${64 * MIB}).fill(7, 0, ${32 * MIB}); process.send(1);
      process.on('message', () => {})`);
    child.kill('SIGSTOP');
    const first = await openProcess(child.pid);
    expect((await readAll(first)).size).toBe(first.pages);
    expect((await openProcess(child.pid)).pages).toBe(first.pages);
    expect(first.pages * PAGE_BYTES).toBeLessThan(32 * MIB + 60 * MIB);
  });

  it('shows of a private file mapping only what was written, under the name that the kernel gives it', async () => {
    const path = join(folder, 'a program\n(x) \u001b');
    const child = waiting(path);
    await until(() => readFileSync(`/proc/${child.pid}/comm`, 'utf8') === 'a program\n(x) \u001b\n');
    await until(() => /\) S/.test(readFileSync(`/proc/${child.pid}/stat`, 'utf8')));
    rmSync(path);
    const source = await openProcess(child.pid);
    expect(source.name).toBe(`pid ${child.pid} (a program?(x) ?)`);
    const label = `${folder}/a program\\012(x) ? (deleted)`;
    const own = source.ranges.filter((range) => range.label === label);
    // Its variables and relocated pointers, not its code.
    expect(own.length).toBeGreaterThan(0);
    const code = readFileSync(`/proc/${child.pid}/maps`, 'utf8').match(/^(\w+)-\w+ r-xp .* \(deleted\)$/m)?.[1];
    const entry = BigInt(`0x${code}`);
    expect(own.some(({ address, pages }) => entry >= address && entry < address + BigInt(pages * PAGE_BYTES))).toBe(
      false,
    );
  });
});

describe('a process that changes while it is read', () => {
  it('is killed half-way: what was read stays, the rest is told', async () => {
    const child = await node(patternCode(SEED, 64 * MIB));
    const source = await openProcess(child.pid);
    let read = 0;
    for await (const { bytes } of source.read()) {
      read += bytes.length / PAGE_BYTES;
      if (Buffer.from(bytes).includes(pattern(SEED + MIB, 64))) await kill(child);
    }
    expect(read).toBeLessThan(source.pages);
    expect(read).toBeGreaterThan(MIB / 1024);
    expect(source.notes).toEqual([`${source.pages - read} pages lost: the process ended while it was read.`]);
  });

  it('ends before it is read: no pages, a note', async () => {
    const child = await node(patternCode(SEED, MIB));
    const source = await openProcess(child.pid);
    await kill(child);
    expect((await readAll(source)).size).toBe(0);
    expect(source.notes).toEqual([`${source.pages} pages lost: the process ended before it was read.`]);
  });

  it('gives memory back: the others are read, the lost ones counted', async () => {
    const child = await node(
      `let big = Buffer.allocUnsafeSlow(${64 * MIB}).fill(1);
       const { readFileSync } = await import('node:fs');
       const resident = () => Number(readFileSync('/proc/self/statm', 'latin1').split(' ')[1]) * 4096;
       process.on('message', () => {
         const before = resident();
         big = undefined;
         const timer = setInterval(() => {
           gc();
           if (resident() > before - ${60 * MIB}) return;
           clearInterval(timer);
           process.send('given back');
         }, 5);
       });
       process.send('ready');`,
      ['--expose-gc'],
    );
    const source = await openProcess(child.pid);
    let read = 0;
    for await (const { bytes } of source.read()) {
      if (read === 0) {
        child.send('give back');
        await once(child, 'message');
      }
      read += bytes.length / PAGE_BYTES;
    }
    expect(source.notes).toEqual([
      `${source.pages - read} pages lost: the process gave them back before they were read.`,
    ]);
    expect(source.pages - read).toBeGreaterThanOrEqual((60 * MIB) / PAGE_BYTES);
    expect(read).toBeGreaterThan(0);
  });
});

describe('open files', () => {
  it('none before read(), none after an early stop or an abort', async () => {
    const child = await node(patternCode(SEED, MIB));
    const isOpen = () => openFiles().some((path) => path.startsWith(`/proc/${child.pid}/`));
    const source = await openProcess(child.pid);
    expect(isOpen()).toBe(false);
    for await (const _ of source.read()) {
      expect(isOpen()).toBe(true);
      break;
    }
    expect(isOpen()).toBe(false);
    const abort = new AbortController();
    const reading = (async () => {
      for await (const _ of source.read({ signal: abort.signal })) abort.abort(new Error('enough'));
    })();
    await expect(reading).rejects.toThrow('enough');
    expect(isOpen()).toBe(false);
    await expect(readAll(source, AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
  });
});

describe('what cannot be read', () => {
  it('no such process: ESRCH', async () => {
    const child = await node('process.send(1)');
    await kill(child);
    const error = await failed(openProcess(child.pid));
    expect(error.code).toBe('ESRCH');
    expect(error.message).toContain(String(child.pid));
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 60])('%s is no pid: EINVAL', async (pid) => {
    expect((await failed(openProcess(pid))).code).toBe('EINVAL');
  });

  it('a process that has ended but is not waited for: no pages, a note', async () => {
    // The shell becomes a program that never waits for the child that the shell has started.
    const parent = withPid(spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec cat'], { stdio: ['pipe', 'pipe', 'ignore'] }));
    children.push(parent);
    const zombie = Number(String((await once(parent.stdout, 'data'))[0]));
    await until(() => readFileSync(`/proc/${zombie}/stat`, 'utf8').includes(') Z '));
    const source = await openProcess(zombie);
    expect([source.pages, source.ranges]).toEqual([0, []]);
    expect((await readAll(source)).size).toBe(0);
    expect(source.notes).toEqual(['It has no memory: it is a kernel thread, or has ended.']);
    expect(await listProcesses()).not.toContain(zombie);
  });

  it('memory that this user may not read: EACCES, and not listed', async () => {
    // The kernel protects the memory of a program whose file its user may not read, also from that user.
    const path = join(folder, 'unreadable');
    const child = waiting(path, 0o111);
    await until(() => readFileSync(`/proc/${child.pid}/comm`, 'utf8') === 'unreadable\n');
    const error = await unprivileged(() => failed(openProcess(child.pid)));
    expect(error.code).toBe('EACCES');
    expect(error.message).toMatch(/same user and kernel\.yama\.ptrace_scope 0, or CAP_SYS_PTRACE/);
    expect(await unprivileged(listProcesses)).not.toContain(child.pid);
  });

  it('becomes unreadable after it was opened: no pages, a note', async () => {
    const root = process.geteuid?.() === 0;
    const child = await node(patternCode(SEED, MIB));
    const source = await openProcess(child.pid);
    // Without root there is nothing to lose; the process is then read as before.
    const pages = await unprivileged(() => readAll(source));
    expect(pages.size).toBe(root ? 0 : source.pages);
    expect(source.notes.join()).toMatch(root ? /^\d+ pages lost: the memory of process \d+ may not be read/ : /^$/);
  });

  it('another system: EINVAL', async () => {
    const platform = Object.getOwnPropertyDescriptor(process, 'platform');
    Object.defineProperty(process, 'platform', { value: 'darwin' });
    try {
      const error = await failed(openProcess(1));
      expect(error.code).toBe('EINVAL');
      expect(error.message).toContain('needs Linux');
      expect((await failed(listProcesses())).code).toBe('EINVAL');
    } finally {
      if (platform) Object.defineProperty(process, 'platform', platform);
    }
  });
});

describe('the list of processes', () => {
  it('has those of this user, ascending, without this one and without kernel threads', async () => {
    const [one, two] = [await node('process.send(1); process.on("message", () => {})'), await node(patternCode(1, 64))];
    const pids = await listProcesses();
    expect(pids).toContain(one.pid);
    expect(pids).toContain(two.pid);
    expect(pids).not.toContain(process.pid);
    expect(pids).toEqual([...new Set(pids)].sort((a, b) => a - b));
    for (const pid of pids) expect(isKernelThread(pid), `pid ${pid}`).toBe(false);
  });
});
