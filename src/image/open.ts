/**
 * Opens a memory image by the name that a user gives it: a file, a disk, a pipe, or a part of a file that has several.
 *
 * What it is its first bytes say, unless the user does. What comes through a pipe is read as it comes if it is raw; anything else has to be
 * read in any order, so it is kept first.
 */
import { fstatSync, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { KsmError } from '../errors.ts';
import { printable } from '../printable.ts';
import { Arriving, HeadBytes } from './arriving.ts';
import { FileBytes } from './bytes/file-bytes.ts';
import { Spools } from './bytes/spool.ts';
import { criu, pagemapIn } from './criu/index.ts';
import { sizeByReading } from './device.ts';
import { pathFailure, systemCode } from './failure.ts';
import type { PageSpace } from './format.ts';
import { ImageSource, numbered } from './image-source.ts';
import { formatOf, HEAD_BYTES, type ImageData, type Opened, openBytes, type Wish, wrappingOf } from './opened.ts';
import { raw } from './raw.ts';
import type { PageSource } from './source.ts';
import { StreamSource } from './stream.ts';

/** How images are opened. */
export interface ImageOptions {
  /** Name of a format; undefined: what the first bytes say. */
  readonly format?: string | undefined;
  /** Default: absent. */
  readonly holes?: 'absent' | 'zero' | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The streams that have been opened before: each can be read once, under whatever name. */
  readonly streams?: Set<string>;
}

/** What "-" means: its own name says it to people. */
const STDIN = '/dev/stdin';
/** Paths of what this process was started with, such as <(zcat image.gz) of a shell. */
const DESCRIPTOR = /^\/(?:dev|proc\/self)\/fd\/([0-9]+)$/;

/**
 * The address spaces of an image: of a file, a block device, a pipe or, as "-", of standard input; FILE#NAME is a part of a file. Nothing
 * of a file is open but while it is read; who is done with the sources closes them.
 *
 * Throws ENOENT (no such file), EACCES (not readable), EINVAL (a directory, a terminal or another device that is no disk; empty), EFORMAT
 * (refused by the format), EUSAGE (a stream for the second time), EFBIG and ENOSPC (too large to be unpacked), or the file system's
 * errno. An empty stream throws EINVAL when it is read.
 */
export async function openImage(given: string, options: ImageOptions = {}): Promise<PageSource[]> {
  const named = given === '-' ? STDIN : given;
  const descriptor = descriptorOf(named);
  try {
    // A descriptor itself is asked: opened anew, a pipe whose writer has gone would never end.
    const { path, part, file } =
      descriptor === undefined ? await locate(named) : { path: named, part: undefined, file: fstatSync(descriptor) };
    const wish: Wish = {
      holes: options.holes ?? 'absent',
      ...(part === undefined ? {} : { part }),
      ...(options.format === undefined ? {} : { format: options.format }),
    };
    if (file.isFIFO() || (file.isSocket() && descriptor !== undefined)) {
      claim(path, file, options.streams);
      return await openStream(
        path,
        new Arriving(path, descriptor === undefined ? { path } : { descriptor }),
        wish,
        options,
      );
    }
    if (descriptor === 0 && file.isCharacterDevice()) throw nothingPiped(path);
    return sourcesOf(named, wish, await openFile(path, file, wish, options.signal));
  } catch (error) {
    throw options.signal?.aborted ? options.signal.reason : pathFailure(error, named);
  }
}

/** A file whose name has a # in it, or FILE#NAME. */
async function locate(given: string): Promise<{ path: string; part: string | undefined; file: Stats }> {
  try {
    return { path: given, part: undefined, file: await stat(given) };
  } catch (error) {
    const hash = given.lastIndexOf('#');
    if (hash <= 0 || systemCode(error) !== 'ENOENT') throw error;
    const path = given.slice(0, hash);
    const file = await stat(path).catch(() => undefined);
    if (file === undefined) throw error;
    return { path, part: given.slice(hash + 1), file };
  }
}

function descriptorOf(path: string): number | undefined {
  if (path === STDIN) return 0;
  const [, number] = DESCRIPTOR.exec(path) ?? [];
  return number === undefined ? undefined : Number(number);
}

function claim(path: string, { dev, ino }: Stats, streams: Set<string> | undefined): void {
  const identity = `${dev}:${ino}`;
  if (streams?.has(identity)) {
    throw new KsmError('EUSAGE', `${path}: a pipe can be read only once, so name it only once.`);
  }
  streams?.add(identity);
}

async function openStream(
  path: string,
  arriving: Arriving,
  wish: Wish,
  { signal }: ImageOptions,
): Promise<PageSource[]> {
  const name = printable(path);
  const asRaw = (): PageSource[] => {
    if (wish.part !== undefined) throw noPart(name, wish.part, []);
    return [new StreamSource(name, arriving)];
  };
  if (wish.format === raw.name) return asRaw();
  try {
    const head = new HeadBytes(name, await arriving.head(HEAD_BYTES, signal));
    const isRaw = wrappingOf(head) === undefined && wish.format === undefined && formatOf(head) === raw;
    if (isRaw || head.size === 0) return asRaw();
    const spools = new Spools(signal);
    try {
      const kept = await spools.spool(path, arriving.all(signal));
      return sourcesOf(path, wish, await openBytes(kept, wish, signal), () => spools.close());
    } catch (error) {
      spools.close();
      throw error;
    }
  } catch (error) {
    arriving.close();
    throw error;
  }
}

async function openFile(path: string, file: Stats, wish: Wish, signal: AbortSignal | undefined): Promise<Opened> {
  const pagemap = file.isDirectory() ? pagemapIn(path) : undefined;
  if (pagemap !== undefined) {
    if (wish.format !== undefined && wish.format !== criu.name) throw notAnImage(path, file);
    return openFile(pagemap, await stat(pagemap), { ...wish, format: criu.name }, signal);
  }
  if (!file.isFile() && !file.isBlockDevice()) throw notAnImage(path, file);
  const size = file.isFile() ? file.size : sizeByReading(path);
  return openBytes(new FileBytes({ path, size }), wish, signal);
}

/** A source for each space. `name`: as the user gave it. */
function sourcesOf(name: string, wish: Wish, image: Opened, onClose: () => void = () => {}): PageSource[] {
  const part = image.isPartTaken ? undefined : wish.part;
  const chosen = image.spaces.filter((space) => part === undefined || space.name === part);
  const open = new Set(chosen);
  const close = (space?: PageSpace): void => {
    if (space !== undefined && (!open.delete(space) || open.size > 0)) return; // others read what was unpacked still
    image.close();
    onClose();
  };
  const whole = part === undefined ? name : withoutPart(name);
  if (chosen.length === 0) {
    close();
    throw noPart(whole, part ?? '', image.spaces);
  }
  return chosen.map((space) => {
    const data = dataOf(whole, image, space, image.spaces.indexOf(space));
    return new ImageSource(data, image.file, space, () => close(space));
  });
}

function withoutPart(name: string): string {
  return name.slice(0, name.lastIndexOf('#'));
}

function noPart(name: string, part: string, spaces: readonly PageSpace[]): KsmError {
  const names = spaces.map((space) => space.name).filter((one) => one !== '');
  const which = names.length === 0 ? 'has no parts' : `has these parts: ${names.map(printable).join(', ')}`;
  const shown = printable(name);
  return new KsmError('ENOENT', `${shown}#${printable(part)}: no such file, and ${shown} ${which}`);
}

function dataOf(name: string, image: Opened, space: PageSpace, at: number): ImageData {
  const shown = printable(space.name === '' ? name : `${name} (${space.name})`);
  return {
    kind: 'image',
    name: shown,
    recipe: image.recipe(at),
    ranges: numbered(space.ranges),
    pieces: image.pieces(at),
    facts: {
      format: image.format.name,
      title: [image.format.title, ...image.titles.toReversed()].join(' in '),
      absent: space.missing.reduce((total, { pages }) => total + pages, 0),
      partial: space.partial,
    },
    notes: space.notes,
  };
}

/** A terminal, or nothing at all. */
function nothingPiped(path: string): KsmError {
  return new KsmError('EINVAL', `${path}: nothing is piped into ksm; zcat guest.gz | ksm scan - would be something`);
}

function notAnImage(path: string, file: Stats): KsmError {
  const what = file.isDirectory() ? 'directory' : file.isSocket() ? 'socket' : 'device';
  const advice =
    what === 'directory'
      ? 'name the files in it, or the directory of a dump of CRIU'
      : 'copy what it holds into a file first';
  return new KsmError('EINVAL', `${printable(path)} is a ${what}; an image is a file, a disk or a pipe: ${advice}`);
}
