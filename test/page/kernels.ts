/** The page kernels alone in a memory of 4 GiB (committed only where touched), for tests. */

import { compile, sharedMemory } from '../../bench/kernels.ts';

export const PAGE = 4096;

/** Page addresses that go wrong first where an address is taken for signed, or its end for a number. */
export const PLACES = [0x10000, 0x7ffff000, 0x80000000, 0xc0001000, 0xfffff000] as const;

interface KernelExports {
  hashXxh64(page: number): bigint;
  hashKeyed(page: number, key: number): bigint;
  expandKey(seedLow: number, seedHigh: number, key: number): void;
  comparePages(a: number, b: number): number;
  equalPages(a: number, b: number): number;
  isZeroPage(page: number): number;
  readonly KEY_BYTES: WebAssembly.Global;
}

export interface PageKernels extends KernelExports {
  /** Writes a page. */
  put(page: number, bytes: Uint8Array): void;
  /** A view of memory. */
  view(address: number, length: number): Uint8Array;
}

export async function pageKernels(): Promise<PageKernels> {
  const files = ['hash', 'compare', 'zero'].map((name) => `assembly/page/${name}.ts`);
  const memory = sharedMemory(2 ** 32);
  const { instance } = await WebAssembly.instantiate(await compile(files), { env: { memory } });
  const view = (address: number, length: number): Uint8Array => new Uint8Array(memory.buffer, address, length);
  const put = (page: number, bytes: Uint8Array): void => view(page, PAGE).set(bytes);
  return { ...(instance.exports as unknown as KernelExports), put, view };
}
