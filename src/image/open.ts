/**
 * Opens a memory image, of whatever format: the first in the list that recognises the file takes it. What comes through a pipe is raw.
 *
 * A new format is a file beside this one, and a line in the list.
 */

import { fstatSync, type Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { KsmError } from '../errors.ts';
import { printable } from '../printable.ts';
import { sizeByReading } from './device.ts';
import { pathFailure } from './failure.ts';
import { HEAD_BYTES, type ImageFormat } from './format.ts';
import { raw } from './raw.ts';
import type { PageSource } from './source.ts';
import { StreamSource } from './stream.ts';

/** In the order in which they are asked; the last takes any file. */
const FORMATS: readonly ImageFormat[] = [raw];

/** What "-" means: its own name says it to people. */
const STDIN = '/dev/stdin';
/** Paths of what this process was started with, such as <(zcat image.gz) of a shell. */
const DESCRIPTOR = /^\/(?:dev|proc\/self)\/fd\/([0-9]+)$/;

/**
 * The pages of an image: of a file, a block device, a pipe or, as "-", of standard input. Nothing of it is open but while it is read.
 *
 * Throws ENOENT (no such file), EACCES (not readable), EINVAL (a directory, a terminal or another device that is no disk; empty), or
 * the file system's errno. An empty stream throws EINVAL when it is read.
 */
export async function openImage(given: string): Promise<PageSource> {
  const path = given === '-' ? STDIN : given;
  const descriptor = descriptorOf(path);
  try {
    // A descriptor itself is asked: opened anew, a pipe whose writer has gone would never end.
    const file = descriptor === undefined ? await stat(path) : fstatSync(descriptor);
    if (file.isFIFO() || (file.isSocket() && descriptor !== undefined)) {
      const origin = descriptor === undefined ? { path } : { descriptor };
      return new StreamSource(printable(path), `${file.dev}:${file.ino}`, origin);
    }
    if (descriptor === 0 && file.isCharacterDevice()) throw nothingPiped(path);
    return await openFile(path, file);
  } catch (error) {
    throw pathFailure(error, path);
  }
}

function descriptorOf(path: string): number | undefined {
  if (path === STDIN) return 0;
  const [, number] = DESCRIPTOR.exec(path) ?? [];
  return number === undefined ? undefined : Number(number);
}

async function openFile(path: string, file: Stats): Promise<PageSource> {
  if (!file.isFile() && !file.isBlockDevice()) throw notAnImage(path, file);
  const size = file.isFile() ? file.size : sizeByReading(path);
  if (size === 0) throw new KsmError('EINVAL', `${printable(path)} is empty; an image has at least one byte`);
  const image = { path, size, head: await headOf(path) };
  const format = FORMATS.find((each) => each.recognises(image)) ?? raw;
  return format.open(image);
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

/** A terminal, or nothing at all. */
function nothingPiped(path: string): KsmError {
  return new KsmError('EINVAL', `${path}: nothing is piped into ksm; zcat guest.gz | ksm scan - would be something`);
}

function notAnImage(path: string, file: Stats): KsmError {
  const what = file.isDirectory() ? 'directory' : file.isSocket() ? 'socket' : 'device';
  const advice = what === 'directory' ? 'name the files in it' : 'copy what it holds into a file first';
  return new KsmError('EINVAL', `${printable(path)} is a ${what}; an image is a file, a disk or a pipe: ${advice}`);
}
