/** Names of contents, beside a model of the keyed hash in BigInts; and the module behind them, beside xxhash-wasm. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import createXxhash from 'xxhash-wasm';
import { HASH_KEY_BYTES } from '../../../assembly/layout/index.ts';
import { createHost, createNamer } from '../../../src/index.ts';
import { Dice } from '../../support/dice.ts';
import { PAGE } from '../../support/page.ts';
import { pageKernels } from './kernels.ts';
import { modelKeyed } from './model.ts';

const SEED = 0x0123456789abcdefn;
/** Where the key is in the memory of the kernels. */
const KEY = 0x20000;

/** Pages of random bytes, some of them twice, every fifth one of zeros. */
function contents(count: number): Uint8Array {
  const dice = new Dice('contents');
  const bytes = new Uint8Array(count * PAGE);
  for (let page = 0; page < count; page++) {
    if (page % 5 === 0) continue;
    if (page % 7 === 0) bytes.copyWithin(page * PAGE, (page - 1) * PAGE, page * PAGE);
    else for (let at = 0; at < PAGE; at++) bytes[page * PAGE + at] = dice.below(256);
  }
  return bytes;
}

test('a name is the keyed hash of a page, and 0 that of zeros', async () => {
  const bytes = contents(12);
  const names = (await createNamer({ seed: SEED })).name(bytes);
  const kernels = await pageKernels();
  kernels.expandKey(Number(SEED & 0xffffffffn), Number(SEED >> 32n), KEY);
  const key = kernels.view(KEY, HASH_KEY_BYTES);
  for (let page = 0; page < 12; page++) {
    const expected = page % 5 === 0 ? 0n : modelKeyed(bytes.subarray(page * PAGE, (page + 1) * PAGE), key);
    expect(names[page], `page ${page}`).toBe(expected);
  }
});

test('equal pages have equal names, others other ones, however many are named at once', async () => {
  const count = 600; // more than two batches
  const bytes = contents(count);
  const namer = await createNamer();
  const names = namer.name(bytes.buffer as ArrayBuffer);
  const firsts = new Map<bigint, number>();
  for (const [page, name] of names.entries()) {
    const first = firsts.get(name) ?? page;
    firsts.set(name, first);
    const [own, other] = [page, first].map((at) => bytes.subarray(at * PAGE, (at + 1) * PAGE));
    expect(Buffer.compare(own as Uint8Array, other as Uint8Array)).toBe(0);
  }
  expect(firsts.size).toBe(new Set(Array.from(names)).size);
  expect([...namer.name(bytes.subarray(PAGE, 3 * PAGE))]).toEqual([...names.subarray(1, 3)]);
  expect(namer.name(new Uint8Array(0)).length).toBe(0);
});

test('a host of names does with them what one of bytes does with the bytes', async () => {
  const bytes = contents(64);
  const names = (await createNamer({ seed: 5 })).name(bytes);
  const limits = { memory: '4M', pages: 1024, processes: 4, vmas: 16, seed: 1 };
  const [ofBytes, ofNames] = [await createHost(limits), await createHost({ ...limits, page: 'names' })];
  const groups = [ofBytes, ofNames].map((host) => {
    const guest = host.spawn();
    guest.mmap(PAGE, 64 * PAGE);
    guest.madvise(PAGE, 64 * PAGE, 'MERGEABLE');
    if (host === ofBytes) guest.write(PAGE, bytes);
    else for (const [page, name] of names.entries()) guest.setName((1 + page) * PAGE, name);
    Object.assign(host.ksm.settings, { run: 1, use_zero_pages: true });
    for (let pass = 0; pass < 3; pass++) host.ksm.scan(1000, { now: 0 });
    return { groups: host.ksm.shared(), counters: host.ksm.counters() };
  });
  expect(groups[1]).toEqual(groups[0]);
  expect(groups[0]?.counters.pages_sharing).toBeGreaterThan(0);
});

test.each([[new Uint8Array(PAGE + 1)], [new Uint8Array(1)], ['text'], [undefined]])(
  '%s are no pages',
  async (given) => {
    const namer = await createNamer();
    expect(() => namer.name(given as Uint8Array)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  },
);

test.each<[string, object]>([
  ['a seed below 0', { seed: -1 }],
  ['a seed of 65 bits', { seed: 2n ** 64n }],
  ['an unknown name', { sed: 1 }],
  ['text as the binary', { wasm: 'hash.wasm' }],
])('%s is refused', async (_, given) => {
  await expect(createNamer(given)).rejects.toMatchObject({ code: 'EINVAL' });
});

test('another module is refused by name', async () => {
  const wasm = readFileSync(new URL('../../../build/engine.wasm', import.meta.url));
  const refusal = { code: 'EINVAL', message: expect.stringContaining('hash.wasm') };
  await expect(createNamer({ wasm })).rejects.toMatchObject(refusal);
});

test('the module has nothing but what it says, and its XXH64 is that of xxhash-wasm', async () => {
  const module = await WebAssembly.compile(readFileSync(new URL('../../../build/hash.wasm', import.meta.url)));
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  expect(names.sort()).toEqual(['comparePages', 'equalRun', 'expandKey', 'namePages', 'readPages', 'xxh64Pages']);
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 65536, shared: true });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const bytes = contents(8);
  new Uint8Array(memory.buffer).set(bytes, 65536);
  (exports.xxh64Pages as (page: number, count: number, to: number) => void)(65536, 8, 4096);
  const { h64Raw } = await createXxhash();
  const expected = Array.from({ length: 8 }, (_, page) => h64Raw(bytes.subarray(page * PAGE, (page + 1) * PAGE)));
  expect([...new BigUint64Array(memory.buffer, 4096, 8)]).toEqual(expected);
});
