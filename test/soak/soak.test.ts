/**
 * Short forms of `npm run soak` and `npm run deaths`. Threads cannot be started from TypeScript in Node 20, so what
 * belongs to the soak is translated into dist/ first.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const here = fileURLToPath(new URL('.', import.meta.url));
const dist = new URL('../../dist/test/soak/', import.meta.url);

function translate(): void {
  mkdirSync(dist, { recursive: true });
  const compilerOptions = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2022,
    rewriteRelativeImportExtensions: true,
  };
  for (const name of readdirSync(here)) {
    if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
    const { outputText } = ts.transpileModule(readFileSync(here + name, 'utf8'), { compilerOptions });
    writeFileSync(new URL(name.replace(/ts$/, 'js'), dist), outputText);
  }
}

translate();
const { soak } = (await import(new URL('soak.js', dist).href)) as typeof import('./soak.ts');
const { deaths } = (await import(new URL('deaths.js', dist).href)) as typeof import('./deaths.ts');

const SEED = 1;
const report = (): void => {};
const machines = [
  { index: 'hash', dirty: 'off' },
  { index: 'content', dirty: 'on' },
] as const;

describe.each(machines)('$index order, dirty tracking $dirty', (machine) => {
  test('guests beside a scanner lose nothing', async () => {
    const operations = 200_000;
    const result = await soak({ ...machine, seed: SEED, operations, guests: 2, report });
    expect(result.operations).toBeGreaterThanOrEqual(operations);
  });

  test('scanners and guests die, and those who live lose nothing', async () => {
    const result = await deaths({ ...machine, seed: SEED, deaths: 12, guestEvery: 4, report });
    expect(result).toMatchObject({ scanners: { deaths: 12 }, guests: { deaths: 3 } });
  });
});
