/**
 * One process of the demo: a document server that has read its documents, indexed their words, and made a filter for
 * searching parts of words and a compressed form of each.
 *
 * The documents are real text that is there wherever this package is: its own files, and the source text of Node.js's
 * modules. Which of the four it is comes as the argument; each starts at another quarter of the documents and has not
 * been given every eighth, so that they hold much in common, but neither all of it nor in the same places.
 *
 * Reports a DemoWork to its parent, then idles. Ends when the channel to the parent closes.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { DemoWork } from './demo.ts';

interface Document {
  readonly name: string;
  readonly text: string;
}

interface Served {
  readonly bytes: Buffer;
  readonly compressed: Buffer;
}

interface Place {
  readonly document: string;
  readonly line: number;
}

/** Folders of the package, seen from this file's place in it; one that is missing has no documents. */
const FOLDERS: readonly string[] = ['../', '../../../assembly/', '../../../docs/'];
const TEXT = /\.(js|ts|md|json)$/;

process.once('disconnect', () => process.exit());

const CODE_POINTS = 0x11_0000;
/** A power of two: large enough that a document's trigrams, some thousands, set few of the bits. */
const FILTER_BYTES = 1 << 16;

/** What a letter is looked up as: small, and without its accents. By code point; 0 for what is no part of a word. */
export const folded: Uint32Array = new Uint32Array(CODE_POINTS);
/** Exported to stay in memory. */
export const served: Map<string, Served> = new Map();
export const index: Map<string, Place[]> = new Map();

for (let c = 0; c < CODE_POINTS; c++) folded[c] = fold(String.fromCodePoint(c));
const documents = await collect(Number(process.argv[2] ?? 0));
/** A filter for each document: bit h is set if three letters in a row have the hash h. */
export const filters: Uint8Array = new Uint8Array(documents.length * FILTER_BYTES);
documents.forEach(add);
report();

function fold(letter: string): number {
  return /[\p{L}\p{N}_]/u.test(letter) ? (letter.normalize('NFKD').toLowerCase().codePointAt(0) ?? 0) : 0;
}

async function collect(which: number): Promise<Document[]> {
  const files = FOLDERS.flatMap((folder) => filesIn(fileURLToPath(new URL(folder, import.meta.url))));
  const modules = await Promise.all(builtinModules.map(moduleText));
  const all = [...files, ...modules];
  const first = Math.floor((which * all.length) / 4);
  const given = all.filter((_, i) => i % 8 !== which);
  return [...given.slice(first), ...given.slice(0, first)];
}

function filesIn(folder: string): Document[] {
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
  const texts = names.filter((name) => TEXT.test(name)).sort();
  return texts.map((name) => ({ name, text: readFileSync(`${folder}${name}`, 'utf8') }));
}

/** The source of the functions that a module of Node.js exports, and of their methods. */
async function moduleText(name: string): Promise<Document> {
  const functions = new Set<unknown>();
  for (const value of valuesOf(await import(name))) {
    functions.add(value);
    if (typeof value !== 'function') continue;
    for (const method of valuesOf(value.prototype)) functions.add(method);
  }
  const texts = [...functions].filter((value) => typeof value === 'function').map(String);
  return { name, text: texts.join('\n\n') };
}

/** Values of plain properties: asking a getter might run something. */
function valuesOf(object: unknown): unknown[] {
  if (object === null || object === undefined) return [];
  return Object.values(Object.getOwnPropertyDescriptors(object)).map((property) => property.value);
}

function add({ name, text }: Document, number: number): void {
  served.set(name, { bytes: Buffer.from(text), compressed: gzipSync(text, { level: 9 }) });
  fillFilter(filters.subarray(number * FILTER_BYTES, (number + 1) * FILTER_BYTES), text);
  text.split('\n').forEach((content, line) => {
    for (const [word] of content.matchAll(/\p{L}[\p{L}\p{N}_]+/gu)) {
      const places = index.get(word.toLowerCase());
      if (places === undefined) index.set(word.toLowerCase(), [{ document: name, line }]);
      else places.push({ document: name, line });
    }
  });
}

function fillFilter(filter: Uint8Array, text: string): void {
  let [first, second] = [0, 0];
  for (const letter of text) {
    const third = folded[letter.codePointAt(0) ?? 0] ?? 0;
    const hash = Math.imul(Math.imul(first, 961) + Math.imul(second, 31) + third, 0x9e37_79b1);
    const bit = hash >>> (32 - Math.log2(FILTER_BYTES * 8));
    filter[bit >> 3] = (filter[bit >> 3] ?? 0) | (1 << (bit & 7));
    [first, second] = [second, third];
  }
}

function report(): void {
  const work: DemoWork = {
    documents: documents.length,
    textBytes: documents.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0),
    words: index.size,
    compressedBytes: [...served.values()].reduce((sum, { compressed }) => sum + compressed.length, 0),
  };
  // No parent, no report: it has ended while we worked.
  if (process.connected) process.send?.(work, () => {});
}
