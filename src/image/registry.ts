/** All formats of images and all wrappings around them. A new one is a file, and a line here. */
import { KsmError } from '../errors.ts';
import { avml } from './avml.ts';
import { criu } from './criu/index.ts';
import { elf } from './elf/elf.ts';
import type { ImageFormat } from './format.ts';
import { kdump } from './kdump/index.ts';
import { lime } from './lime.ts';
import { minidump } from './minidump.ts';
import { qemu } from './qemu/index.ts';
import { raw } from './raw.ts';
import { windowsDump } from './windows.ts';
import type { Wrapping } from './wrapping.ts';
import { bzip2 } from './wrappings/bzip2.ts';
import { flattened } from './wrappings/flattened.ts';
import { gzip } from './wrappings/gzip.ts';
import { libvirt } from './wrappings/libvirt.ts';
import { lz4 } from './wrappings/lz4/lz4.ts';
import { qcow2 } from './wrappings/qcow2.ts';
import { xz } from './wrappings/xz.ts';
import { zstd } from './wrappings/zstd.ts';

/** In the order in which they are asked. */
export const WRAPPINGS: readonly Wrapping[] = [gzip, zstd, lz4, xz, bzip2, flattened, qcow2, libvirt];

/** In the order in which they are asked; the last takes any file. */
export const FORMATS: readonly ImageFormat[] = [elf, kdump, lime, avml, qemu, criu, minidump, windowsDump, raw];

export const FORMAT_NAMES: readonly string[] = FORMATS.map(({ name }) => name);

/** Throws EUSAGE where there is none of that name. */
export function formatNamed(name: string): ImageFormat {
  const found = FORMATS.find((format) => format.name === name);
  if (found !== undefined) return found;
  throw new KsmError('EUSAGE', `--format ${name}: expected auto, ${FORMAT_NAMES.join(', ')}.`);
}
