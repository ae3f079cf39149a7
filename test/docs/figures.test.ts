/**
 * Figures in documents are those of the build and of the repository. Each is looked for in the sentence that gives it, so a sentence that
 * changes has to be found again here; what is counted is counted from what is there.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import * as layout from '../../assembly/layout/index.ts';
import { createHost } from '../../src/index.ts';
import { COUNTERS } from '../../src/ksm/index.ts';
import { LATER } from '../recordings/golden2/later.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

const WORDS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'];

/** As documents write numbers: 3,705. */
const written = (value: number): string => value.toLocaleString('en-US');

/** Names of the traces in a folder of test/recordings, and how many operations they have. */
function traces(
  folder: string,
  left: (name: string) => boolean = () => false,
): { names: string[]; operations: number } {
  const END = '.trace.jsonl';
  const names = readdirSync(join(ROOT, 'test/recordings', folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(END))
    .map((file) => file.replaceAll('\\', '/').slice(0, -END.length))
    .filter((name) => !left(name));
  // The first line is a head.
  const lengths = names.map((name) => read(`test/recordings/${folder}/${name}${END}`).trim().split('\n').length - 1);
  return { names, operations: lengths.reduce((sum, length) => sum + length, 0) };
}

const golden = traces('golden');
const followed = traces('golden2', (name) => name in LATER);
const families = new Set(golden.names.map((name) => basename(name).replace(/-\d+$/, '')));
const models = readdirSync(join(ROOT, 'test/concurrency/protocol')).filter((name) => {
  // A part that others include has no processes to start.
  return name.endsWith('.pml') && /\binit\b|\bactive\b/.test(read(`test/concurrency/protocol/${name}`));
});
const runtimes: Record<string, string> = JSON.parse(
  read('test/platforms/package/runtimes/package.json'),
).optionalDependencies;
const minor = (name: string): string => (runtimes[name] ?? '').split('.').slice(0, 2).join('.');
const runs = (file: string, pattern: RegExp): string => pattern.exec(read(file))?.[1] ?? 'nothing';
const usual = runs('test/behaviour/property/engine.test.ts', /PROPERTY_RUNS \?\? (\d+)/);
const many = runs('test/all.mjs', /PROPERTY_RUNS: '(\d+)'/);

/** Bytes that the regions which follow a region take for each of its records, by what they grow by. */
function bytesPerRecord(region: number): number {
  const MANY = 2 ** 20;
  let bytes = 0;
  for (let other = 0; other < layout.REGION_COUNT; other++) {
    if (other === region || layout.regionFollows(other) !== region) continue;
    const records = (layout.regionRecords(other, MANY) - layout.regionRecords(other, 0)) / MANY;
    bytes += records * (layout.regionBytes(other) + bytesPerRecord(other));
  }
  return bytes;
}

/** A document, a sentence with a place for each figure, and the figures. */
const FIGURES: readonly (readonly [document: string, sentence: string, ...figures: string[]])[] = [
  ['README.md', '**# recordings of a real kernel.**', `${golden.names.length}`],
  ['README.md', 'after each of their # operations', written(golden.operations)],
  ['README.md', 'Bun # and Deno #, with threads', minor('@oven/bun-linux-x64'), minor('@deno/linux-x64-glibc')],
  ['ARCHITECTURE.md', '| `recordings/golden.test.ts` | # recordings', `${golden.names.length}`],
  ['ARCHITECTURE.md', 'a window of up to # pages (#', `${layout.WINDOW_PAGES}`, `${layout.WINDOW_PAGES_MAX}`],
  ['ARCHITECTURE.md', '| Windows of # pages |', `${layout.WINDOW_PAGES}`],
  ['ARCHITECTURE.md', 'claims chunks of # pages', `${layout.JOB_CHUNK_PAGES}`],
  ['ARCHITECTURE.md', 'A *large folio* is # aligned frames', `${layout.FOLIO_FRAMES}`],
  ['ARCHITECTURE.md', 'A leaf of # pages', `${layout.TABLE_ENTRIES}`],
  ['ARCHITECTURE.md', 'So a scanned page costs # bytes and a bit.', `${layout.ITEM_BYTES + 8}`],
  ['CONTRIBUTING.md', 'more random traces than usual (# a test)', usual],
  ['CONTRIBUTING.md', '# traces in each property test instead of #;', many, usual],
  [
    'docs/embedding.md',
    'Metadata takes about # bytes for each of `pages` and # for each frame.',
    `${layout.ITEM_BYTES + 8}`,
    `${Math.round(bytesPerRecord(layout.REGION_FRAMES))}`,
  ],
  ['docs/embedding.md', '`LAYOUT_VERSION`, now #:', `${layout.LAYOUT_VERSION}`],
  [
    'docs/fidelity.md',
    '(`test/recordings/golden`) | # traces, # operations',
    `${golden.names.length}`,
    written(golden.operations),
  ],
  [
    'docs/fidelity.md',
    '(`test/recordings/golden2`) | # traces, # operations',
    `${followed.names.length}`,
    `${followed.operations}`,
  ],
  ['docs/fidelity.md', 'must reproduce all # recordings itself', `${golden.names.length}`],
  ['docs/fidelity.md', 'The golden traces are of # families', WORDS[families.size] ?? ''],
  ['docs/fidelity.md', '(`test/support/model/linux.ts`) | # a test', usual],
  ['docs/fidelity.md', 'all # counters of `/sys/kernel/mm/ksm`', WORDS[COUNTERS.length] ?? ''],
  ['docs/protocol.md', 'has # models in Promela', WORDS[models.length] ?? ''],
];

test.each(FIGURES)('%s: %s', (document, sentence, ...figures) => {
  const parts = sentence.split('#').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(' ', '\\s+'));
  const found = [...read(document).matchAll(new RegExp(parts.join('([\\w.,]*\\w)'), 'g'))];
  expect(found.map((match) => match.slice(1))).toEqual([figures]);
});

test('docs/assemblyscript.md knows how large the engine is, within a twentieth', () => {
  const [, said] = /The release binary has about (\d+) KB\./.exec(read('docs/assemblyscript.md')) ?? [];
  const bytes = statSync(join(ROOT, 'build/engine.wasm')).size;
  expect(Math.abs(Number(said) * 1000 - bytes) / bytes, `it has ${bytes} bytes`).toBeLessThan(0.05);
});

test.each([{}, { index: 'content' }, { page: 'names' }, { nodes: 2 }] as const)(
  'docs/embedding.md knows the least memory of a host, to a MiB, with the defaults and %j',
  async (options) => {
    const [, said = ''] = /(\d+) MiB of `memory` are the least/.exec(read('docs/embedding.md')) ?? [];
    const host = await createHost({ ...options, memory: `${said}M` });
    expect(host.limits).toMatchObject({ processes: 256, vmas: 1024 });
    expect(host.limits.frames).toBeGreaterThan(8);
    await expect(createHost({ ...options, memory: `${Number(said) - 1}M` })).rejects.toThrow('has no room');
  },
);

test('ARCHITECTURE.md draws every region, in the order in which they lie', () => {
  const [, drawn = ''] = /```text\n0 {8}1024[^\n]*\n([\s\S]*?)```/.exec(read('ARCHITECTURE.md')) ?? [];
  const names = drawn.split(/[|\n]/).map((cell) => cell.trim().replace('tree roots', 'roots'));
  const regions = Array.from({ length: layout.REGION_COUNT }, (_, region) => layout.regionName(region));
  expect(names.filter((name) => regions.includes(name))).toEqual(regions);
});
