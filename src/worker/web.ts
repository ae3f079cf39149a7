/**
 * The file that a worker of a browser is started from. It awaits nothing and imports nothing while it runs: some bundlers put
 * workers into one classic script, which can do neither.
 */
import { END, RING, type Sent } from '../port.ts';
import { serve } from './serve.ts';

const post = (message: number): void => globalThis.postMessage(message);

globalThis.onmessage = ({ data: { init, lock } }: MessageEvent<Sent>) => {
  const end = (): void => {
    post(END);
    globalThis.close();
  };
  void navigator.locks.request(lock, () => {
    // As a task of its own: what fails in here would only reject the lock's promise, and nobody would hear of it.
    queueMicrotask(() => serve({ init, ready: post, ring: () => post(RING), end }));
    return new Promise<never>(() => {}); // held until the end
  });
};
post(RING); // listening
