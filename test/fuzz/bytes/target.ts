/** What a fuzz target is, so that the command, the loop and the tests know all of them alike. */

export interface Target {
  /** Also the name of its folder under corpus/. */
  readonly name: string;
  /** Gives bytes from outside to the code under test. Throws only where something is wrong with that code. */
  readonly run: (bytes: Uint8Array) => void | Promise<void>;
  /** Words that the code looks for: the mutator puts them in. */
  readonly words?: readonly Word[];
  /** Files that serve as seeds besides those of the corpus; paths from the root of the repository. */
  readonly seeds?: readonly string[];
  /** Bytes of an input at most; MOST_BYTES unless given. */
  readonly most?: number;
}

/** Text stands for its bytes in UTF-8. */
export type Word = string | Uint8Array;

export const MOST_BYTES = 4096;

/** Bytes as text, as the files of a command line are read: what is not UTF-8 becomes U+FFFD. */
export function textOf(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}
