/** What all completions have in common. */
import type { Option } from '../arguments.ts';

/** Names of the program that are completed: both of the package's. */
export const PROGRAMS: readonly string[] = ['ksm', 'ksm-wasm'];

/** The options as they are typed. */
export function optionWords(options: readonly Option[]): string[] {
  return options.flatMap(({ name, short }) => (short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`]));
}

/** A text in single quotes, as the shells read it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
