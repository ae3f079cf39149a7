/** Block devices, which hold what a file holds but do not say in bytes how much that is. */
import { closeSync, openSync, readSync } from 'node:fs';

/** Bytes of what is at `path`, found by reading: there is a byte in front of the end, and none behind it. Errors are the system's. */
export function sizeByReading(path: string): number {
  const fd = openSync(path, 'r');
  const byte = new Uint8Array(1);
  const isThere = (at: number): boolean => readSync(fd, byte, 0, 1, at) === 1;
  try {
    let [least, most] = [0, 1];
    while (isThere(most - 1)) [least, most] = [most, most * 2];
    while (most - least > 1) {
      const middle = least + Math.floor((most - least) / 2);
      if (isThere(middle - 1)) least = middle;
      else most = middle;
    }
    return least;
  } finally {
    closeSync(fd);
  }
}
