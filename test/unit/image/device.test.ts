/** The size of what is read and does not say it. A file stands for the disk: its size is known. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { sizeByReading } from '../../../src/image/device.ts';

const folder = mkdtempSync(join(tmpdir(), 'ksm-device-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('is found to the byte', () => {
  const path = join(folder, 'disk');
  writeFileSync(path, '');
  const near = fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: -2, max: 2 }));
  const size = fc.oneof(
    fc.nat({ max: 2 ** 41 }),
    near.map(([bits, more]) => Math.max(0, 2 ** bits + more)),
  );
  fc.assert(
    fc.property(size, (bytes) => {
      truncateSync(path, bytes);
      expect(sizeByReading(path)).toBe(bytes);
    }),
  );
});
