/** What the images of a report were read as: who expected something else should know. */
import { plural } from '../format.ts';
import { printable } from '../printable.ts';
import type { SourceReport } from './types.ts';

/** More images than these are counted. */
const NAMES = 3;
/** Characters of a name. */
const LONGEST = 40;

/** "Read as raw pages: a.img, b.img. Read as ELF core: c.core.", without names if all are alike; nothing if there are no images. */
export function readAs(sources: readonly SourceReport[]): string {
  const byTitle = new Map<string, string[]>();
  for (const { name, read_as } of sources) {
    if (read_as !== undefined) byTitle.set(read_as, [...(byTitle.get(read_as) ?? []), shortened(name)]);
  }
  if (byTitle.size === 1) return `Read as ${[...byTitle.keys()].join('')}.`;
  return [...byTitle].map(([title, names]) => `Read as ${title}: ${listed(names)}.`).join(' ');
}

function listed(names: readonly string[]): string {
  if (names.length <= NAMES) return names.join(', ');
  return `${names.slice(0, NAMES - 1).join(', ')} and ${plural(names.length - NAMES + 1, 'more image')}`;
}

/** The folder is in the table. */
function shortened(path: string): string {
  const characters = [...printable(path.slice(path.lastIndexOf('/') + 1))];
  return characters.length <= LONGEST ? characters.join('') : `…${characters.slice(1 - LONGEST).join('')}`;
}
