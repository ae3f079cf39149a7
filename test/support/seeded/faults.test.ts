/** The seeded faults are in the sources of today, each once; whether they are found takes minutes: `npm run test:faults`. */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { FAULTS, nameOf } from './faults.ts';
import { planted, sourcesIn } from './plant.ts';

const sources = sourcesIn(fileURLToPath(new URL('../../../assembly', import.meta.url)));

test('there are 60, no two alike', () => {
  expect(new Set(FAULTS.map(nameOf)).size).toBe(FAULTS.length);
  expect(FAULTS.length).toBeGreaterThanOrEqual(60);
});

test.each(FAULTS.map((fault) => [nameOf(fault), fault] as const))('%s', (_, fault) => {
  const { file, text } = planted(sources, fault);
  expect(text).not.toBe(sources.get(file));
});

test('code that is not there, or twice, is no fault', () => {
  const twice = new Map([['a.ts', 'function f(): void {\n  g();\n  g();\n}\n']]);
  const fault = { within: 'f', becomes: '' };
  expect(() => planted(twice, { ...fault, code: 'h();' })).toThrow('no such code');
  expect(() => planted(twice, { ...fault, code: 'g();' })).toThrow('more than one');
});
