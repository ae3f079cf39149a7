/** Puts a fault into the sources of the engine, which are not changed on disk. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Fault, nameOf } from './faults.ts';

/** Files by their names below assembly/, and their texts. */
export type Sources = ReadonlyMap<string, string>;

export function sourcesIn(folder: string): Sources {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

/** The file that the fault is in, and its text with the fault. Throws where the sources have no such code, or more than once. */
export function planted(sources: Sources, fault: Fault): { readonly file: string; readonly text: string } {
  const { within, code, becomes } = fault;
  const head = new RegExp(`^(export )?function ${within}\\b[^]*?^}`, 'm');
  const found = [...sources].flatMap(([file, text]) => {
    const match = head.exec(text);
    return match?.[0].includes(code) ? [{ file, text, at: match.index, body: match[0] }] : [];
  });
  const [only, ...others] = found;
  if (only === undefined) throw new Error(`There is no such code any more: ${nameOf(fault)}.`);
  const { file, text, at, body } = only;
  if (others.length > 0 || body.split(code).length > 2) throw new Error(`There is more than one: ${nameOf(fault)}.`);
  return { file, text: text.slice(0, at) + body.replace(code, () => becomes) + text.slice(at + body.length) };
}
