/**
 * Where all pages of a pagemap are: in the dump itself, or in one that it builds on, or in one that that one builds on.
 *
 * Each dump names the one before by a link. Of what one has not, the one before is asked: in one walk over both, by address.
 */
import { existsSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { damaged, refused } from '../bytes/fields.ts';
import { FileBytes } from '../bytes/file-bytes.ts';
import { type Cut, cutTo } from '../cut.ts';
import { pathFailure } from '../failure.ts';
import type { Piece } from '../pieces.ts';
import { PAGE_BYTES } from '../source.ts';
import { type Run, readPagemap } from './pagemap.ts';

const PARENT = 'parent';
/** Page numbers have 52 bits. */
const ALL: readonly Stretch[] = [{ first: 0, end: 2 ** 52 }];

/** What one dump has of the pages. */
export interface Layer extends Cut {
  readonly file: FileBytes;
}

export interface Collected {
  readonly layers: readonly Layer[];
  /** Pages that no dump was to have. */
  readonly nowhere: number;
  /** Pages that a dump should have, and has not. */
  readonly lost: number;
}

/** Consecutive pages, by number. */
interface Stretch {
  readonly first: number;
  readonly end: number;
}

export function collect(directory: string, pagemap: string): Collected {
  const layers: Layer[] = [];
  const visited = new Set<string>();
  let [at, wanted, nowhere, lost] = [directory, ALL, 0, 0];
  for (;;) {
    const path = join(at, pagemap);
    if (layers.length > 0 && !existsSync(path)) break;
    const source = fileAt(path);
    if (visited.size === visited.add(realpathSync(at)).size) throw damaged(source, 'it builds on itself');
    const { id, runs } = readPagemap(source);
    const found = search(wanted, disjoint(runs));
    nowhere += found.nowhere;
    lost += found.lost;
    const pages = `pages-${id}.img`;
    if (!existsSync(join(at, pages)))
      throw damaged(source, `its pages should be in ${pages} beside it, which is not there`);
    const file = fileAt(join(at, pages));
    layers.push({ file, ...cutTo(file, found.here) });
    wanted = found.parent;
    if (wanted.length === 0) break;
    const parent = join(at, PARENT);
    if (!existsSync(parent)) {
      throw refused(
        source,
        'builds on another dump that is not there',
        `put that one where the link "${PARENT}" beside it points to`,
      );
    }
    at = parent;
  }
  // Whatever is wanted still, the last dump knows nothing of it.
  return { layers, nowhere, lost: lost + wanted.reduce((total, { first, end }) => total + end - first, 0) };
}

function fileAt(path: string): FileBytes {
  try {
    return new FileBytes({ path, size: statSync(path).size });
  } catch (error) {
    throw pathFailure(error, path);
  }
}

interface Placed extends Stretch {
  readonly run: Run;
}

/** By address, with each page once. */
function disjoint(runs: readonly Run[]): Placed[] {
  const placed = runs.map((run) => {
    const first = Number(run.address / BigInt(PAGE_BYTES));
    return { first, end: first + run.pages, run };
  });
  placed.sort((a, b) => a.first - b.first);
  let reached = 0;
  return placed.flatMap(({ first, end, run }) => {
    const from = Math.max(first, reached);
    reached = Math.max(reached, end);
    return end > from ? [{ first: from, end, run }] : [];
  });
}

interface Found {
  readonly here: Piece[];
  /** Of these the dump before is to be asked. */
  readonly parent: Stretch[];
  /** Pages. */
  readonly nowhere: number;
  readonly lost: number;
}

/** What there is of the wanted pages. Both lists: by address, not overlapping. */
function search(wanted: readonly Stretch[], runs: readonly Placed[]): Found {
  const [here, parent]: [Piece[], Stretch[]] = [[], []];
  let [index, nowhere, found] = [0, 0, 0];
  for (const each of wanted) {
    let reached = each.first;
    while (index < runs.length) {
      const { first, end, run } = runs[index] as Placed;
      const [from, to] = [Math.max(reached, first), Math.min(each.end, end)];
      if (from < to) {
        reached = to;
        found += to - from;
        if (run.where === 'parent') parent.push({ first: from, end: to });
        else if (run.where === 'nowhere') nowhere += to - from;
        else here.push(pieceOf(run, from, to));
      }
      if (end > each.end) break;
      index++;
    }
  }
  // What a dump should have by the one that builds on it, and does not name.
  const lost = wanted === ALL ? 0 : wanted.reduce((total, { first, end }) => total + end - first, -found);
  return { here, parent, nowhere, lost };
}

function pieceOf({ address, offset }: Run, from: number, to: number): Piece {
  const skipped = (from - Number(address / BigInt(PAGE_BYTES))) * PAGE_BYTES;
  return {
    address: BigInt(from) * BigInt(PAGE_BYTES),
    offset: offset + skipped,
    bytes: (to - from) * PAGE_BYTES,
    label: '',
  };
}
