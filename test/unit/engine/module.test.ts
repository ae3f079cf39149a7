/**
 * The shape of the engine's binary: what makes it safe to instantiate many times over one memory, and in a memory that is
 * somebody else's too.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const SECTIONS = [
  'custom',
  'type',
  'import',
  'function',
  'table',
  'memory',
  'global',
  'export',
  'start',
  'element',
  'code',
  'data',
  'datacount',
];

/** Names of the sections of a binary, in order. */
function sectionsOf(bytes: Uint8Array): string[] {
  const names: string[] = [];
  for (let at = 8; at < bytes.length; ) {
    names.push(SECTIONS[bytes[at++] as number] ?? 'unknown');
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] as number;
      size |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    at += size;
  }
  return names;
}

const EXPORTS = [
  'accessBegin',
  'accessEnd',
  'accessWalk',
  'domainDrop',
  'domainMake',
  'entryFind',
  'exec',
  'exit',
  'fork',
  'frameAt',
  'hasMergeable',
  'isProcess',
  'layOut',
  'lockDrop',
  'lockTake',
  'lockTry',
  'madvise',
  'mergeAnySet',
  'migrateFrame',
  'mlock',
  'mmap',
  'mprotect',
  'munlock',
  'munmap',
  'nextMappedPage',
  'offline',
  'onlineFrames',
  'pageChecksum',
  'pageKind',
  'pinPage',
  'pinsOf',
  'processDomainSet',
  'quietSettingWrite',
  'rangeDomainSet',
  'rangeMerge',
  'readFault',
  'readPages',
  'recover',
  'rekey',
  'runWrite',
  'scanBatch',
  'serveJobs',
  'spawn',
  'unpinFrame',
  'vmaGap',
  'workerAttach',
  'workerJoin',
  'workerLeave',
  'writeFault',
];

const SIZE_BUDGET = 60 * 1024;

const binary = (file: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(new URL(`../../../build/${file}`, import.meta.url)));

describe.each(['engine.wasm', 'engine.debug.wasm', 'engine.names.wasm'])('%s', (file) => {
  const bytes = binary(file);
  const module = new WebAssembly.Module(bytes);

  test('has no section that would run or write at instantiation, and no table', () => {
    const sections = sectionsOf(bytes);
    for (const forbidden of ['data', 'datacount', 'start', 'table', 'element', 'memory']) {
      expect(sections).not.toContain(forbidden);
    }
  });

  test('imports the memory and nothing else', () => {
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
  });

  test('exports exactly the functions of the ABI', () => {
    const functions = WebAssembly.Module.exports(module).filter(({ kind }) => kind === 'function');
    expect(functions.map(({ name }) => name).sort()).toEqual(EXPORTS);
  });

  test('exports nothing but functions', () => {
    expect(WebAssembly.Module.exports(module).filter(({ kind }) => kind !== 'function')).toEqual([]);
  });
});

/** Whatever one of the two exports and the other does not has to be told of in docs/embedding.md, which says that there is nothing. */
const DIFFERENCE: readonly string[] = [];

test('the engines over bytes and over names export the same, but for what the document tells of', () => {
  const exportsOf = (file: string): string[] =>
    WebAssembly.Module.exports(new WebAssembly.Module(binary(file))).map(({ name, kind }) => `${kind} ${name}`);
  const [bytes, names] = ['engine.wasm', 'engine.names.wasm'].map(exportsOf) as [string[], string[]];
  const only = [...bytes.filter((one) => !names.includes(one)), ...names.filter((one) => !bytes.includes(one))];
  expect(only).toEqual(DIFFERENCE);
  const document = readFileSync(new URL('../../../docs/embedding.md', import.meta.url), 'utf8');
  expect(document.replaceAll(/\s+/g, ' ').includes('and export the same functions.')).toBe(DIFFERENCE.length === 0);
});

test.each(['engine.wasm', 'engine.names.wasm'])('%s stays small', (file) => {
  expect(binary(file).length).toBeLessThan(SIZE_BUDGET);
});
