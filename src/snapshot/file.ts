/** Snapshots as files, where the platform has files. */
import type { FileHandle } from 'node:fs/promises';
import { ERRNO, type ErrnoName, KsmError } from '../errors.ts';
import { type Files, platform } from '../platform/index.ts';

const READ_BYTES = 1 << 20;

/** EINVAL if `path` names no file. */
export function expectPath(call: string, path: unknown): string {
  if (typeof path === 'string' && path !== '') return path;
  const what = path === '' ? 'empty' : `a ${typeof path}`;
  throw new KsmError('EINVAL', `${call}: the path is ${what}; expected the name of a file.`);
}

/** Writes pieces to a file beside `path`, makes sure that they are on the disk, and gives it that name. */
export async function writeWhole(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    const files = await filesFor(`write the snapshot ${path}`);
    const { open, rename, rm } = files;
    const target = await replaceable(path, files);
    const temporary = `${target}.${crypto.randomUUID()}.tmp`;
    const file = await open(temporary, 'wx', 0o600);
    try {
      await writeAll(file, pieces);
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined); // what went wrong first is what matters
      throw error;
    }
    await syncFolder(target, files);
  } catch (error) {
    throw fileError(error, `write the snapshot ${path}`);
  }
}

/**
 * Where `path` leads. EINVAL if something is there that is no regular file: a device would be gone after the
 * renaming.
 */
async function replaceable(path: string, { realpath, stat }: Files): Promise<string> {
  const target = await realpath(path).catch(() => path);
  const there = await stat(target).catch(() => undefined);
  if (there === undefined || there.isFile()) return target;
  throw new KsmError('EINVAL', `cannot write the snapshot ${path}: something is there that is not a regular file`);
}

async function writeAll(file: FileHandle, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const piece of pieces) await file.writeFile(piece);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * So that the new name outlives a crash. The file is whole either way, and not every system lets a folder be opened.
 */
async function syncFolder(path: string, { dirname, open }: Files): Promise<void> {
  const handle = await open(dirname(path)).catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/** A regular file in pieces. Anything else is refused: opening a pipe would wait for somebody to write to it. */
export async function* readPieces(path: string): AsyncGenerator<Uint8Array, void> {
  const doing = `read the snapshot ${path}`;
  try {
    const { open, stat } = await filesFor(doing);
    if (!(await stat(path)).isFile()) throw new KsmError('EINVAL', `cannot ${doing}: it is not a regular file`);
    const file = await open(path);
    try {
      for (;;) {
        const { bytesRead, buffer } = await file.read(new Uint8Array(READ_BYTES));
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError(error, doing);
  }
}

async function filesFor(doing: string): Promise<Files> {
  const { files } = await platform();
  if (files !== undefined) return files;
  const instead =
    'a browser has no paths: save the bytes of snapshotOf(host), and restore from them, a Blob or a stream';
  throw new KsmError('EINVAL', `cannot ${doing}: ${instead}`);
}

/** A system error under its errno's name; EIO for one that KsmError does not know. */
function fileError(error: unknown, doing: string): KsmError {
  if (error instanceof KsmError) return error;
  const code = String((error as { code?: unknown } | null)?.code);
  const reason = error instanceof Error ? error.message : String(error);
  return new KsmError(code in ERRNO ? (code as ErrnoName) : 'EIO', `cannot ${doing}: ${reason}`, { cause: error });
}
