/** The ways in which Vite names the same files, when an app wants to say itself where they go. */
import wasm from 'ksm-wasm/engine.wasm?url';
import workerUrl from 'ksm-wasm/worker?worker&url';
import { run } from './run.js';

await run({ workerUrl, wasm: new URL(wasm, location.href) });
