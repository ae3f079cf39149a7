/** Where the engine's binary comes from: bytes, a module, a URL; and what is said when that is not it. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createHost, type HostOptions } from '../../../src/index.ts';

const ENGINE = new URL('../../../build/engine.wasm', import.meta.url);
const bytes = new Uint8Array(readFileSync(ENGINE));
/** Eight bytes: magic and version of a module that has nothing in it. */
const NOTHING = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
/** The same with one import, "env" "memory", of a memory that is not shared (type, import section of 15 bytes, limits 0 and 1). */
const OTHER = Uint8Array.of(...NOTHING, 2, 15, 1, 3, ...Buffer.from('env'), 6, ...Buffer.from('memory'), 2, 0, 1);

function withWasm(wasm: unknown): ReturnType<typeof createHost> {
  return createHost({ memory: '16M', wasm } as HostOptions);
}

test.each<[string, unknown]>([
  ['a URL', ENGINE],
  ['bytes', bytes],
  ['a view of more bytes', new Uint8Array([...bytes, 0]).subarray(0, bytes.length)],
  ['an ArrayBuffer', bytes.slice().buffer],
  ['a module', new WebAssembly.Module(bytes)],
])('the engine as %s', async (_, wasm) => {
  expect((await withWasm(wasm)).limits.frames).toBeGreaterThan(0);
});

test.each<[string, unknown, string]>([
  ['no file', new URL('none.wasm', ENGINE), 'ENOENT'],
  ['bytes that are no WebAssembly', new Uint8Array(100), 'EFORMAT'],
  ['bytes that are cut off', bytes.slice(0, 1000), 'EFORMAT'],
  ['no bytes', new ArrayBuffer(0), 'EFORMAT'],
  ['a module that is another', NOTHING, 'EINVAL'],
  ['a module that wants another memory', new WebAssembly.Module(OTHER), 'EINVAL'],
  ['a path', './engine.wasm', 'EINVAL'],
  ['a number', 5, 'EINVAL'],
  ['an object', {}, 'EINVAL'],
  ['null', null, 'EINVAL'],
])('%s is refused, by a code and with words', async (_, wasm, code) => {
  await expect(withWasm(wasm)).rejects.toMatchObject({
    name: 'KsmError',
    code,
    message: expect.stringMatching(/\w{3}/),
  });
});
