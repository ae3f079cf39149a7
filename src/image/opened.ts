/**
 * From the bytes of a file to its address spaces: wrappings are taken off as long as there are any, then the first format that matches
 * takes what is left. The result can be had again from plain data, in any thread.
 */
import { KsmError } from '../errors.ts';
import type { ByteSource } from './bytes/byte-source.ts';
import { FileBytes, type FileData } from './bytes/file-bytes.ts';
import { Spools } from './bytes/spool.ts';
import type { ImageFormat, OpenOptions, PageSpace } from './format.ts';
import { type PiecesData, piecesOf, spaceOfPieces } from './pieces.ts';
import { raw } from './raw.ts';
import { refuse } from './refused.ts';
import { FORMATS, formatNamed, WRAPPINGS } from './registry.ts';
import type { ImageFacts, PageRange } from './source.ts';
import type { Wrapping } from './wrapping.ts';

export const HEAD_BYTES: number = 4096;

/** An image in a tar in a gzip may be; more than these are a joke, and not a good one. */
const MOST_WRAPPINGS = 8;

/** How the image is opened again. */
export interface ImageRecipe {
  /** What all reading comes to in the end. */
  readonly file: FileData;
  /** Names of the wrappings around it that are unwrapped while it is read. */
  readonly wrappings: readonly string[];
  readonly format: string;
  readonly options: OpenOptions;
  /** Number of the space. */
  readonly space: number;
}

/** A source as plain data. */
export interface ImageData {
  readonly kind: 'image';
  readonly name: string;
  readonly recipe: ImageRecipe;
  readonly ranges: readonly PageRange[];
  /** If the space is of pieces of the file itself: nothing need be opened again. */
  readonly pieces: PiecesData | undefined;
  readonly facts: ImageFacts;
  readonly notes: readonly string[];
}

/** An image that has been opened. */
export interface Opened {
  readonly format: ImageFormat;
  readonly spaces: readonly PageSpace[];
  readonly file: FileBytes;
  /** For people: those that were taken off, from the outermost on. */
  readonly titles: readonly string[];
  /** Of each space. */
  recipe(space: number): ImageRecipe;
  /** Has a wrapping taken the part of FILE#NAME? */
  readonly isPartTaken: boolean;
  pieces(space: number): PiecesData | undefined;
  /** Lets go what was unpacked. */
  close(): void;
}

export interface Wish extends OpenOptions {
  /** Name of a format; undefined: the first that matches. */
  readonly format?: string;
}

/** The image in a file. Throws EFORMAT, EFBIG, ENOSPC, what reading throws, or the reason of `signal`. */
export async function openBytes(
  file: FileBytes,
  { format: wanted, ...options }: Wish,
  signal?: AbortSignal,
): Promise<Opened> {
  const spools = new Spools(signal);
  try {
    const layers = new Layers(file, spools, options);
    if (wanted !== 'raw') await layers.unwrapAll();
    using _ = layers.file.use();
    const { bytes } = layers;
    if (bytes.size === 0) throw new KsmError('EINVAL', `${bytes.name} is empty; an image has at least one byte`);
    const { wrappings, titles, holds } = layers;
    const format = wanted === undefined ? formatOf(bytes) : formatNamed(wanted);
    if (!format.matches(headOf(bytes), bytes)) {
      throw new KsmError(
        'EFORMAT',
        `${bytes.name} is no ${format.title}: it does not begin like one; leave --format away`,
      );
    }
    if (holds !== undefined && !holds.includes(format.name)) {
      const title = titles.at(-1) ?? '';
      throw new KsmError(
        'EFORMAT',
        `${bytes.name} is damaged, or packed in an unknown way: what is in the ${title} is no memory`,
      );
    }
    const spaces = await format.open(bytes, options);
    if (spaces.length === 0 || (format !== raw && spaces.every(({ ranges }) => ranges.length === 0))) {
      throw new KsmError('EFORMAT', `${bytes.name} has no memory in it (${format.title})`);
    }
    return {
      format,
      spaces,
      file: layers.file,
      titles,
      isPartTaken: layers.isPartTaken,
      recipe: (space) => ({ file: layers.file.data, wrappings, format: format.name, options, space }),
      pieces: (space) => (bytes === layers.file ? piecesOf(spaces[space] as PageSpace) : undefined),
      close: () => spools.close(),
    };
  } catch (error) {
    spools.close();
    throw error;
  }
}

/** The first format that matches. Throws EFORMAT for what is known, and not read. */
export function formatOf(bytes: ByteSource): ImageFormat {
  const head = headOf(bytes);
  const format = FORMATS.find((one) => one.matches(head, bytes)) ?? raw;
  if (format === raw) refuse(head, bytes);
  return format;
}

export function wrappingOf(bytes: ByteSource): Wrapping | undefined {
  const head = headOf(bytes);
  return WRAPPINGS.find((wrapping) => wrapping.matches(head, bytes));
}

function headOf(bytes: ByteSource): Uint8Array {
  const head = new Uint8Array(HEAD_BYTES);
  return head.subarray(0, bytes.read(head, 0));
}

/** Bytes, and what was around them. */
class Layers {
  bytes: ByteSource;
  file: FileBytes;
  wrappings: string[] = [];
  readonly titles: string[] = [];
  isPartTaken = false;
  /** What the innermost wrapping can have in it, if that is known. */
  holds: readonly string[] | undefined;
  readonly #spools: Spools;
  readonly #options: OpenOptions;

  constructor(file: FileBytes, spools: Spools, options: OpenOptions) {
    this.bytes = file;
    this.file = file;
    this.#spools = spools;
    this.#options = options;
  }

  async unwrapAll(): Promise<void> {
    for (let wrapping = this.#next(); wrapping !== undefined; wrapping = this.#next()) {
      if (this.titles.length === MOST_WRAPPINGS) {
        throw new KsmError(
          'EFORMAT',
          `${this.bytes.name} is wrapped more than ${MOST_WRAPPINGS} times: unwrap it, and scan what comes out`,
        );
      }
      await this.#unwrap(wrapping);
    }
  }

  #next(): Wrapping | undefined {
    using _ = this.file.use();
    return wrappingOf(this.bytes);
  }

  async #unwrap(wrapping: Wrapping): Promise<void> {
    using _ = this.file.use();
    const { part } = this.#options;
    const spool = this.#spools.spool.bind(this.#spools);
    const inner = await wrapping.unwrap(this.bytes, part === undefined ? { spool } : { spool, part });
    this.titles.push(wrapping.title);
    this.isPartTaken ||= wrapping.hasParts === true;
    this.holds = wrapping.holds ?? this.holds;
    this.bytes = inner;
    if (inner instanceof FileBytes) {
      this.file = inner;
      this.wrappings = [];
    } else {
      this.wrappings.push(wrapping.name);
    }
  }
}

/** The space of a source, in a thread that has only its data; `file` is of the same file. */
export async function spaceOf({ name, recipe, ranges, pieces }: ImageData, file: FileBytes): Promise<PageSpace> {
  if (pieces !== undefined) return spaceOfPieces(file, pieces);
  let bytes: ByteSource = file;
  const { options } = recipe;
  for (const wrapping of recipe.wrappings) {
    const found = WRAPPINGS.find((one) => one.name === wrapping) as Wrapping;
    bytes = await found.unwrap(bytes, {
      spool: noSpool,
      ...(options.part === undefined ? {} : { part: options.part }),
    });
  }
  const space = (await formatNamed(recipe.format).open(bytes, options))[recipe.space];
  const isSame =
    space?.ranges.length === ranges.length &&
    space.ranges.every(({ address, pages }, at) => address === ranges[at]?.address && pages === ranges[at]?.pages);
  if (space === undefined || !isSame)
    throw new KsmError('EIO', `${name} is another image by now: leave it as it is while it is scanned`);
  return space;
}

/** What was unpacked once is a file of its own, in front of which no wrapping is left. */
function noSpool(name: string): never {
  throw new KsmError('EIO', `${name} is another file by now: leave it as it is while it is scanned`);
}
