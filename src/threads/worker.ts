/** A helper thread of the scanner: instantiates the engine over the shared memory and computes checksums until told to end. */
import { instantiate } from '../engine/index.ts';
import { platformPort } from './port.ts';

const { inWorker } = await platformPort();
const { init, ready } = await inWorker();
const engine = instantiate(init.module, init.memory);
ready();
engine.serveJobs();
