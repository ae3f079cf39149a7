/** A function of the engine whose name is a question only asks: neither it nor whatever it calls changes a word of the memory. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ENGINE = fileURLToPath(new URL('../../../assembly', import.meta.url));

/** isMapped, nodeIsStale, hasMergeable, canBeGivenUp. */
const QUESTION = /^(is|are|has|can|will)[A-Z]|[a-z](?<!It)(Is|Are|Has)[A-Z]/;

/** A store, or an assignment to a field of a record. */
const WRITES =
  /\bstore<|\batomic\.(store|add|sub|and|or|xor|xchg|cmpxchg)\b|\bmemory\.(fill|copy)\(|\.\w+\s*([-+|&^]|<<|>>)?=(?!=)|\.\w+(\+\+|--)/;

/** What is remembered so that the next search is short changes no answer. */
const REMEMBERS = ['vmaAtOrAbove'];

/** Bodies of all functions by name; of some there are two, for different pages. */
function bodies(): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of readdirSync(ENGINE, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || file.endsWith('.d.ts')) continue;
    const text = readFileSync(join(ENGINE, file), 'utf8').replace(/\/\/.*$/gm, '');
    for (const [, name = '', body = ''] of text.matchAll(/^(?:export )?function (\w+)[^\n]*\{\n([\s\S]*?)^\}/gm)) {
      found.set(name, (found.get(name) ?? '') + body);
    }
  }
  return found;
}

const functions = bodies();

/** The calls from `name` on that come to one that writes; empty where none does. */
function wayToWriting(name: string, seen: Set<string> = new Set()): string[] {
  const body = functions.get(name);
  if (body === undefined || seen.has(name) || REMEMBERS.includes(name)) return [];
  seen.add(name);
  if (WRITES.test(body)) return [name];
  for (const [, called = ''] of body.matchAll(/(?<!\.)\b(\w+)(?:<\w+>)?\(/g)) {
    const way = wayToWriting(called, seen);
    if (way.length > 0) return [name, ...way];
  }
  return [];
}

const questions = [...functions.keys()].filter((name) => QUESTION.test(name));

test('there are such functions, and one that writes is found', () => {
  expect(questions.length).toBeGreaterThan(60);
  expect(wayToWriting('framePinned')).toEqual(['framePinned', 'wordSet']);
});

test.each(questions)('%s only asks', (name) => {
  expect(wayToWriting(name)).toEqual([]);
});
