/** The text of /proc/PID/smaps: mappings that make sense, whatever it says, in ascending order. */
import { kernelPageBytes, parseSmaps } from '../../../../src/image/smaps.ts';
import { expectThat } from '../contract.ts';
import { textOf } from '../target.ts';

export const name = 'smaps';
export const words: readonly string[] = [
  ...[
    '00400000-00401000 rw-p 00000000 00:00 0 ',
    '[heap]',
    '[vsyscall]',
    ' (deleted)',
    '\\012',
    'VmFlags: rd wr mr mw me ac',
  ],
  ...[
    'Anonymous:          8 kB\n',
    'Swap:               4 kB\n',
    'KernelPageSize:        4 kB\n',
    ' sh',
    ' io',
    ' ht',
    'ffff',
  ],
];

export function run(bytes: Uint8Array): void {
  const text = textOf(bytes);
  let end = 0;
  for (const { at, pages, name, anonymous, swapped } of parseSmaps(text)) {
    expectThat(Number.isSafeInteger(at) && Number.isSafeInteger(pages), () => `${pages} pages at ${at}`);
    expectThat(at >= end && pages > 0, () => `${pages} pages at ${at}`);
    for (const count of [anonymous, swapped])
      expectThat(Number.isSafeInteger(count) && count >= 0, () => `${count} pages`);
    expectThat(!/\p{Cc}/u.test(name), () => JSON.stringify(name));
    end = at + pages;
  }
  const size = kernelPageBytes(text);
  expectThat(size === undefined || (size >= 0 && !Number.isNaN(size)), () => `pages of ${size} bytes`);
}
