/**
 * Pages that helpers have compared ahead of their turns (assembly/scan/meet.ts) merge as those that nobody has: the same frames, counters
 * and groups with any number of threads, and each page reads as it was written. In the engine with assertions each comparison that is
 * spared is made all the same.
 *
 * Threads are started from the built files, as in scanners.test.ts.
 */
import { describe, expect, test } from 'vitest';
import { createHost as createAlone, type Host, type HostOptions } from '../../../src/index.ts';
import { Dice } from '../../support/dice.ts';
import { engineOf } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';

const dist = new URL('../../../dist/src/', import.meta.url);
const { createHost } = (await import(new URL('index.js', dist).href)) as typeof import('../../../src/index.ts');

/** Several windows with help and a rest; so many that what one window merges is met by the next. */
const PAGES = 5000;
const SEED = 7;

interface Case {
  /** How often each content is there. */
  readonly copies: number;
  readonly max_page_sharing?: number;
  /** Some pages are pinned: their merges are undone with copies. */
  readonly isPinned?: true;
  /** Pages are written between passes. */
  readonly isWritten?: true;
  /** Only two contents, of the same checksum. */
  readonly collides?: true;
}

const CASES: Record<string, Case> = {
  pairs: { copies: 2 },
  'sixteen of each': { copies: 16 },
  'chains of full frames': { copies: 40, max_page_sharing: 3 },
  'one content': { copies: PAGES, max_page_sharing: 64 },
  'some pages pinned': { copies: 8, isPinned: true },
  'writes between passes': { copies: 8, isWritten: true },
  'two contents of one checksum': { copies: PAGES / 2, max_page_sharing: 8, isPinned: true, collides: true },
};

/** A page of zeros but for its last word, so that a comparison has to read all of it. */
function pageOf(content: number): Uint8Array {
  const words = new Uint32Array(PAGE / 4);
  words[PAGE / 4 - 1] = content;
  return new Uint8Array(words.buffer);
}

/** Two contents whose pages have the same checksum under SEED: of so many there are some, as of people with one birthday. */
async function collision(): Promise<[number, number]> {
  using host = await createAlone({ memory: '16M', seed: SEED });
  const space = host.spawn();
  space.mmap(0, PAGE);
  const seen = new Map<number, number>();
  for (let content = 1; ; content++) {
    space.write(PAGE - 4, Uint8Array.of(content, content >>> 8, content >>> 16, content >>> 24));
    const checksum = engineOf(host).call.pageChecksum(space.frameOf(0) as number);
    const other = seen.get(checksum);
    if (other !== undefined) return [other, content];
    seen.set(checksum, content);
  }
}

interface Outcome {
  readonly counters: { readonly cow_ksm: number; readonly pages_sharing: number };
  readonly frames: readonly number[];
}

/** Three passes over one process; what there is after each. */
async function passes(contents: Case, names: readonly number[], options: HostOptions): Promise<Outcome[]> {
  const host: Host = await createHost({ memory: '48M', pages: 2 * PAGES, seed: SEED, ...options });
  const dice = new Dice(3);
  const space = host.spawn();
  const written: number[] = [];
  const write = (at: number, content: number): void => {
    written[at] = content;
    space.write(at * PAGE, pageOf(content));
  };
  const any = (): number => names[dice.below(names.length)] as number;
  space.mmap(0, PAGES * PAGE);
  space.madvise(0, PAGES * PAGE, 'MERGEABLE');
  for (let at = 0; at < PAGES; at++) write(at, any());
  if (contents.isPinned) for (let count = 0; count < 400; count++) space.pin(dice.below(PAGES) * PAGE);
  Object.assign(host.ksm.settings, { max_page_sharing: contents.max_page_sharing ?? 256, smart_scan: false, run: 1 });
  const outcomes: Outcome[] = [];
  for (let pass = 0; pass < 3; pass++) {
    while (!host.ksm.scan(5000, { now: pass }).passEnded);
    await host.check();
    const frames = [...space.resident()].map(({ frame }) => frame as number);
    outcomes.push({ counters: { ...host.ksm.counters(), ...host.vmstat() }, frames });
    if (contents.isWritten) for (let count = 0; count < 1000; count++) write(dice.below(PAGES), any());
  }
  for (const [at, content] of written.entries()) {
    if (Buffer.compare(space.read(at * PAGE, PAGE), pageOf(content)) !== 0)
      throw new Error(`page ${at} is not as it was written`);
  }
  await host.scanners.stop();
  host[Symbol.dispose]();
  return outcomes;
}

describe.each(Object.entries(CASES))('%s', (_name, contents) => {
  test('three threads do what one does, and what was compared ahead is equal', async () => {
    const names = contents.collides
      ? await collision()
      : Array.from({ length: Math.ceil(PAGES / contents.copies) }, (_, index) => 1 + index);
    const alone = await passes(contents, names, {});
    expect(alone[1]?.counters.pages_sharing).toBeGreaterThan(0);
    if (contents.isPinned) expect(alone[1]?.counters.cow_ksm).toBeGreaterThan(0);
    expect(await passes(contents, names, { scanners: 3, debug: true })).toEqual(alone);
    expect(await passes(contents, names, { scanners: 2 })).toEqual(alone);
  });
});
