/**
 * Names that stand for several contents are given up: each page that has one is read again and gets one of the next level. Also pages that
 * are not merged: those of their content that are would have another name than they.
 */
import { endOf, type PageRun } from '../image/index.ts';
import { readAgain } from './chunks.ts';
import type { Naming } from './naming.ts';
import type { Placed } from './placed.ts';
import type { Watch } from './watch.ts';

/**
 * By source and index: new names for the pages that have one of `names`. Pages that cannot be read again, or have changed, keep theirs:
 * which of the contents they were nobody can tell.
 */
export async function rename(
  placed: readonly Placed[],
  names: ReadonlySet<bigint>,
  naming: Naming,
  watch: Watch,
): Promise<Map<number, bigint>[]> {
  const renamed = placed.map(() => new Map<number, bigint>());
  for (const [at, from] of placed.entries()) {
    if (from.repeatable === 0) continue;
    const runs = runsOf(from, names);
    await readAgain(from.source, naming.window, { signal: watch.signal, runs }, async (page, count) => {
      const first = from.pages.indexOf(page) ?? 0;
      for (let i = 0; i < count; i++) {
        const level = naming.levelOf(i, from.nameAt(first + i));
        if (level === undefined) continue;
        const name = naming.window.name(i, 1, level + 1);
        renamed[at]?.set(first + i, name[0] as bigint);
        naming.order?.note(at, page + i, name, naming.window);
      }
      await watch.look(`naming pages of ${from.source.name} anew`, first, from.pages.count);
    });
  }
  return renamed;
}

/** The pages of a source that have one of the names. */
function runsOf(from: Placed, names: ReadonlySet<bigint>): PageRun[] {
  const runs: PageRun[] = [];
  for (const { page, pages, index } of from.pages.pieces(0, from.pages.count)) {
    for (let i = 0; i < pages; i++) if (names.has(from.nameAt(index + i))) addPage(runs, page + i);
  }
  return runs;
}

/** Adds a page to runs; none that they have lies behind it. */
export function addPage(runs: PageRun[], page: number): void {
  const last = runs.at(-1);
  if (last === undefined || endOf(last) < page) runs.push({ page, pages: 1 });
  else if (endOf(last) === page) runs[runs.length - 1] = { ...last, pages: last.pages + 1 };
}
