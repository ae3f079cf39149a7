/** The arrows between layers point downwards only (ARCHITECTURE.md). */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * What each layer may import besides itself, assembly/layout and assembly/records, the bottom of everything. Files that
 * lie directly in src/ or assembly/ are layers of their own name.
 */
const ALLOWED: Record<string, readonly string[]> = {
  // the driver
  'src/errors': ['src/printable'],
  'src/nearest': [],
  'src/validate': ['src/nearest', 'src/printable', 'src/errors'],
  'src/bytes': ['src/validate', 'src/errors'],
  'src/size': ['src/validate', 'src/errors'],
  'src/printable': [],
  'src/memory': ['src/errors'],
  'src/engine': ['src/memory', 'src/errors'],
  'src/port': [],
  'src/names': ['src/load', 'src/machine', 'src/engine', 'src/bytes', 'src/validate', 'src/errors'],
  'src/format': [],
  'src/platform': ['src/port'],
  'src/load': ['src/platform', 'src/engine', 'src/errors'],
  'src/machine': ['src/engine', 'src/memory', 'src/port', 'src/bytes', 'src/validate', 'src/errors', 'src/size'],
  'src/ksm': ['src/machine', 'src/engine', 'src/memory', 'src/validate', 'src/errors'],
  'src/threads': ['src/platform', 'src/engine', 'src/port', 'src/validate', 'src/errors'],
  'src/ksmd': [
    'src/threads',
    'src/platform',
    'src/ksm',
    'src/machine',
    'src/engine',
    'src/port',
    'src/validate',
    'src/errors',
  ],
  'src/worker': ['src/ksmd', 'src/threads', 'src/port'],
  'src/snapshot': [
    'src/platform',
    'src/machine',
    'src/engine',
    'src/memory',
    'src/bytes',
    'src/validate',
    'src/errors',
  ],
  'src/host': [
    'src/snapshot',
    'src/ksmd',
    'src/threads',
    'src/ksm',
    'src/machine',
    'src/load',
    'src/engine',
    'src/memory',
    'src/port',
    'src/validate',
    'src/errors',
  ],
  'src/contents': [
    'src/names',
    'src/host',
    'src/ksm',
    'src/machine',
    'src/engine',
    'src/memory',
    'src/bytes',
    'src/validate',
    'src/errors',
  ],
  'src/layout': [],
  'src/old-layout': [],
  'src/index': [
    'src/contents',
    'src/host',
    'src/old-layout',
    'src/names',
    'src/snapshot',
    'src/ksmd',
    'src/ksm',
    'src/machine',
    'src/memory',
    'src/port',
    'src/errors',
  ],
  'src/trace': ['src/index', 'src/memory', 'src/ksm', 'src/errors', 'src/printable'],
  'src/kernel': ['src/trace', 'src/ksm', 'src/errors'],
  'src/image': ['src/format', 'src/errors', 'src/printable'],
  'src/scan': [
    'src/index',
    'src/host',
    'src/names',
    'src/image',
    'src/ksm',
    'src/machine',
    'src/load',
    'src/memory',
    'src/format',
    'src/errors',
  ],
  'src/report': [
    'src/scan',
    'src/index',
    'src/host',
    'src/image',
    'src/ksm',
    'src/machine',
    'src/memory',
    'src/format',
    'src/errors',
    'src/printable',
  ],
  'src/cli': [
    'src/report',
    'src/scan',
    'src/format',
    'src/kernel',
    'src/image',
    'src/trace',
    'src/index',
    'src/host',
    'src/memory',
    'src/ksm',
    'src/nearest',
    'src/errors',
    'src/printable',
    'src/size',
  ],
  // the engine
  'assembly/layout': ['assembly/u32'],
  'assembly/records': [],
  'assembly/base': [],
  'assembly/page': [],
  'assembly/concurrent': [],
  'assembly/memory': ['assembly/concurrent', 'assembly/page'],
  'assembly/merge': ['assembly/memory', 'assembly/concurrent', 'assembly/page'],
  'assembly/scan': ['assembly/merge', 'assembly/memory', 'assembly/concurrent', 'assembly/page'],
  // Each policy is a layer of its own: they do not know each other.
  'assembly/policy/*': ['assembly/scan', 'assembly/merge', 'assembly/memory', 'assembly/concurrent', 'assembly/page'],
  'assembly/syscall': ['assembly/policy/linux', 'assembly/merge', 'assembly/memory'],
  'assembly/recover': [
    'assembly/policy/linux',
    'assembly/scan',
    'assembly/merge',
    'assembly/memory',
    'assembly/concurrent',
    'assembly/page',
  ],
  'assembly/abi': [
    'assembly/recover',
    'assembly/syscall',
    'assembly/policy/*',
    'assembly/concurrent',
    'assembly/scan',
    'assembly/merge',
    'assembly/memory',
    'assembly/page',
  ],
  'assembly/index': ['assembly/abi'],
  'assembly/hash': ['assembly/page'],
};

/** What lies below everything else, from below: each may import those before it, the other layers of the engine all of them. */
const BOTTOM = ['assembly/layout', 'assembly/records', 'assembly/base'];

function belowOf(layer: string): readonly string[] {
  if (layer.startsWith('src/')) return BOTTOM.slice(0, 1);
  return BOTTOM.includes(layer) ? BOTTOM.slice(0, BOTTOM.indexOf(layer)) : BOTTOM;
}

function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')));
}

/** "src/host/host.ts" -> "src/host"; "src/index.ts" -> "src/index"; "assembly/policy/linux/ksmd.ts" -> "assembly/policy/linux". */
function layerOf(file: string): string {
  const parts = file.replace(/\.ts$/, '').split('/');
  return parts.slice(0, parts[1] === 'policy' ? 3 : 2).join('/');
}

/** "assembly/policy/linux" -> "assembly/policy/*". */
function anyLike(layer: string): string {
  return posix.join(posix.dirname(layer), '*');
}

/** Files of the project that `file` imports or re-exports. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']*)'/g)].map((match) => match[1] as string);
  return specifiers.map((specifier) => relative(ROOT, join(ROOT, dirname(file), specifier)).replaceAll('\\', '/'));
}

describe.each([...filesIn('src'), ...filesIn('assembly')])('%s', (file) => {
  test('imports only what its layer may', () => {
    const layer = layerOf(file);
    const allowed = ALLOWED[layer] ?? ALLOWED[anyLike(layer)];
    expect(allowed, `layer ${layer} is not in the table`).toBeDefined();
    const upward = importsOf(file).filter((target) => {
      const other = layerOf(target);
      const names = [other, anyLike(other)];
      return other !== layer && !belowOf(layer).includes(other) && !names.some((name) => allowed?.includes(name));
    });
    expect(upward).toEqual([]);
  });

  test('reaches another folder of src/ only through its index', () => {
    const layer = layerOf(file);
    const inner = importsOf(file).filter((target) => {
      const other = layerOf(target);
      const isFolder = target.split('/').length > 2;
      const isDoor =
        target.endsWith(layer === 'src/worker' ? '/worker.ts' : '/index.ts') || target === 'src/engine/invariants.ts';
      return other.startsWith('src/') && other !== layer && isFolder && !isDoor;
    });
    expect(inner).toEqual([]);
  });
});

/** Merging lies above the machine: what belongs to it is not even known by name there (assembly/memory/kept.ts). */
test.each(filesIn('assembly/memory'))('%s names no record and no word of merging', (file) => {
  const code = readFileSync(join(ROOT, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  expect(
    code.match(/\b(NODE|ROOM|STATE|ITEM|ROOT|LINUX|SCANNER|CHECKSUM)_\w+|records\/(node|roots|scanner|domain)'/g),
  ).toBeNull();
});

/** Everything that `file` loads, itself included. Types are none of it. */
function loadedBy(file: string, seen: Set<string> = new Set()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(join(ROOT, file), 'utf8').replace(/^import type .*$/gm, '');
  for (const [, specifier = ''] of text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']*)'/g))
    loadedBy(posix.join(posix.dirname(file), specifier), seen);
  return seen;
}

/** Bundlers put a worker into one script, often a classic one, and follow whatever starts a worker. */
test.each([...loadedBy('src/worker/web.ts')])(
  'in a browser’s worker, %s starts no worker and awaits nothing',
  (file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    expect(file).not.toMatch(/^src\/(platform|load)/);
    expect(text).not.toMatch(/new Worker\(|\bimport\(|import\.meta|^(const .*= )?await /m);
  },
);
