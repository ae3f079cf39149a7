/** Snapshots as files: whole or not at all, and the file system's errors by their names. */
import { execFileSync } from 'node:child_process';
import {
  chmod,
  type FileHandle,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Host, KsmError, restoreHost, saveSnapshot, snapshotOf } from '../../../src/index.ts';
import { writeWhole } from '../../../src/snapshot/file.ts';
import { openFiles, unprivileged } from '../../support/image.ts';
import { busyHost, pass, refusal, saved } from './helpers.ts';

let folder = '';
let path = '';
let host: Host;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ksm-snapshot-'));
  path = join(folder, 'host.ksm');
  host = await busyHost();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const systemError = (code: string): Error => Object.assign(new Error(`${code}: injected`), { code });

describe('a file', () => {
  test('has the bytes of the snapshot, is its owner’s only, and gives the host back', async () => {
    await saveSnapshot(host, path);
    const bytes = await readFile(path);
    expect(Buffer.compare(bytes, await saved(host))).toBe(0);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['host.ksm']);
    expect(Buffer.compare(await saved(await restoreHost(path)), bytes)).toBe(0);
    expect(openFiles().filter((file) => file.startsWith(folder))).toEqual([]);
  });

  test.each([5, 5n, '', null, undefined, {}])('needs a name, which %o is not', async (name) => {
    const error = await refusal(saveSnapshot(host, name as string));
    expect(error).toMatchObject({
      code: 'EINVAL',
      message: expect.stringMatching(/the path is .*; expected the name/),
    });
  });

  test.each([5, '', null, undefined, {}])('needs a host, which %o is not', async (no) => {
    const expected = { code: 'EINVAL', message: expect.stringMatching(/a snapshot is .*taken of.* host|a host/) };
    expect(await refusal(saveSnapshot(no as unknown as Host, path))).toMatchObject(expected);
    expect(() => snapshotOf(no as unknown as Host)).toThrow(expect.objectContaining(expected));
    expect(await readdir(folder)).toEqual([]);
  });

  test('is of the moment of the call', async () => {
    const expected = await saved(host);
    const saving = saveSnapshot(host, path);
    host.processes[0]?.exit();
    pass(host);
    await saving;
    expect(Buffer.compare(await readFile(path), expected)).toBe(0);
  });

  test('replaces another, also through a symbolic link, which stays one', async () => {
    await writeFile(path, 'old');
    const link = join(folder, 'link');
    await symlink('host.ksm', link);
    await saveSnapshot(host, link);
    expect(Buffer.compare(await readFile(path), await saved(host))).toBe(0);
    expect((await readdir(folder)).sort()).toEqual(['host.ksm', 'link']);
    await restoreHost(link);
  });

  test('two at the same path at once: one of them, whole', async () => {
    await Promise.all([saveSnapshot(host, path), saveSnapshot(host, path)]);
    expect(await readdir(folder)).toEqual(['host.ksm']);
    await restoreHost(path);
  });

  test('is on the disk before it gets its name', async () => {
    const handle = await open(folder);
    const prototype = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    const seen: string[][] = [];
    const { sync } = prototype;
    vi.spyOn(prototype, 'sync').mockImplementation(async function (this: FileHandle) {
      seen.push(await readdir(folder));
      return sync.call(this);
    });
    await saveSnapshot(host, path);
    expect(seen).toEqual([[expect.stringMatching(/^host\.ksm\..+\.tmp$/)], ['host.ksm']]);
  });
});

describe('where writing fails, the old file stays and nothing is left over', () => {
  async function expectOld(): Promise<void> {
    expect(await readdir(folder)).toEqual(['host.ksm']);
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(openFiles().filter((file) => file.startsWith(folder))).toEqual([]);
  }

  beforeEach(() => writeFile(path, 'old'));

  test.each(['writeFile', 'sync'] as const)('in %s', async (method) => {
    const handle = await open(folder);
    const prototype = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    vi.spyOn(prototype, method).mockRejectedValue(systemError('EIO'));
    const error = await refusal(saveSnapshot(host, path));
    vi.restoreAllMocks();
    expect(error.code).toBe('EIO');
    expect(error.message).toContain(path);
    await expectOld();
  });

  test('in the middle, when the disk is full', async () => {
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(100_000);
      throw systemError('ENOSPC');
    };
    const error = await refusal(writeWhole(path, pieces()));
    expect(error.message).toContain('ENOSPC');
    expect(error.cause).toMatchObject({ code: 'ENOSPC' });
    await expectOld();
  });

  test('in the last step: what came there meanwhile is no file and stays', async () => {
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(100_000);
      await rm(path);
      await mkdir(path);
    };
    const error = await refusal(writeWhole(path, pieces()));
    expect(error.cause).toMatchObject({ syscall: 'rename' });
    expect(await readdir(folder)).toEqual(['host.ksm']);
    expect((await stat(path)).isDirectory()).toBe(true);
  });

  test('in the middle, with an error of our own, which stays what it is', async () => {
    const own = new KsmError('ENOMEM', 'no room');
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(100_000);
      throw own;
    };
    await expect(writeWhole(path, pieces())).rejects.toBe(own);
    await expectOld();
  });
});

describe('what the file system refuses', () => {
  test('a folder that is not there', async () => {
    const missing = join(folder, 'none', 'host.ksm');
    for (const attempt of [() => saveSnapshot(host, missing), () => restoreHost(missing)]) {
      const error = await refusal(attempt());
      expect(error.code).toBe('ENOENT');
      expect(error.message).toContain(missing);
    }
  });

  test('a folder or a file without the right to it', async () => {
    await saveSnapshot(host, path);
    await chmod(path, 0);
    await chmod(folder, 0o755);
    expect((await unprivileged(() => refusal(restoreHost(path)))).code).toBe('EACCES');
    expect((await unprivileged(() => refusal(saveSnapshot(host, path)))).code).toBe('EACCES');
    expect((await stat(path)).size).toBe((await saved(host)).length);
    expect(await readdir(folder)).toEqual(['host.ksm']);
  });

  test('a folder, a device or a pipe in place of a file: not replaced, and not waited for', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await mkdir(path);
    for (const other of [path, pipe, '/dev/null']) {
      expect((await refusal(saveSnapshot(host, other))).code).toBe('EINVAL');
      expect((await refusal(restoreHost(other))).code).toBe('EINVAL');
    }
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
    expect((await readdir(folder)).sort()).toEqual(['host.ksm', 'pipe']);
  });

  test('an empty file, and one that was cut off, are no snapshots; no file stays open', async () => {
    await writeFile(path, '');
    expect((await refusal(restoreHost(path))).code).toBe('EFORMAT');
    await writeFile(path, (await saved(host)).subarray(0, 100_000));
    expect((await refusal(restoreHost(path))).code).toBe('EFORMAT');
    expect(openFiles().filter((file) => file.startsWith(folder))).toEqual([]);
  });
});
