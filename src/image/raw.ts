/** Any file as a memory image: its bytes, from front to back, are the pages. Nothing is assumed about the content. */
import type { ImageFormat } from './format.ts';
import { SegmentedImage } from './segments.ts';

export const raw: ImageFormat = {
  name: 'raw',
  recognises: () => true,
  open: (file) => new SegmentedImage(file, [{ offset: 0, bytes: file.size, address: 0n, label: '' }]),
};
