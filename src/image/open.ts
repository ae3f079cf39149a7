/**
 * Opens a memory image, of whatever format: the first in the list that recognises the file takes it.
 *
 * A new format is a file beside this one, and a line in the list.
 */

import { open, stat } from 'node:fs/promises';
import { KsmError } from '../errors.ts';
import { printable } from '../printable.ts';
import { pathFailure } from './failure.ts';
import { HEAD_BYTES, type ImageFormat } from './format.ts';
import { raw } from './raw.ts';
import type { PageSource } from './source.ts';

/** In the order in which they are asked; the last takes any file. */
const FORMATS: readonly ImageFormat[] = [raw];

/**
 * The pages of an image. Nothing of it is open but while it is read.
 *
 * Throws ENOENT (no such file), EACCES (not readable), EINVAL (a directory, a device, a pipe or a socket; empty), or
 * the file system's errno.
 */
export async function openImage(path: string): Promise<PageSource> {
  try {
    const size = await sizeOf(path);
    const file = { path, size, head: await headOf(path) };
    const format = FORMATS.find((each) => each.recognises(file)) ?? raw;
    return await format.open(file);
  } catch (error) {
    throw pathFailure(error, path);
  }
}

/** Looks before anything is opened: opening a pipe would wait for somebody to write to it. */
async function sizeOf(path: string): Promise<number> {
  const file = await stat(path);
  if (!file.isFile()) throw notAFile(path, file);
  if (file.size > 0) return file.size;
  throw new KsmError('EINVAL', `${printable(path)} is empty; an image has at least one byte`);
}

async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function notAFile(path: string, file: { isDirectory(): boolean; isFIFO(): boolean; isSocket(): boolean }): KsmError {
  const what = file.isDirectory() ? 'directory' : file.isFIFO() ? 'pipe' : file.isSocket() ? 'socket' : 'device';
  const advice = what === 'directory' ? 'name the files in it' : 'copy what it holds into a file first';
  return new KsmError('EINVAL', `${printable(path)} is a ${what}; an image is a regular file: ${advice}`);
}
