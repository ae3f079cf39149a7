/** Any file as a memory image: its bytes, from front to back, are the pages. Nothing is assumed about the content. */
import type { ImageFormat } from './format.ts';
import { pieced } from './pieces.ts';

export const raw: ImageFormat = {
  name: 'raw',
  title: 'raw pages',
  matches: () => true,
  open: (bytes) => [pieced(bytes, [{ address: 0n, offset: 0, bytes: bytes.size, label: '' }])],
};
