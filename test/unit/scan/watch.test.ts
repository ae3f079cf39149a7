/** A scan that never waits for anything still hears who wants it to stop, and shows how far it is. */
import { expect, test } from 'vitest';
import { Watch } from '../../../src/scan/index.ts';

test('other work gets its turn: a signal that comes from it ends the scan', async () => {
  const abort = new AbortController();
  const shown: string[] = [];
  const watch = new Watch({ show: (label, done, whole) => shown.push(`${label} ${done}/${whole}`) }, abort.signal);
  setImmediate(() => abort.abort(new Error('from the event loop')));
  const working = (async () => {
    for (;;) await watch.look('working', 1, 2);
  })();
  await expect(working).rejects.toThrow('from the event loop');
  expect(shown).toEqual(['working 1/2']);
});
