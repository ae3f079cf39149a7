/**
 * A host that is saved and restored is the host that it was. A trace that goes on in it is played as in one that was never saved: in
 * content order as the kernel recorded it, for names as a host of bytes says.
 */
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AddressSpace, createHost, type Host, type HostOptions, restoreHost } from '../../../src/index.ts';
import {
  firstDifference,
  hostSize,
  Player,
  playTrace,
  type RecordingLine,
  readRecording,
  readTrace,
  recordingPath,
  type Trace,
} from '../../../src/trace/index.ts';
import { collect } from '../../support/collect.ts';
import { checkHost } from '../../support/inside.ts';
import { NamesPlayer } from '../../support/names-player.ts';
import { saved } from './helpers.ts';

const FAMILIES = [
  'admin',
  'basic',
  'chains',
  'life',
  'memory',
  'multi',
  'quiet',
  'smart',
  'unmerge',
  'volatile',
  'zero',
];
const path = (name: string): string =>
  fileURLToPath(new URL(`../../recordings/golden/${name}.trace.jsonl`, import.meta.url));
const CLOCK = { now: () => 0, cpu: () => 0n, sleep: async () => {} };

/** Room enough for every golden trace, and quickly saved. */
const SMALL: HostOptions = { memory: '48M', pages: 32_768 };

/**
 * What a player takes for one host, though it is another one after each restore(). It holds processes by their ids, as
 * whoever restores a snapshot has to.
 */
class Relay {
  host: Host;

  constructor(host: Host) {
    this.host = host;
  }

  get ksm(): Host['ksm'] {
    return this.host.ksm;
  }

  vmstat(): ReturnType<Host['vmstat']> {
    return this.host.vmstat();
  }

  spawn(): AddressSpace {
    return this.#relayed(this.host.spawn().id);
  }

  async restore(): Promise<void> {
    const before = await saved(this.host);
    const restored = await restoreHost(before, { clock: CLOCK });
    checkHost(restored);
    expect(whole(restored)).toEqual(whole(this.host));
    expect(Buffer.compare(await saved(restored), before)).toBe(0);
    this.host[Symbol.dispose]();
    this.host = restored;
  }

  #relayed(id: number): AddressSpace {
    const call = (key: string | symbol, args: unknown[]): unknown => {
      const space = this.host.processes.find((process) => process.id === id);
      if (space === undefined) throw new Error(`process ${id} is not in the host`);
      const result: unknown = Reflect.apply(Reflect.get(space, key) as () => unknown, space, args);
      return key === 'fork' ? this.#relayed((result as AddressSpace).id) : result;
    };
    const handler: ProxyHandler<object> = {
      get:
        (_, key) =>
        (...args: unknown[]) =>
          call(key, args),
    };
    return new Proxy({}, handler) as AddressSpace;
  }
}

/** All that can be asked of a host. */
function whole(host: Host): object {
  return {
    files: Object.entries(host.ksm.settings),
    counters: host.ksm.counters(),
    vmstat: host.vmstat(),
    limits: host.limits,
    usage: host.usage(),
    dirtyTracking: host.dirtyTracking,
    processes: host.processes.map((space) => ({
      id: space.id,
      stat: space.ksmStat(),
      unshared: space.unsharedPages(),
      resident: [...space.resident()],
    })),
  };
}

/** Plays a trace, saving and restoring the host before the operations at `points`. */
async function playRestoring(trace: Trace, options: HostOptions, points: readonly number[]): Promise<RecordingLine[]> {
  const relay = new Relay(await createHost({ ...hostSize(trace), ...SMALL, clock: CLOCK, ...options }));
  const player = new Player(relay as unknown as Host);
  const lines: RecordingLine[] = [{ op: 'trace', version: 1, name: trace.name, kernel: '' }];
  for (const [at, operation] of trace.operations.entries()) {
    if (points.includes(at)) await relay.restore();
    lines.push(player.play(operation));
  }
  await relay.restore();
  relay.host[Symbol.dispose]();
  return lines;
}

/** Plays a trace on a host of bytes, and on one of names that is saved and restored before the operations at `points`. */
async function expectNamesGoOn(trace: Trace, points: readonly number[]): Promise<void> {
  const options = { ...hostSize(trace), ...SMALL, index: 'hash', seed: 1, clock: CLOCK } as const;
  const bytes = await createHost(options);
  const relay = new Relay(await createHost({ ...options, page: 'names', memory: '16M' }));
  const player = new NamesPlayer(bytes, relay as unknown as Host, (host) => new Player(host));
  for (const [at, operation] of trace.operations.entries()) {
    if (points.includes(at)) await relay.restore();
    const steps = player.play(operation);
    expect(steps.names, `operation ${at}`).toEqual(steps.bytes);
  }
  await relay.restore();
  bytes[Symbol.dispose]();
  relay.host[Symbol.dispose]();
}

describe.each(FAMILIES)('%s', (family) => {
  const pointsOf = (trace: Trace): fc.Arbitrary<number[]> =>
    fc.uniqueArray(fc.nat(trace.operations.length - 1), { minLength: 1, maxLength: 3 });

  test('content order goes on as the kernel did', async () => {
    const trace = await readTrace(path(`${family}-1`));
    const kernel = await readRecording(recordingPath(path(`${family}-1`)));
    const goesOn = async (points: number[]): Promise<void> => {
      const lines = await playRestoring(trace, { index: 'content' }, points);
      expect(firstDifference(trace, kernel, lines)).toBeUndefined();
    };
    await fc.assert(fc.asyncProperty(pointsOf(trace), goesOn), { numRuns: 1 });
  });

  test('hash order goes on as it would have', async () => {
    const trace = await readTrace(path(`${family}-2`));
    const host = { index: 'hash', seed: 1, dirtyTracking: 'on' } as const;
    const uninterrupted = await collect(playTrace(trace, { host: { ...SMALL, ...host } }));
    const goesOn = async (points: number[]): Promise<void> => {
      const lines = await playRestoring(trace, host, points);
      expect(lines.slice(1)).toEqual(uninterrupted.slice(1));
    };
    await fc.assert(fc.asyncProperty(pointsOf(trace), goesOn), { numRuns: 1 });
  });

  test('names go on as bytes do that were never saved', async () => {
    const trace = await readTrace(path(`${family}-2`));
    const goesOn = (points: number[]): Promise<void> => expectNamesGoOn(trace, points);
    await fc.assert(fc.asyncProperty(pointsOf(trace), goesOn), { numRuns: 1 });
  });
});
