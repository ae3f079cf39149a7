/** What the report says of holes: both figures, since nobody can tell whether a page of zeros was one before the file was copied. */
import { count, plural } from '../format.ts';

/** `absent` of `pages` are holes. `isExact`: their places are known. */
export function holesNote(absent: number, pages: number, isExact: boolean): string {
  const note =
    `${count(absent)} of ${plural(pages, 'page')} ${absent === 1 ? 'is a hole' : 'are holes'}, memory that was never given: not counted. ` +
    `As zeros, with --holes zero, there would be ${plural(pages, 'page')}.`;
  return isExact
    ? note
    : `${note} Where they are could not be asked (there is no GNU tar): of all zeros the first were taken for them.`;
}
