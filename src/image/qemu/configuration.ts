/** What a stream says of itself at its beginning: how large the guest's pages are, and capabilities that change how RAM is written. */
import { damaged, refused } from '../bytes/fields.ts';
import type { Cursor } from './cursor.ts';

const CONFIGURATION = 7;
const SUBSECTION = 5;
const UUID_BYTES = 16;
/** Bits of an offset in a page. Older streams do not say: 4 KiB. */
const FEWEST_BITS = 12;
const MOST_BITS = 16;

export interface Configuration {
  readonly pageBytes: number;
  readonly capabilities: ReadonlySet<string>;
}

export function readConfiguration(cursor: Cursor): Configuration {
  const capabilities = new Set<string>();
  let bits = FEWEST_BITS;
  if (cursor.peek() === CONFIGURATION) {
    cursor.skip(1);
    cursor.skip(cursor.u32()); // the machine's name
    while (cursor.peek() === SUBSECTION) {
      cursor.skip(1);
      const name = cursor.text();
      cursor.skip(4); // its version
      if (name === 'configuration/capabilities') {
        for (let left = cursor.u32(); left > 0; left--) capabilities.add(cursor.text());
      } else if (name === 'configuration/target-page-bits') bits = cursor.u32();
      else if (name === 'configuration/uuid') cursor.skip(UUID_BYTES);
      else throw refused(cursor.bytes, `is a stream of QEMU with "${name}"`, 'save it with QEMU 10 or older');
    }
  }
  if (bits < FEWEST_BITS || bits > MOST_BITS) throw damaged(cursor.bytes, `it says that pages have 2^${bits} bytes`);
  return { pageBytes: 2 ** bits, capabilities };
}
