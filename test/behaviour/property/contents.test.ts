/**
 * Random operations of an embedder that has its pages named, with hashes of a few bits, so that many contents have one: two pages get one
 * name only if their bytes are equal, and then they do; what is merged is what a host over the same bytes merges.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createNamer, type PageNamer } from '../../../src/index.ts';
import { checkHost } from '../../support/inside.ts';
import { Embedder, type Operation, PAGES, WAYS } from './embedder.ts';
import { freshHost, freshNamesHost } from './hosts.ts';

const RUNS = Number(process.env.PROPERTY_RUNS ?? 10);
const namer = await createNamer({ seed: 1 });

/** Names of so many bits, that of zeros among those of others. */
function cut(bits: number): PageNamer {
  return { name: (bytes) => namer.name(bytes).map((name) => BigInt.asUintN(bits, name)) };
}

const guest = fc.nat({ max: 5 });
const page = fc.nat({ max: PAGES - 1 });
const range = { guest, page, pages: fc.integer({ min: 1, max: PAGES }), says: fc.boolean() };

function operationsWith(ways: readonly (typeof WAYS)[number][]): fc.Arbitrary<Operation[]> {
  const write = { op: fc.constant('write'), guest, page, content: fc.nat({ max: 15 }), way: fc.constantFrom(...ways) };
  const operation = fc.oneof(
    { weight: 24, arbitrary: fc.record(write) },
    { weight: 5, arbitrary: fc.record({ op: fc.constant('scan'), pages: fc.constantFrom(3, 10, 1000) }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constantFrom('flush', 'spawn') }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('zeroPages'), on: fc.boolean() }) },
    { weight: 3, arbitrary: fc.record({ op: fc.constantFrom('exit', 'exec', 'fork'), guest }) },
    { weight: 3, arbitrary: fc.record({ op: fc.constantFrom('munmap', 'remap', 'dontneed'), ...range }) },
  ) as fc.Arbitrary<Operation>;
  return fc.array(operation, { maxLength: 100, size: 'max' });
}

/** Contents that had to be called otherwise, in all runs of a width. */
const renamed = new Map<number, number>();

test.each([1, 4, 16])('hashes of %i bits: equal names are equal bytes, and all that is equal is merged', (bits) => {
  fc.assert(
    fc.property(operationsWith(WAYS), (operations) => {
      const names = freshNamesHost();
      const embedder = new Embedder(names, freshHost('hash'), cut(bits));
      for (const operation of operations) {
        embedder.play(operation);
        renamed.set(bits, (renamed.get(bits) ?? 0) + embedder.contents.usage.renamed);
      }
      embedder.settle();
      embedder.expectSame();
      checkHost(names);
    }),
    { numRuns: RUNS },
  );
  if (bits < 16) expect(renamed.get(bits)).toBeGreaterThan(0);
});

test('hashes of 64 bits: every counter is that of a host over bytes, after every operation that scans', () => {
  fc.assert(
    fc.property(operationsWith(WAYS.filter((way) => way !== 'begun')), (operations) => {
      const embedder = new Embedder(freshNamesHost(), freshHost('hash'), namer);
      for (const operation of operations) {
        embedder.play(operation);
        if (operation.op === 'scan') embedder.expectIdentical();
      }
    }),
    { numRuns: RUNS },
  );
});

const write = (page: number, content: number): Operation => ({ op: 'write', guest: 0, page, content, way: 'after' });
const scan = (pages: number): Operation => ({ op: 'scan', pages });

/** Page 0 is in the unstable tree as content 2, while it becomes zero and then content 6: as bytes are ordered, on either side of it. */
test('a page that changes twice in the unstable tree misleads a host over names as it does one over bytes', () => {
  const embedder = new Embedder(freshNamesHost(), freshHost('hash'), namer);
  const before = [write(3, 2), write(1, 0), { op: 'fork', guest: 0 } as const, write(4, 2), write(0, 2), scan(1000)];
  const during = [write(3, 0), scan(3), write(0, 0), write(5, 0), scan(3), write(0, 6), scan(3)];
  for (const operation of [...before, ...during]) {
    embedder.play(operation);
    if (operation.op === 'scan') embedder.expectIdentical();
  }
});
