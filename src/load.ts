/**
 * Gets the engine's binary and compiles it once per process.
 *
 * The binary lies in build/ beside src/, in the repository as in the package. Whoever bundles the library, or may not read
 * files, hands a compiled module or its bytes in, or says where it is.
 */
import type { WasmSource } from './engine/index.ts';
import { KsmError } from './errors.ts';
import { type Platform, platform } from './platform/index.ts';

const compiled = new Map<string, Promise<WebAssembly.Module>>();

/**
 * The engine, compiled. `debug` picks the build with function names, `names` the engine for pages of names. EINVAL if memory cannot be
 * shared or `source` is none, ENOENT if the binary cannot be had, EFORMAT if it is no WebAssembly.
 */
export async function loadModule(
  source?: WasmSource,
  debug: boolean = false,
  names: boolean = false,
): Promise<WebAssembly.Module> {
  requireSharedMemory();
  if (source instanceof WebAssembly.Module) return source;
  if (isBytes(source)) return compile(source, 'Option "wasm"');
  if (source !== undefined && !(source instanceof URL)) {
    const expected =
      "the engine's binary as a WebAssembly.Module, an ArrayBuffer or view of its bytes, or a URL object";
    throw new KsmError('EINVAL', `Option "wasm" is ${typeof source}; expected ${expected}.`);
  }
  const here = await platform();
  const url = source ?? here.engineUrl(debug, names) ?? notBroughtAlong(names);
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

/** A page has the engine over bytes, as it ships. */
function notBroughtAlong(names: boolean): never {
  const [what, file] = names
    ? ['engine for pages of names', 'engine.names.wasm']
    : ['debug build', 'engine.debug.wasm'];
  throw new KsmError(
    'EINVAL',
    `${names ? 'Pages of names' : 'Option "debug"'}: a page does not bring the ${what} along; ` +
      `say in "wasm" where "ksm-wasm/${file}" is served.`,
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
