/**
 * The saving that `ksm scan` reports equals an independent count: all pages, sorted by content, and for each content the closed form
 * of how many frames Linux keeps of K equal pages under max_page_sharing = M (a left-over page of its own stays unshared).
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ScanReport } from '../../../src/report/index.ts';
import { Dice } from '../../support/dice.ts';
import { PAGE } from '../../support/page.ts';
import { ksm } from '../../support/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'ksm-saving-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Saving {
  readonly pages_shared: number;
  readonly pages_sharing: number;
  readonly pages_unshared: number;
}

/** What KSM makes of these pages when they have all been seen twice. */
function savingOf(pages: Iterable<Uint8Array>, maxPageSharing: number): Saving & { pages: number } {
  const copies = new Map<string, number>();
  let all = 0;
  for (const page of pages) {
    const content = Buffer.from(page).toString('latin1');
    copies.set(content, (copies.get(content) ?? 0) + 1);
    all++;
  }
  let [shared, sharing, unshared] = [0, 0, 0];
  for (const count of copies.values()) {
    const rest = count % maxPageSharing;
    const frames = Math.floor(count / maxPageSharing) + (rest >= 2 ? 1 : 0);
    const alone = rest === 1 ? 1 : 0;
    shared += frames;
    sharing += count - frames - alone;
    unshared += alone;
  }
  return { pages: all, pages_shared: shared, pages_sharing: sharing, pages_unshared: unshared };
}

function* pagesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PAGE) yield bytes.subarray(at, at + PAGE);
}

async function scanned(words: readonly string[]): Promise<Saving & { pages: number; saved_bytes: number }> {
  const { code, stdout, stderr } = await ksm(['scan', '--json', '--quiet', ...words]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { pages, saved_bytes, sysfs }: ScanReport = JSON.parse(stdout);
  const { pages_shared, pages_sharing, pages_unshared } = sysfs;
  return { pages, saved_bytes, pages_shared, pages_sharing, pages_unshared };
}

/** An image of `pages` pages of few and many copies, drawn from a seed. */
function image(name: string, pages: number, seed: number): { path: string; bytes: Uint8Array } {
  const words = new Uint32Array((pages * PAGE) / 4);
  const dice = new Dice(seed);
  for (let page = 0; page < pages; page++) {
    const kind = dice.below(8);
    const content =
      kind < 2 ? 0 : kind < 4 ? dice.between(1, 3) : kind < 6 ? dice.between(10, 509) : 1000 + dice.below(2 ** 29);
    if (content !== 0) words.fill(Math.imul(content, 0x9e3779b1) | 1, (page * PAGE) / 4 + 7, ((page + 1) * PAGE) / 4);
  }
  const bytes = new Uint8Array(words.buffer);
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return { path, bytes };
}

const images = [image('a.raw', 3000, 11), image('b.raw', 2000, 12), image('c.raw', 1500, 11)];

describe.each(['hash', 'content'])('images, %s order', (index) => {
  it.each([256, 2, 17])('max_page_sharing %i', async (limit) => {
    const expected = savingOf(
      images.flatMap(({ bytes }) => [...pagesOf(bytes)]),
      limit,
    );
    const words = ['--index', index, '--set', `max_page_sharing=${limit}`, ...images.map(({ path }) => path)];
    expect(await scanned(words)).toEqual({ ...expected, saved_bytes: expected.pages_sharing * PAGE });
  });
});

if (process.platform === 'linux') {
  it('the four processes of its own, held still', async () => {
    const dist = new URL('../../../dist/src/image/index.js', import.meta.url).href;
    const { openProcess, startDemo }: typeof import('../../../src/image/index.ts') = await import(dist);
    await using demo = await startDemo();
    for (const pid of demo.pids) process.kill(pid, 'SIGSTOP');
    const pages: Uint8Array[] = [];
    for (const pid of demo.pids) {
      for await (const { bytes } of (await openProcess(pid)).read()) pages.push(...pagesOf(new Uint8Array(bytes)));
    }
    const expected = savingOf(pages, 256);
    const found = await scanned(demo.pids.flatMap((pid) => ['--pid', String(pid)]));
    expect(found).toEqual({ ...expected, saved_bytes: expected.pages_sharing * PAGE });
    expect(found.pages_sharing).toBeGreaterThan(1000);
  });
}
