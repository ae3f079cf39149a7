/** All formats of images and all wrappings around them. A new one is a file, and a line here. */
import type { ImageFormat } from './format.ts';
import { raw } from './raw.ts';
import type { Wrapping } from './wrapping.ts';

/** In the order in which they are asked. */
export const WRAPPINGS: readonly Wrapping[] = [];

/** In the order in which they are asked; the last takes any file. */
export const FORMATS: readonly ImageFormat[] = [raw];
