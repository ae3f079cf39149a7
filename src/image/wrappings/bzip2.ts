/** bzip2, which nothing here unpacks: it is named, so that nobody takes it for pages. */
import { KsmError } from '../../errors.ts';
import type { Wrapping } from '../wrapping.ts';
import { beginsWith } from './stream.ts';

export const bzip2: Wrapping = {
  name: 'bzip2',
  title: 'bzip2',
  // "BZh", the level, and what each block begins with: the digits of pi; or of an empty file, the end.
  matches: (head) =>
    beginsWith(head, [0x42, 0x5a, 0x68]) &&
    (beginsWith(head.subarray(4), [0x31, 0x41, 0x59, 0x26, 0x53, 0x59]) ||
      beginsWith(head.subarray(4), [0x17, 0x72, 0x45, 0x38, 0x50, 0x90])),
  unwrap: (bytes) => {
    throw new KsmError(
      'EFORMAT',
      `${bytes.name} is packed by bzip2, which ksm does not unpack: bzip2 -dc FILE | ksm scan -`,
    );
  },
};
