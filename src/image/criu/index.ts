/**
 * Dumps of CRIU: a directory, with a pagemap for each process and for each piece of shared memory, and files of pages.
 *
 * Whichever pagemap is opened, the directory around it is meant. Each pagemap becomes an address space.
 */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { refused } from '../bytes/fields.ts';
import { FileBytes } from '../bytes/file-bytes.ts';
import { count, pathFailure } from '../failure.ts';
import type { ImageFormat, Missing, PageSpace } from '../format.ts';
import { pieced } from '../pieces.ts';
import { Joined } from './joined.ts';
import { collect } from './layers.ts';
import { MAGIC } from './pagemap.ts';

const PAGEMAP = /^pagemap-(shmem-)?([0-9]+)\.img$/;

export const criu: ImageFormat = {
  name: 'criu',
  title: 'CRIU dump',
  matches: (head) => MAGIC.every((byte, at) => head[at] === byte),
  open: (bytes) => {
    if (!(bytes instanceof FileBytes)) {
      throw refused(bytes, 'is a pagemap of CRIU without its files of pages', 'give the directory of the dump');
    }
    const directory = dirname(bytes.data.path);
    return pagemapsOf(directory).map((name) => spaceOf(directory, name));
  },
};

/** A pagemap of a directory, by which the dump in it is opened; undefined if it has none. */
export function pagemapIn(directory: string): string | undefined {
  const [first] = pagemapsOf(directory);
  return first === undefined ? undefined : join(directory, first);
}

/** Processes first, each kind by number. */
function pagemapsOf(directory: string): string[] {
  try {
    const found = readdirSync(directory).filter((name) => PAGEMAP.test(name));
    return found.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  } catch (error) {
    throw pathFailure(error, directory);
  }
}

function spaceOf(directory: string, pagemap: string): PageSpace {
  const [, shared, number] = PAGEMAP.exec(pagemap) ?? [];
  const { layers, nowhere, lost } = collect(directory, pagemap);
  const missing: Missing[] = [...layers.flatMap((layer) => layer.missing)];
  const notes = layers.flatMap((layer) => layer.notes);
  if (nowhere > 0) {
    missing.push({ reason: 'not dumped', pages: nowhere });
    notes.push(`Left out: ${count(nowhere, 'page')} that the process was to fetch when it needs them (lazy pages).`);
  }
  if (lost > 0) {
    missing.push({ reason: 'truncated', pages: lost });
    notes.push(
      `Truncated: the dump that this one builds on has not ${count(lost, 'page')} that it should have: all figures are too low.`,
    );
  }
  const joined = new Joined(
    join(directory, pagemap),
    layers.map((layer) => layer.file),
  );
  const pieces = layers.flatMap((layer, index) => {
    return layer.pieces.map((piece) => ({ ...piece, offset: piece.offset + joined.startOf(index) }));
  });
  return pieced(joined, pieces, { name: `${shared === undefined ? 'pid' : 'shmem'} ${number}`, missing, notes });
}
