/**
 * The pictures of the layers in ARCHITECTURE.md are those of the imports: each arrow is an import, and each import between two layers of a
 * picture goes along its arrows. What any layer may import, test/unit/structure/arrows.test.ts says.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const [, SECTION = ''] = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8').split(/^## Layers$/m);
const PICTURES = [...(SECTION.split(/^## /m)[0] ?? '').matchAll(/^```mermaid\n(.*?)^```/gms)].map(
  ([, code = '']) => code,
);

type Arrow = readonly [from: string, to: string];

/** "src/host/host.ts" is "host", "assembly/policy/linux/ksmd.ts" is "policy/linux". */
function layerOf(file: string): string {
  const parts = file.replace(/\.ts$/, '').split('/').slice(1);
  return parts[0] === 'policy' ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
}

/** The imports between the layers of src/ or assembly/. The driver's of the engine's layout are from or to "assembly/layout". */
function importsOf(top: string): Arrow[] {
  const files = readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' })
    .map((name) => posix.join(top, name.replaceAll('\\', '/')))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));
  const arrows = files.flatMap((file) => {
    const specifiers = [...readFileSync(join(ROOT, file), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']*)'/g)];
    const targets = specifiers.map(([, specifier = '']) => posix.join(posix.dirname(file), specifier));
    return targets.map(
      (target): Arrow => [layerOf(file), target.startsWith(top) ? layerOf(target) : 'assembly/layout'],
    );
  });
  return arrows.filter(([from, to]) => from !== to);
}

/** The arrows of a picture. A layer is what stands before the colon in its label. */
function arrowsOf(picture: string): Arrow[] {
  const labels = new Map([...picture.matchAll(/(\w+)\["([^":]+)/g)].map(([, id = '', label = '']) => [id, label]));
  return [...picture.matchAll(/^ *(\w+)(?:\[[^\]]*\])? --> (\w+)/gm)].map(
    ([, from = '', to = '']): Arrow => [labels.get(from) ?? from, labels.get(to) ?? to],
  );
}

/** Everything that arrows lead to from `layer`, itself included. */
function below(layer: string, arrows: readonly Arrow[], seen: Set<string> = new Set()): Set<string> {
  if (seen.has(layer)) return seen;
  seen.add(layer);
  for (const [from, to] of arrows) if (from === layer) below(to, arrows, seen);
  return seen;
}

test.each([
  ['assembly', 0],
  ['src', 1],
])('%s', (top, index) => {
  const arrows = arrowsOf(PICTURES[index] ?? '');
  const imports = importsOf(top);
  const layers = new Set(arrows.flat());
  expect(layers.size).toBeGreaterThan(10);
  const inPicture = imports.filter(([from, to]) => layers.has(from) && layers.has(to));
  expect(inPicture.filter(([from, to]) => !below(from, arrows).has(to))).toEqual([]);
  const written = new Set(imports.map((arrow) => arrow.join(' -> ')));
  expect(arrows.map((arrow) => arrow.join(' -> ')).filter((arrow) => !written.has(arrow))).toEqual([]);
  const circles = arrows.filter(([from, to]) => below(to, arrows).has(from));
  expect(circles).toEqual([]);
  const left = new Set(imports.flat().filter((layer) => !layers.has(layer)));
  const small = ['bytes', 'errors', 'format', 'layout', 'nearest', 'old-layout', 'printable', 'size', 'validate'];
  expect([...left].sort()).toEqual(top === 'src' ? small : []);
});
