/** What the reader of a report should know of how the scan went: whole sentences. */
import { plural } from '../format.ts';
import type { Placed, Scanned } from '../scan/index.ts';

/** Of the reading, of the choice of the engine, and of what could not be compared. */
export function notesOf({ placed, verdict, notes }: Scanned): string[] {
  const read = placed.flatMap(({ source }) => source.notes.map((note) => `${source.name}: ${note}`));
  return [...read, ...notes, ...(verdict === undefined ? [] : [...verdict.notes, ...comparisonNotes(placed, verdict)])];
}

/** What changed, or could not be looked at again, between the first reading and the comparison. */
function comparisonNotes(placed: readonly Placed[], verdict: NonNullable<Scanned['verdict']>): string[] {
  return placed.flatMap(({ source: { name } }, at) => {
    const [changed = 0, believed = 0] = [verdict.changed[at], verdict.believed[at]];
    const notes: string[] = [];
    if (changed > 0)
      notes.push(
        `${name}: ${plural(changed, 'merged page')} changed before ${changed === 1 ? 'it' : 'they'} could be compared.`,
      );
    if (believed > 0)
      notes.push(`${name}: ${plural(believed, 'merged page')} could not be read again; equal hashes are believed.`);
    return notes;
  });
}
