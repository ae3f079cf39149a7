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

describe.each(['engine.wasm', 'engine.debug.wasm'])('%s', (file) => {
  const bytes = readFileSync(new URL(`../../../build/${file}`, import.meta.url));
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

test('the release binary stays small', () => {
  const bytes = readFileSync(new URL('../../../build/engine.wasm', import.meta.url));
  expect(bytes.length).toBeLessThan(SIZE_BUDGET);
});
