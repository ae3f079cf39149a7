/**
 * The engine over names does what the engine over bytes does: results, every counter, every ksm_stat and group of frames after every
 * operation of every recording, and on several NUMA nodes where each page lies; in both orders of the trees. The invariants hold after
 * every few.
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { createHost } from '../../../src/index.ts';
import { readTrace } from '../../../src/trace/index.ts';
import { checkHost } from '../../support/inside.ts';
import { Contents, NamesPlayer, orders, playBoth } from '../../support/names-player.ts';
import { ExtendedPlayer, readExtended } from '../golden2/player.ts';

const END = '.trace.jsonl';
/** The walk over all of a machine takes six times as long as an operation on both hosts. */
const CHECK_EVERY = 16;

const tracesIn = (folder: string): string[] =>
  readdirSync(fileURLToPath(new URL(folder, import.meta.url))).filter((file) => file.endsWith(END));

const traces = tracesIn('../golden/');
const extended = ['found', 'numa', 'other'].flatMap((folder) =>
  tracesIn(`../golden2/${folder}/`).map((file) => `${folder}/${file.slice(0, -END.length)}`),
);

describe.each(traces)('%s', (file) => {
  test('names and bytes agree after every operation', async () => {
    const trace = await readTrace(fileURLToPath(new URL(`../golden/${file}`, import.meta.url)));
    for (const [index, naming] of orders(new Contents())) {
      let steps = 0;
      for await (const { bytes, names } of playBoth(trace, { index }, CHECK_EVERY, naming())) {
        expect(names, `${index}, operation ${steps}: ${trace.operations[steps]?.op}`).toEqual(bytes);
        steps++;
      }
      expect(steps).toBe(trace.operations.length);
    }
  });
});

describe.each(extended)('%s', (name) => {
  test('names and bytes agree after every operation', async () => {
    const { nodes, operations } = readExtended(name);
    for (const [index, naming] of orders(new Contents())) {
      const host = { memory: '128M', nodes, index, seed: 1 } as const;
      const bytes = await createHost(host);
      const names = await createHost({ ...host, memory: '10M', page: 'names' });
      const player = new NamesPlayer(bytes, names, (one) => new ExtendedPlayer(one), naming());
      for (const [at, operation] of operations.entries()) {
        const steps = player.play(operation);
        expect(steps.names, `${index}, operation ${at}: ${operation.op}`).toEqual(steps.bytes);
        if (at % CHECK_EVERY === 0) checkHost(names);
      }
      checkHost(names);
      bytes[Symbol.dispose]();
      names[Symbol.dispose]();
    }
  });
});
