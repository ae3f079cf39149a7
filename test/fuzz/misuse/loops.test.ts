/** The loops that the documents show end where there is nothing to merge, and say so. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createHost } from '../../../src/index.ts';

const SMALL = { memory: '4M', pages: 1024, processes: 8, vmas: 64, seed: 1 } as const;

test.each(['content', 'hash'] as const)('scan says when it is idle, and only then (%s order)', async (index) => {
  const host = await createHost({ ...SMALL, index });
  host.ksm.settings.run = 1;
  expect(host.ksm.scan(100)).toEqual({ pages_scanned: 0, passEnded: false, idle: true });
  const space = host.spawn();
  space.mmap(0, 4096);
  expect(host.ksm.scan(100).idle).toBe(true);
  space.madvise(0, 4096, 'MERGEABLE');
  expect(host.ksm.scan(100).idle).toBeUndefined();
  space.exit();
  host.ksm.scan(100);
  expect(host.ksm.scan(100).idle).toBe(true);
});

const DOCUMENTS = [
  'README.md',
  'docs/embedding.md',
  'docs/fidelity.md',
  'docs/command-line.md',
  'examples/simulator-loop.js',
  'examples/emulator.js',
];
/** A loop, up to the end of its line, or of the block that it begins. */
const LOOPS = /^( *)(?:while|for) \(.*(?:\{\n[\s\S]*?^\1\}|;$)/gm;

/** The loops over batches of a document that wait for the end of a pass. */
function loops(file: string): string[] {
  const text = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
  return [...text.matchAll(LOOPS)]
    .map(([loop]) => loop)
    .filter((loop) => /\bscan\(/.test(loop) && /passEnded|full_scans/.test(loop));
}

describe('every documented loop that waits for the end of a pass ends on a host without mergeable memory', () => {
  test.each(DOCUMENTS.flatMap((file) => loops(file).map((loop) => [file, loop] as const)))(
    '%s: %s',
    async (_file, loop) => {
      const host = await createHost(SMALL);
      host.ksm.settings.run = 1;
      let batches = 0;
      const counted = {
        ksm: {
          counters: () => host.ksm.counters(),
          scan: (pages: number, options: object) => {
            if (++batches > 100) throw new Error('it does not end');
            return host.ksm.scan(pages, options);
          },
        },
      };
      new Function('host', loop)(counted);
      expect(batches).toBeGreaterThan(0);
    },
  );

  test('there are some', () => {
    expect(DOCUMENTS.flatMap(loops).length).toBeGreaterThanOrEqual(3);
  });
});

test('the documented ones end on a host without mergeable memory', async () => {
  const host = await createHost(SMALL);
  host.ksm.settings.run = 1;
  while (host.ksm.counters().full_scans < 2 && !host.ksm.scan(100).idle);
  for (let batch = host.ksm.scan(100); !batch.passEnded && !batch.idle; ) batch = host.ksm.scan(100);
  expect(host.ksm.scan(100).idle).toBe(true);
});
