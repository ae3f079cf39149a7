/** A helper thread of the scanner: instantiates the engine over the shared memory and computes checksums until told to end. */
import { instantiate, layout } from '../engine/index.ts';
import { platformPort } from './port.ts';

const { WORKER_LIMIT } = layout;
const { inWorker } = await platformPort();
const { init, ready } = await inWorker();
const engine = instantiate(init.module, init.memory);
const worker = engine.workerJoin(WORKER_LIMIT);
ready(worker);
engine.serveJobs(worker);
