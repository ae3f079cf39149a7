/**
 * Figures in documents are those of the build and of the repository. Each is looked for in the sentence that gives it, so a sentence that
 * changes has to be found again here; what is counted is counted from what is there.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import * as layout from '../../assembly/layout/index.ts';
import { EXIT } from '../../src/cli/command.ts';
import { createHost } from '../../src/index.ts';
import { COUNTERS } from '../../src/ksm/index.ts';
import { SAMPLES } from '../../src/ksmd/board.ts';
import { HOST_OPTIONS } from '../../src/machine/index.ts';
import { CHUNK_PAGES } from '../../src/snapshot/format.ts';
import { LATER } from '../recordings/golden2/later.ts';
import { FAULTS } from '../support/seeded/faults.ts';

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
const option = (name: string): string => written(Number(runs('test/all.mjs', new RegExp(`'--${name}', '(\\d+)'`))));
const most = (rule: string): string =>
  runs('biome.json', new RegExp(`"${rule}": \\{ "level": "error", "options": \\{ "maxLines": (\\d+)`));
const later = new Set(Object.values(LATER).map((rule) => rule.split(':')[0]));
const grace = Number(runs('src/engine/engine.ts', /GRACE = (\d+)/));
const trace = (pattern: RegExp): string => runs('src/trace/format.ts', pattern);
const version = (name: string): string =>
  (JSON.parse(read('package.json')).devDependencies[name] ?? '').split('.').slice(0, 2).join('.');
const many = runs('test/all.mjs', /PROPERTY_RUNS: '(\d+)'/);

/** Bytes that the regions which follow a region take for each of its records, by what they grow by. */
function bytesPerRecord(region: number): number {
  const MANY = 2 ** 20;
  let bytes = 0;
  for (let other = 0; other < layout.REGION_COUNT; other++) {
    if (other === region || layout.regionFollows(other) !== region || layout.columnBit(other) !== 0) continue;
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
  ['ARCHITECTURE.md', 'Nothing lies below `HEADER`, which is #:', `${layout.HEADER}`],
  ['ARCHITECTURE.md', '| `ITEMS[e]` | # |', `${layout.ITEM_BYTES}`],
  ['ARCHITECTURE.md', 'and the item keeps its # bytes', `${layout.ITEM_BYTES}`],
  [
    'ARCHITECTURE.md',
    '# bits of number leave # for flags',
    `${32 - layout.PTE_FRAME_SHIFT}`,
    WORDS[layout.PTE_FRAME_SHIFT] ?? '',
  ],
  ['ARCHITECTURE.md', 'A page number has # bits', `${3 * layout.TABLE_BITS}`],
  ['README.md', 'Each process has # GiB of address space', `${layout.MM_PAGES / 2 ** 18}`],
  ['CONTRIBUTING.md', 'more random traces than usual (# a test)', usual],
  [
    'CONTRIBUTING.md',
    'files of at most # lines, functions that fit a screen (# lines), code of # columns, comments of #.',
    most('noExcessiveLinesPerFile'),
    most('noExcessiveLinesPerFunction'),
    runs('biome.json', /"lineWidth": (\d+)/),
    runs('test/unit/structure/tidy.test.ts', /MOST_COLUMNS = (\d+)/),
  ],
  ['CONTRIBUTING.md', '# simulated schedules;', option('schedules')],
  ['CONTRIBUTING.md', '# calls of misuse an order and build', option('calls')],
  ['CONTRIBUTING.md', '# traces in each property test instead of #;', many, usual],
  [
    'docs/embedding.md',
    'Metadata takes about # bytes for each of `pages` and # for each frame.',
    `${layout.ITEM_BYTES + 8}`,
    `${Math.round(bytesPerRecord(layout.REGION_FRAMES))}`,
  ],
  ['docs/embedding.md', '`LAYOUT_VERSION`, now #:', `${layout.LAYOUT_VERSION}`],
  ['docs/embedding.md', 'an address space reaches from 0 to # GiB', `${layout.MM_PAGES / 2 ** 18}`],
  ['docs/embedding.md', 'and up to # threads may take part', `${layout.WORKER_LIMIT}`],
  ['docs/embedding.md', 'A reader that is more than # behind', `${SAMPLES}`],
  ['docs/embedding.md', 'It has # s to come to the end of an access', `${grace / 1000}`],
  ['SECURITY.md', '# numbers, none given twice; # s for a call at hand', `${layout.WORKER_LIMIT}`, `${grace / 1000}`],
  ['docs/protocol.md', 'it gets # looks, a millisecond apart', `${grace}`],
  ['docs/fidelity.md', 'in a window of # pages, inside', `${layout.FAULT_AROUND_PAGES}`],
  ['docs/fidelity.md', 'and # free frames lie in a row', `${layout.FOLIO_FRAMES}`],
  ['docs/fidelity.md', 'Traces of the first # lie in', WORDS[later.size] ?? ''],
  ['docs/snapshot-format.md', 'in ascending order, # in a chunk', `${CHUNK_PAGES}`],
  ['docs/snapshot-format.md', '| chunks of # MiB |', `${CHUNK_PAGES / 256}`],
  ['docs/command-line.md', '| `--scanners N` | threads that scan together, 1 to #; the', `${layout.WORKER_LIMIT}`],
  ['docs/command-line.md', 'is the memory to scan (256; from 1 to #)', runs('src/cli/bench.ts', /MOST_MIB = (\d+)/)],
  [
    'docs/command-line.md',
    'Each figure is the median of # rounds',
    WORDS[Number(runs('src/cli/bench.ts', /ROUNDS = (\d+)/))] ?? '',
  ],
  ['docs/command-line.md', '| # | wrong usage: an unknown option', `${EXIT.usage}`],
  ['docs/command-line.md', '| # | a check failed (`replay --check`) |', `${EXIT.checkFailed}`],
  ['docs/command-line.md', '| # | the reader of stdout left', `${EXIT.unread}`],
  ['docs/trace-format.md', '| pages that one `touch` or `digest` reads | # (1 GiB) |', written(2 ** 18)],
  [
    'docs/trace-format.md',
    'since the recording tells of each after every operation | # |',
    trace(/MAX_LIVING = (\d+)/),
  ],
  ['docs/trace-format.md', 'of the trace; of a value for a file | 64; #; 4095 |', trace(/MAX_NAME = (\d+)/)],
  ['docs/trace-format.md', '| digits of a number | # |', runs('src/trace/json.ts', /MOST_DIGITS = (\d+)/)],
  [
    'docs/trace-format.md',
    'of a recording that is compared | # MiB; # MiB |',
    runs('src/trace/files.ts', /trace: (\d+) \* MIB/),
    runs('src/trace/files.ts', /recording: (\d+) \* MIB/),
  ],
  ['docs/assemblyscript.md', 'What was learnt about AssemblyScript # and', version('assemblyscript')],
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

test('what documents call some seventy faults are seventy and some', () => {
  for (const document of ['ARCHITECTURE.md', 'CONTRIBUTING.md']) expect(read(document)).toMatch(/some seventy/);
  expect(Math.floor(FAULTS.length / 10)).toBe(7);
});

test('assertions are as CONTRIBUTING.md says: where ASC_NO_ASSERT was asked, or in a function that is called so', () => {
  const files = readdirSync(join(ROOT, 'assembly'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const sources = files.map((name) => read(join('assembly', name)));
  expect(sources.flatMap(unguarded)).toEqual([]);
  expect(sources.join('').match(/\bassert\(/g)?.length).toBeGreaterThan(200);
  expect(read('CONTRIBUTING.md')).toContain('`if (!ASC_NO_ASSERT) assert(');
});

/** Lines with an assertion, or a call of assertions, that an engine without them would have, too. */
function unguarded(source: string): string[] {
  const rest = source
    .replace(/^( *)if \(!ASC_NO_ASSERT\) \{\n[\s\S]*?^\1\}/gm, '')
    .replace(/^(export )?function expect[\s\S]*?^\}/gm, '');
  const isAsserted = (line: string): boolean => /^(?! \*|\/).*\b(assert|expect(?!Records)[A-Z]\w*)\(/.test(line);
  return rest.split('\n').filter((line) => isAsserted(line) && !line.includes('if (!ASC_NO_ASSERT) '));
}

/** 1 to 2²⁷, 64 KiB to 4 GiB, 1 to 4,194,304. */
function ends(limits: string): [least: number, most: number] | undefined {
  const units: Record<string, number> = { KiB: 2 ** 10, GiB: 2 ** 30 };
  const [, from, fromUnit = '', to, toUnit = ''] =
    /^([\d,]+)(?: (\w+))? to (2²⁷|[\d,]+)(?: (\w+))?$/.exec(limits) ?? [];
  if (from === undefined || to === undefined) return undefined;
  const number = (text: string, unit: string): number =>
    (text === '2²⁷' ? 2 ** 27 : Number(text.replaceAll(',', ''))) * (units[unit] ?? 1);
  return [number(from, fromUnit), number(to, toUnit)];
}

test('docs/embedding.md gives the limits of options that are kept', () => {
  const rows = [...read('docs/embedding.md').matchAll(/^\| `(\w+)` \| .* \| ([^|]*) \|$/gm)];
  const limited = rows.flatMap(([, name = '', limits = '']) => {
    const range = ends(limits.trim());
    return range === undefined ? [] : [{ name: name as keyof typeof HOST_OPTIONS, range }];
  });
  expect(limited.map(({ name }) => name)).toEqual([
    'memory',
    'pages',
    'processes',
    'vmas',
    'nodes',
    'domains',
    'scanners',
  ]);
  for (const { name, range } of limited) {
    for (const end of range) expect(() => HOST_OPTIONS[name](name, end), `${name} ${end}`).not.toThrow();
    for (const beyond of [range[0] - 1, range[1] + 1]) expect(() => HOST_OPTIONS[name](name, beyond)).toThrow();
  }
});

/** The ratios of a row of docs/performance.md: numbers that stand alone or before a bracket. */
function ratios(row: string): number[] {
  const [, cells = ''] =
    new RegExp(`^\\| ${row.replace(/[()]/g, '\\$&')} \\|(.*)$`, 'm').exec(read('docs/performance.md')) ?? [];
  return cells.split('|').flatMap((cell) => (cell.trim() === '' ? [] : [Number(cell.trim().split(' ')[0])]));
}

test('README.md gives the speeds of docs/performance.md', () => {
  const text = read('README.md').replace(/\s+/g, ' ');
  const range = (...rows: string[]): string => {
    const all = rows.flatMap(ratios);
    return `${Math.min(...all).toFixed(2)} to ${Math.max(...all).toFixed(2)}`;
  };
  expect(text).toContain(`a first pass runs at ${range('first, unique')} of the speed`);
  expect(text).toContain(`a pass that finds nothing new at ${range('third, unique')}`);
  expect(text).toContain(`a merging one at ${range('second, 16:1 (merging)', 'second, half (merging)')}`);
  const beside = (row: string): number => ratios(row).at(-1) ?? 0;
  const [first, second, third] = ['first', 'second', 'third'].map((pass) => beside(`${pass}, all unique`));
  expect(text).toContain(
    `that is ${first} times as fast in the first pass, ${second} in the second and ${third} in every later one over pages that ` +
      `differ, ${beside('merging 16:1')} in the merging one and ${beside('settled 16:1')} if everything is merged`,
  );
});

test.each([{}, { index: 'content' }, { page: 'names' }, { nodes: 2 }] as const)(
  'docs/embedding.md knows the least memory of a host, to a MiB, with the defaults and %j',
  async (options) => {
    const [, bytes = '', names = ''] =
      /(\d+) MiB of `memory` are the least, (\d+) if pages are names/.exec(read('docs/embedding.md')) ?? [];
    const said = 'page' in options ? names : bytes;
    const host = await createHost({ ...options, memory: `${said}M` });
    expect(host.limits).toMatchObject({ processes: 256, vmas: 1024 });
    expect(host.limits.frames).toBeGreaterThan(8);
    await expect(createHost({ ...options, memory: `${Number(said) - 1}M` })).rejects.toThrow('has no room');
  },
);

test('ARCHITECTURE.md draws every region but the columns, in the order in which they lie', () => {
  const [, drawn = ''] = /```text\n0 {8}HEADER[^\n]*\n([\s\S]*?)```/.exec(read('ARCHITECTURE.md')) ?? [];
  const names = drawn.split(/[|\n]/).map((cell) => cell.trim().replace('tree roots', 'roots'));
  const all = Array.from({ length: layout.REGION_COUNT }, (_, region) => region);
  const regions = all.filter((region) => layout.columnBit(region) === 0).map(layout.regionName);
  expect(names.filter((name) => regions.includes(name))).toEqual(regions);
});
