/** For bundlers that find the worker and the engine by themselves. */
import { run } from './run.js';

await run({});
