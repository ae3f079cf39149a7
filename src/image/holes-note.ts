/** What the report says of holes: both figures, since nobody can tell whether a page of zeros was one before the file was copied. */
import { count } from './failure.ts';

/** `absent` of `pages` are holes. `isExact`: their places are known. */
export function holesNote(absent: number, pages: number, isExact: boolean): string {
  const note =
    `${count(absent, 'page')} of ${pages} ${absent === 1 ? 'is a hole' : 'are holes'}, memory that was never given: not counted ` +
    `(--holes zero counts all ${pages}, holes as zeros).`;
  return isExact
    ? note
    : `${note} Where they are could not be asked (there is no GNU tar): of all zeros the first were taken for them.`;
}
