/** All formats of images and all wrappings around them. A new one is a file, and a line here. */
import { KsmError } from '../errors.ts';
import { elf } from './elf/elf.ts';
import type { ImageFormat } from './format.ts';
import { raw } from './raw.ts';
import type { Wrapping } from './wrapping.ts';
import { bzip2 } from './wrappings/bzip2.ts';
import { gzip } from './wrappings/gzip.ts';
import { lz4 } from './wrappings/lz4/lz4.ts';
import { xz } from './wrappings/xz.ts';
import { zstd } from './wrappings/zstd.ts';

/** In the order in which they are asked. */
export const WRAPPINGS: readonly Wrapping[] = [gzip, zstd, lz4, xz, bzip2];

/** In the order in which they are asked; the last takes any file. */
export const FORMATS: readonly ImageFormat[] = [elf, raw];

export const FORMAT_NAMES: readonly string[] = FORMATS.map(({ name }) => name);

/** Throws EUSAGE where there is none of that name. */
export function formatNamed(name: string): ImageFormat {
  const found = FORMATS.find((format) => format.name === name);
  if (found !== undefined) return found;
  throw new KsmError('EUSAGE', `--format ${name}: expected auto, ${FORMAT_NAMES.join(', ')}.`);
}
