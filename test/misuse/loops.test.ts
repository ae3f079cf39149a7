/** The loops that the documents show end where there is nothing to merge, and say so. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createHost } from '../../src/index.ts';

const SMALL = { memory: '4M', pages: 1024, processes: 8, vmas: 64, seed: 1 } as const;

test.each(['content', 'hash'] as const)('scan says when it is idle, and only then (%s order)', async (index) => {
  const host = await createHost({ ...SMALL, index });
  host.ksm.settings.run = 1;
  expect(host.ksm.scan(100)).toEqual({ pages_scanned: 0, pass_ended: false, idle: true });
  const space = host.spawn();
  space.mmap(0, 4096);
  expect(host.ksm.scan(100).idle).toBe(true);
  space.madvise(0, 4096, 'MERGEABLE');
  expect(host.ksm.scan(100).idle).toBeUndefined();
  space.exit();
  host.ksm.scan(100);
  expect(host.ksm.scan(100).idle).toBe(true);
});

const LOOP = /^ *(?:while|for|do)\b.*\bscan\(.*$|^ *(?:while|for)\b[^\n]*\n(?:[^\n]*\n){0,6}?[^\n]*\bscan\(/gm;

/** The snippets of a document. */
function snippets(file: string): string[] {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  return file.endsWith('.md') ? [...text.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = '']) => code) : [text];
}

describe('every loop over batches in', () => {
  test.each(['README.md', 'docs/embedding.md', 'docs/fidelity.md', 'examples/simulator-loop.js', 'examples/emulator.js'])('%s', (file) => {
    for (const code of snippets(file)) {
      for (const [loop] of code.matchAll(LOOP)) expect(loop, file).toMatch(/\bidle\b|hasWork|ksmd\(/);
    }
  });
});

test('the documented ones end on a host without mergeable memory', async () => {
  const host = await createHost(SMALL);
  host.ksm.settings.run = 1;
  while (host.ksm.counters().full_scans < 2 && !host.ksm.scan(100).idle);
  for (let batch = host.ksm.scan(100); !batch.pass_ended && !batch.idle; ) batch = host.ksm.scan(100);
  expect(host.ksm.hasWork).toBe(false);
});
