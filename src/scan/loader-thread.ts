/** A thread that names parts of sources as long as there are any. scripts/bundle.mjs makes one file of it, which starts fast. */
import { parentPort, workerData } from 'node:worker_threads';
import { type ErrorCode, KsmError } from '../errors.ts';
import { type SourceData, sourceOf } from '../image/index.ts';
import { Window, type WindowRecipe } from '../names/index.ts';
import { Board } from './board.ts';
import { type NamedPart, namePart, type Part } from './parts.ts';

/** What it is started with. */
export interface LoaderStart {
  readonly window: WindowRecipe;
  /** By number; undefined for those of which there are no parts. */
  readonly sources: readonly (SourceData | undefined)[];
  readonly parts: readonly Part[];
  readonly board: SharedArrayBuffer;
}

/** What it says: that it begins, what it has named, or why it ends. */
export type LoaderWord =
  | { readonly begins: true }
  | { readonly named: NamedPart }
  | { readonly error: { readonly code: ErrorCode; readonly message: string } };

const { window: recipe, sources: data, parts, board: memory }: LoaderStart = workerData;
const say = (word: LoaderWord, transfer: ArrayBuffer[] = []): void => parentPort?.postMessage(word, transfer);
const board = new Board(parts.length, memory);
const window = new Window(recipe.module, recipe.options);
const sources = data.map((one) => (one === undefined ? undefined : sourceOf(one)));
const { signal } = new AbortController(); // who wants this to end ends the thread

/** Names parts until there are no more. */
async function work(): Promise<void> {
  say({ begins: true });
  for (let at = board.take(); at !== undefined; at = board.take()) {
    const part = parts[at] as Part;
    const source = sources[part.source];
    if (source === undefined) throw new Error(`part ${at} is of a source that threads do not share`);
    const named = await namePart(source, part, at, window, signal, (pages) => board.addRead(pages));
    say({ named }, [named.names.buffer]);
  }
}

void work().catch((error: unknown) => {
  if (!(error instanceof KsmError)) throw error;
  say({ error: { code: error.code, message: error.message } });
});
