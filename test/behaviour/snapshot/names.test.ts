/** Snapshots of hosts of names: what is in them, what is not, and what is refused. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { layout } from '../../../src/engine/index.ts';
import { type AddressSpace, type FrameId, type Host, restoreHost, snapshotOf } from '../../../src/index.ts';
import { checkHost, engineOf } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';
import { collect, forged, memoryOf, parse, pass, refusal, saved, smallHost } from './helpers.ts';

const SECRET = 0x1234_5678_9abc_def0n;

function guest(host: Host, names: readonly bigint[]): AddressSpace {
  const space = host.spawn();
  space.mmap(0, names.length * PAGE);
  space.madvise(0, names.length * PAGE, 'MERGEABLE');
  for (const [page, name] of names.entries()) space.setName(page * PAGE, name);
  return space;
}

const namesOf = (space: AddressSpace): bigint[] => [...space.resident()].map(({ address }) => space.getName(address));

/** Names in many pages of the memory, merged ones, zero ones, and some of a child's own. */
async function busyHost(): Promise<Host> {
  const host = await smallHost({ page: 'names' });
  const space = guest(
    host,
    Array.from({ length: 1200 }, (_, page) => BigInt(page % 700) << 33n),
  );
  host.ksm.settings.use_zero_pages = true;
  pass(host);
  pass(host);
  space.fork().setName(PAGE, SECRET);
  return host;
}

test('a restored host has the names, frames and counters, and merges on', async () => {
  const host = await busyHost();
  const [once, bytes] = [host.ksm.counters(), await saved(host)];
  expect(once.pages_sharing).toBeGreaterThan(0);
  expect(once.ksm_zero_pages).toBeGreaterThan(0);
  const again = await restoreHost(bytes);
  checkHost(again);
  expect(again.ksm.counters()).toEqual(once);
  expect(again.processes.map(namesOf)).toEqual(host.processes.map(namesOf));
  expect(again.processes[1]?.getName(PAGE)).toBe(SECRET);
  expect(Buffer.compare(await saved(again), bytes)).toBe(0);
  for (const each of [host, again]) {
    guest(each, [SECRET, SECRET, 0n]);
    pass(each);
    pass(each);
  }
  expect(again.ksm.counters()).toEqual(host.ksm.counters());
  expect(again.processes.map((space) => [...space.resident()])).toEqual(
    host.processes.map((space) => [...space.resident()]),
  );
});

test('nothing is left of the names of a process that ended', async () => {
  const host = await smallHost({ page: 'names' });
  const space = guest(host, [SECRET, 5n]);
  const place = host.addressOf(space.frameOf(0) as FrameId);
  const nameIn = (memory: Uint8Array): bigint => new DataView(memory.buffer).getBigUint64(place, true);
  expect(nameIn(memoryOf(parse(await saved(host))))).toBe(SECRET);
  space.exit();
  expect(engineOf(host).bigU64(place)).toBe(SECRET); // else this would show nothing
  expect(nameIn(memoryOf(parse(await saved(host))))).toBe(0n);
});

test('there is no key to leave out: it is the same file, and no seed is wanted', async () => {
  const host = await busyHost();
  const bytes = await saved(host);
  expect(Buffer.compare(await collect(snapshotOf(host, { key: false })), bytes)).toBe(0);
  expect(await refusal(restoreHost(bytes, { seed: 1 }))).toMatchObject({ code: 'EINVAL' });
});

test('what a death has left behind is rebuilt', async () => {
  const host = await busyHost();
  const [names, bytes] = [host.processes.map(namesOf), await saved(host)];
  const broken = forged(bytes, (memory) => memory.setUint32(layout.H_PAGES_SHARING, 77_777, true));
  expect(await refusal(restoreHost(broken))).toMatchObject({ code: 'EFORMAT' });
  const again = await restoreHost(broken, { recover: true });
  checkHost(again);
  expect(again.processes.map(namesOf)).toEqual(names);
});

test('the engine for the other kind of page is refused, and so is a kind that there is not', async () => {
  const [names, bytes] = await Promise.all([busyHost().then(saved), smallHost().then(saved)]);
  const binary = (file: string): Uint8Array<ArrayBuffer> =>
    new Uint8Array(readFileSync(new URL(`../../../build/${file}`, import.meta.url)));
  const wasm = { names: binary('engine.names.wasm'), bytes: binary('engine.wasm') };
  expect((await restoreHost(names, { wasm: wasm.names })).processes).toHaveLength(2);
  for (const [file, other] of [
    [names, wasm.bytes],
    [bytes, wasm.names],
  ] as const) {
    const error = await refusal(restoreHost(file, { wasm: other }));
    expect(error).toMatchObject({ code: 'EINVAL', message: expect.stringContaining('which the snapshot has') });
  }
  const inContentOrder = (memory: DataView): void => memory.setUint32(layout.H_INDEX, layout.INDEX_CONTENT, true);
  const unknown = (memory: DataView): void => memory.setUint32(layout.H_PAGE_KIND, 2, true);
  const swapped = (memory: DataView): void => memory.setUint32(layout.H_PAGE_KIND, layout.PAGE_BYTES_KIND, true);
  for (const change of [inContentOrder, unknown, swapped])
    expect(await refusal(restoreHost(forged(names, change)))).toMatchObject({ code: 'EFORMAT' });
});
