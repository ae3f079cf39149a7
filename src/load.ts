/**
 * Gets a binary, of the engine or of the hashes, and compiles it once per process.
 *
 * It lies in build/ beside src/, in the repository as in the package. Whoever bundles the library, or may not read
 * files, hands a compiled module or its bytes in, or says where it is.
 */
import type { WasmSource } from './engine/index.ts';
import { KsmError } from './errors.ts';
import { type Binary, type Platform, platform } from './platform/index.ts';

const compiled = new Map<string, Promise<WebAssembly.Module>>();

/**
 * The engine, compiled. `debug` picks the build with function names, `names` the engine for pages of names. EINVAL if memory cannot be
 * shared or `source` is none, ENOENT if the binary cannot be had, EFORMAT if it is no WebAssembly.
 */
export function loadModule(
  source?: WasmSource,
  debug: boolean = false,
  names: boolean = false,
): Promise<WebAssembly.Module> {
  return loadBinary(names ? 'engine.names' : debug ? 'engine.debug' : 'engine', source);
}

/** The same for any module of the package. */
export async function loadBinary(binary: Binary, source?: WasmSource): Promise<WebAssembly.Module> {
  requireSharedMemory();
  if (source instanceof WebAssembly.Module) return source;
  if (isBytes(source)) return compile(source, 'Option "wasm"');
  if (source !== undefined && !(source instanceof URL)) {
    const expected = `${binary}.wasm as a WebAssembly.Module, an ArrayBuffer or view of its bytes, or a URL object`;
    throw new KsmError('EINVAL', `Option "wasm" is ${typeof source}; expected ${expected}.`);
  }
  const here = await platform();
  const url = source ?? here.binaryUrl(binary) ?? notBroughtAlong(binary);
  let module = compiled.get(url.href);
  if (module === undefined) {
    module = readBytes(url, here).then((bytes) => compile(bytes, url.href));
    compiled.set(url.href, module);
    module.catch(() => compiled.delete(url.href)); // so that the next call tries again
  }
  return module;
}

/** Some browsers make shared memory for any page and fail when a worker gets it; the library behaves the same in all of them. */
function requireSharedMemory(): void {
  if (typeof SharedArrayBuffer !== 'undefined') return;
  throw new KsmError(
    'EINVAL',
    'This page has no SharedArrayBuffer because it is not cross-origin isolated: serve it and its scripts over HTTPS or from ' +
      'localhost, with the headers "Cross-Origin-Opener-Policy: same-origin" and "Cross-Origin-Embedder-Policy: require-corp".',
  );
}

function isBytes(source: unknown): source is BufferSource {
  return source instanceof ArrayBuffer || ArrayBuffer.isView(source);
}

async function compile(bytes: BufferSource, from: string): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new KsmError('EFORMAT', `${from} is not the engine's binary, or is damaged: ${why}.`, { cause });
  }
}

/** What a page that lacks the binary wants of it. */
const WANTED: Readonly<Record<Binary, string>> = {
  engine: 'A host',
  'engine.debug': 'Option "debug"',
  'engine.names': 'Pages of names',
  hash: 'Naming pages',
};

/** A page has the engine over bytes, as it ships. */
function notBroughtAlong(binary: Binary): never {
  throw new KsmError(
    'EINVAL',
    `${WANTED[binary]}: a page does not bring ${binary}.wasm along; say in "wasm" where "ksm-wasm/${binary}.wasm" is served.`,
  );
}

async function readBytes(url: URL, { readFile }: Platform): Promise<BufferSource> {
  try {
    return await (readFile(url) ?? fetchBytes(url));
  } catch (cause) {
    if (cause instanceof KsmError) throw cause;
    throw new KsmError(
      'ENOENT',
      `The engine's binary ${url.pathname} cannot be read: run "npm run build" first in a checkout; where a bundler has moved it, ` +
        'say in "wasm" where it is.',
      { cause },
    );
  }
}

async function fetchBytes(url: URL): Promise<BufferSource> {
  const unavailable = (why: string, options?: ErrorOptions): KsmError =>
    new KsmError(
      'ENOENT',
      `The engine's binary ${url.href} cannot be fetched (${why}): serve it there, or say in "wasm" where it is.`,
      options,
    );
  const response = await fetch(url).catch((cause: Error) => {
    throw unavailable(cause.message, { cause });
  });
  if (!response.ok) throw unavailable(`HTTP ${response.status}`);
  return response.arrayBuffer();
}
