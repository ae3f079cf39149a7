/** For bundlers that do not: the worker is another entry, and the engine a file that is copied beside it. */
import { run } from './run.js';

await run({
  workerUrl: new URL('./ksm-worker.js', import.meta.url),
  wasm: new URL('./engine.wasm', import.meta.url),
});
