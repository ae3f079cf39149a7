/**
 * What is unpacked, or comes through a pipe, and has to be read in any order: it is written into a file that has no name any more, so that
 * it is gone with the program, however that ends.
 *
 * The file may take what the file system has free, but not the last of it: others write there as well.
 */
import { closeSync, openSync, statfsSync, unlinkSync, writeSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setImmediate as turn } from 'node:timers/promises';
import { KsmError } from '../../errors.ts';
import { failure, systemCode } from '../failure.ts';
import { FileBytes } from './file-bytes.ts';

/** A part of what is free is left: one in so many. */
const LEFT = 16;
/** Memory images are large, and /tmp is often memory: /var/tmp is made for what is large. */
const FOLDER = '/var/tmp';

/** Files that were spooled for one image. */
export class Spools {
  readonly #signal: AbortSignal | undefined;
  readonly #most: number | undefined;
  readonly #descriptors: number[] = [];

  /** `most`: bytes of a file, if not what is free; for tests. */
  constructor(signal?: AbortSignal, most?: number) {
    this.#signal = signal;
    this.#most = most;
  }

  /**
   * Writes all chunks, and gives what was written. Throws EFBIG where they are too many, ENOSPC where the disk is full, and the reason of
   * the signal once it is aborted.
   */
  async spool(name: string, chunks: AsyncIterable<Uint8Array>): Promise<FileBytes> {
    const { fd, folder } = unnamedFile();
    this.#descriptors.push(fd);
    const most = this.#most ?? roomIn(folder);
    let size = 0;
    for await (const chunk of chunks) {
      this.#signal?.throwIfAborted();
      if (size + chunk.length > most) throw tooLarge(name, most, folder);
      write(fd, chunk, name, folder);
      size += chunk.length;
      await turn(); // what unpacks without a pause would let no signal through
    }
    this.#signal?.throwIfAborted();
    return new FileBytes({ path: name, size, descriptor: fd });
  }

  /** May be called again. */
  close(): void {
    for (const fd of this.#descriptors.splice(0)) closeSync(fd);
  }
}

/** Bytes that may be written. */
function roomIn(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return Math.floor(bavail * bsize * (1 - 1 / LEFT));
}

function unnamedFile(): { fd: number; folder: string } {
  const given = process.env['TMPDIR'];
  const folders = given === undefined ? [FOLDER, os.tmpdir()] : [os.tmpdir()];
  let why: unknown;
  for (const folder of folders) {
    const path = join(folder, `ksm-${process.pid}-${crypto.randomUUID()}`);
    try {
      const fd = openSync(path, 'wx+', 0o600);
      unlinkSync(path);
      return { fd, folder };
    } catch (error) {
      why = error;
    }
  }
  throw failure(
    why,
    `make a temporary file in ${folders.join(' or ')}; set TMPDIR to a folder that can be written`,
    {},
  );
}

function write(fd: number, chunk: Uint8Array, name: string, folder: string): void {
  try {
    for (let done = 0; done < chunk.length; ) done += writeSync(fd, chunk, done);
  } catch (error) {
    if (systemCode(error) !== 'ENOSPC') throw failure(error, `write what is unpacked into ${folder}`, {});
    const advice = 'set TMPDIR to a folder with more room, or unpack it yourself';
    throw new KsmError('ENOSPC', `${name}: ${folder} is full before all of it is unpacked; ${advice}`, {
      cause: error,
    });
  }
}

function tooLarge(name: string, most: number, folder: string): KsmError {
  const advice = 'set TMPDIR to a folder with more room, or unpack it yourself';
  return new KsmError(
    'EFBIG',
    `${name} unpacks to more than ${most} bytes, which is what ksm takes of ${folder} (all that is free but 1/${LEFT}): ${advice}`,
  );
}
