/** The system's refusal of a memory for the engine, in words that help at a command line. */
import type { KsmError } from '../errors.ts';
import { bytes } from '../format.ts';
import { addressSpace } from './address-space.ts';

/** Is it that, and no limit of the engine's own? V8 says so by a RangeError. */
export function isRefusedMemory(error: KsmError): boolean {
  return error.code === 'ENOMEM' && error.cause instanceof RangeError;
}

/** What to say: if the process has a limit, that is the reason. */
export function refusedMemory(error: KsmError): string {
  const limit = addressSpace();
  if (limit === Infinity) return error.message;
  return (
    `the system has no address space for WebAssembly, which reserves some 10 GiB beside its memory: there is a limit of ` +
    `${bytes(limit)} (ulimit -v). Raise it, or start ksm with NODE_OPTIONS=--disable-wasm-trap-handler, which makes do ` +
    'with less and is slower.'
  );
}
