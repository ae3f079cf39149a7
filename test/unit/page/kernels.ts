/**
 * The page kernels alone in a memory of 4 GiB (committed only where touched), for tests. Compiled once for all of them, into build/,
 * and again when they are older than their sources.
 */

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { compile, sharedMemory } from '../../../bench/kernels.ts';
import { isFresh } from '../../support/build.ts';
import { PAGE } from '../../support/page.ts';

const SOURCES = fileURLToPath(new URL('../../../assembly', import.meta.url));
const BUILD = fileURLToPath(new URL('../../../build/', import.meta.url));
const BUILT = `${BUILD}page-kernels.wasm`;

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

async function binary(): Promise<Uint8Array<ArrayBuffer>> {
  if (isFresh(BUILT, SOURCES)) return new Uint8Array(readFileSync(BUILT));
  const bytes = await compile(['hash', 'compare', 'zero'].map((name) => `assembly/page/bytes/${name}.ts`));
  mkdirSync(BUILD, { recursive: true });
  const part = `${BUILT}.${process.pid}`;
  writeFileSync(part, bytes);
  renameSync(part, BUILT); // in one step: another test may be about to read it
  return bytes;
}

export async function pageKernels(): Promise<PageKernels> {
  const memory = sharedMemory(2 ** 32);
  const { instance } = await WebAssembly.instantiate(await binary(), { env: { memory } });
  const view = (address: number, length: number): Uint8Array => new Uint8Array(memory.buffer, address, length);
  const put = (page: number, bytes: Uint8Array): void => view(page, PAGE).set(bytes);
  return { ...(instance.exports as unknown as KernelExports), put, view };
}
