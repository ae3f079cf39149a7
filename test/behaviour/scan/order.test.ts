/**
 * Content order over names: contents are ranked as memcmp orders them, and where they cannot be, the engine over bytes scans, and a note
 * says why.
 */
import { expect, test } from 'vitest';
import { loadBinary } from '../../../src/load.ts';
import { Window } from '../../../src/names/index.ts';
import { loadNames } from '../../../src/scan/load.ts';
import { NameList } from '../../../src/scan/names.ts';
import { Naming } from '../../../src/scan/naming.ts';
import { ContentOrder } from '../../../src/scan/order.ts';
import { Dice } from '../../support/dice.ts';
import { MemorySource, pagesAt } from '../../support/memory-source.ts';
import { findingsOf, reportOf, watch } from '../../support/scanning.ts';
import { contentsOf, pageOf, WORKLOADS } from '../../support/workloads.ts';

const hash = await loadBinary('hash');

/** Pages, two images of them; and a third that has no other contents. */
function images(contents: readonly number[]): MemorySource[] {
  const half = contents.length >> 1;
  return [contents.slice(0, half), contents.slice(half), contents.slice(0, 9)].map(
    (each, at) => new MemorySource(`image ${at}`, () => pagesAt(each, pageOf)),
  );
}

/** What the engine is told of each page, and the page. */
async function told(
  contents: readonly number[],
  copies: number,
  nameBits: number,
): Promise<{ told: bigint; name: bigint; bytes: Uint8Array }[]> {
  const sources = images(contents);
  const naming = new Naming(new Window(hash, { seed: 5n, nameBits }), new ContentOrder());
  const lists = sources.map(() => new NameList());
  const sink = { add: (of: number, page: number, names: BigUint64Array) => lists[of]?.add(page, names) };
  await loadNames(sources, naming.window, sink, undefined, watch(), naming.order);
  await naming.order?.rank(sources, naming, copies, watch());
  const names = lists.flatMap((list) => [...list.drain()].flatMap((block) => [...block.names]));
  const tells = naming.tell(BigUint64Array.from(names));
  return names.map((name, at) => {
    expect(naming.nameOf(tells[at] as bigint)).toBe(name);
    const content = [...contents, ...contents.slice(0, 9)][at] as number;
    return { told: tells[at] as bigint, name, bytes: pageOf(content) };
  });
}

test.each(WORKLOADS)('what the engine is told is ordered as memcmp orders the pages: %s', async (workload) => {
  const pages = await told(contentsOf(workload, 600, new Dice(workload)), 400, 64);
  const sorted = pages.toSorted((a, b) => Buffer.compare(a.bytes, b.bytes));
  for (const [at, { told, name, bytes }] of sorted.entries()) {
    const before = sorted[at - 1];
    expect(told & 0xffff_ffffn).toBe(name & 0xffff_ffffn);
    if (before === undefined) continue;
    const order = Buffer.compare(before.bytes, bytes);
    expect(order === 0 ? told === before.told : told > before.told).toBe(true);
  }
});

test('contents of all kinds of beginnings are compared, few at a time', async () => {
  const contents = Array.from({ length: 300 }, (_, page) => page);
  const roomy = await told(contents, 1000, 64);
  // A quarter of all begin with four zeros.
  const tight = await told(contents, 80, 64);
  expect(tight).toEqual(roomy);
});

test('a content that two share with a name of few bits is put in order after the name is given up', async () => {
  const contents = contentsOf('linux', 300, new Dice('order'));
  const [few, bytes] = [
    await reportOf(images(contents), { index: 'content', nameBits: 4 }),
    await reportOf(images(contents), { index: 'content', engine: 'bytes' }),
  ];
  expect(few.engine).toBe('names');
  expect(few.verification.repaired).toBeGreaterThan(0);
  expect(findingsOf(few)).toEqual(findingsOf(bytes));
});

const alike = [3, 19, 35, 51, 67, 3];
const hand = images([...alike, ...alike]);
const cases: readonly [why: string, sources: readonly MemorySource[], copyBytes: number, note: string][] = [
  ['too few copies', hand, 3 * 4096, '5 contents begin alike, and there is memory to compare 3'],
  [
    'a process',
    [...hand, new MemorySource('pid 1', () => new Map(), { kind: 'process' })],
    2 ** 20,
    'pid 1 is no image',
  ],
  [
    'a pipe',
    [...hand, new MemorySource('pipe', () => new Map(), { isRepeatable: false })],
    2 ** 20,
    'pipe is no image',
  ],
  ['an image that changes', [changing(3)], 2 ** 20, 'the images changed while they were read'],
  ['an image that is gone', [changing(undefined)], 2 ** 20, 'the images changed while they were read'],
];

/** Pages that begin alike, of which some are different in all later readings but the one by the engine over bytes, which is the third. */
function changing(other: number | undefined): MemorySource {
  const later = alike.map((content) => (content === 3 ? content : other));
  return new MemorySource('it', (reading) => pagesAt(reading === 1 ? later : alike, pageOf));
}

test.each(cases)('the engine over bytes is taken for want of %s', async (_, sources, copyBytes, note) => {
  const report = await reportOf(sources, { index: 'content', copyBytes });
  expect(report.engine).toBe('bytes');
  expect(report.notes).toEqual([expect.stringContaining(note)]);
  expect(report.notes[0]).toMatch(/^Content order, with all pages in the engine's memory: .*[^.]\.$/);
  expect(report.sysfs).toMatchObject({ pages_volatile: 0 });
  expect(report.sysfs.pages_sharing).toBeGreaterThan(0);
});
