/**
 * Code that starts threads, translated into dist/, beside the built library that it imports: Node 20 cannot start a worker from
 * TypeScript. For folders that `npm run build` leaves out. Types are not looked at.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import ts from 'typescript';

const ROOT = new URL('../../', import.meta.url);

const COMPILER_OPTIONS = {
  module: ts.ModuleKind.ESNext,
  target: ts.ScriptTarget.ES2022,
  rewriteRelativeImportExtensions: true,
};

/** Translates the files that lie in `folder`, named from the repository's root. Returns the URL of its place in dist/. */
export function translated(folder: string): URL {
  const [from, to] = [new URL(`${folder}/`, ROOT), new URL(`dist/${folder}/`, ROOT)];
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
    const text = readFileSync(new URL(name, from), 'utf8');
    const { outputText } = ts.transpileModule(text, { compilerOptions: COMPILER_OPTIONS });
    const file = new URL(name.replace(/ts$/, 'js'), to);
    // in one step: another test may be about to read it
    const part = new URL(`${file.href}.${process.pid}`);
    writeFileSync(part, outputText);
    renameSync(part, file);
  }
  return to;
}
