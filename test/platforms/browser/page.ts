/**
 * What the page does with the built library: the task and the options of hosts that its address names, one host after another.
 * What came of each is shown and sent to the server as JSON.
 */
import type { Host, HostOptions } from '../../../src/index.ts';
import { beside } from './beside.ts';
import { play } from './story.ts';

type Library = typeof import('../../../src/index.ts');
type Layout = typeof import('../../../assembly/layout/index.ts');

/** What one host came to: what the task returned, or the error. */
export interface Outcome<Value> {
  readonly value?: Value;
  readonly error?: { readonly code?: string; readonly message: string };
}

/** How a host's threads started. */
export interface Start {
  readonly running: number;
  readonly reason?: string | undefined;
}

const DIST = new URL('../../../dist/', import.meta.url);

async function start({ createHost }: Library, options: HostOptions): Promise<Start> {
  const host = await createHost(options);
  const { running, reason } = host.scanners;
  host[Symbol.dispose]();
  return { running, reason };
}

/**
 * Posts a job of empty chunks as the engine does, and leaves all of them to the helpers. Returns how many they have done, once
 * they have done all; waits for ever where no helper hears of it.
 */
async function helpersAlone({ createHost }: Library, options: HostOptions): Promise<number> {
  const layout = (await import(new URL('assembly/layout/index.js', DIST).href)) as Layout;
  const host: Host = await createHost(options);
  const words = new Int32Array(host.memory.buffer);
  const chunks = 5;
  const job = 1 << layout.JOB_NUMBER_SHIFT;
  Atomics.store(words, layout.LINUX_JOB_DONE / 4, job);
  Atomics.store(words, layout.LINUX_JOB / 4, job | (chunks << layout.JOB_CHUNKS_SHIFT));
  Atomics.add(words, layout.LINUX_JOB_BELL / 4, 1);
  Atomics.notify(words, layout.LINUX_JOB_BELL / 4);
  while (Atomics.load(words, layout.LINUX_JOB_DONE / 4) < job + chunks)
    await new Promise((resolve) => setTimeout(resolve, 5));
  host[Symbol.dispose]();
  return Atomics.load(words, layout.LINUX_JOB_DONE / 4) - job;
}

const TASKS: Record<Task, (library: Library, options: HostOptions) => Promise<unknown>> = {
  start,
  helpersAlone,
  beside: ({ createHost }: Library, options: HostOptions) => beside(createHost, options),
  play: ({ createHost }: Library, options: HostOptions) => play(createHost, options),
};

export type Task = 'start' | 'helpersAlone' | 'beside' | 'play';

async function outcomeOf(task: Task, options: HostOptions): Promise<Outcome<unknown>> {
  try {
    const library = (await import(new URL('src/index.js', DIST).href)) as Library;
    return { value: await TASKS[task](library, options) };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return { error: code === undefined ? { message } : { code, message } };
  }
}

/** A URL cannot be written in JSON: it comes as a path. */
function optionsOf(text: string): HostOptions[] {
  return JSON.parse(text, (key, value) => (key === 'wasm' ? new URL(value, location.origin) : value));
}

const query = new URLSearchParams(location.search);
const outcomes: Outcome<unknown>[] = [];
for (const options of optionsOf(query.get('hosts') ?? '[{}]')) {
  outcomes.push(await outcomeOf((query.get('task') ?? 'start') as Task, options));
}
const report = JSON.stringify(outcomes);
document.body.textContent = report;
await fetch('/report', { method: 'POST', body: report });
