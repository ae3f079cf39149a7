/**
 * Recovery, without threads: whatever the derived structures hold, they are rebuilt, nothing that a guest sees changes, and the
 * story goes on as the kernel's did. What is trusted, and so never damaged here, is listed in assembly/recover/recover.ts.
 */
import { expect, test } from 'vitest';
import { errnoOf, layout } from '../../../src/engine/index.ts';
import { attachHost, createHost, type Host, snapshotOf } from '../../../src/index.ts';
import { checkHost, engineOf, machineOf } from '../../support/inside.ts';
import { places, recoverAfterAll, recoverFromDamage } from './play.ts';

test.each(['content', 'hash'] as const)('%s order: after every operation of recordings of all kinds', async (index) => {
  await recoverAfterAll(index, places(index === 'hash' ? 1 : 3, 6));
});

test.each(['content', 'hash'] as const)('%s order: from random words in all that is derived', async (index) => {
  await recoverFromDamage(index, places(index === 'hash' ? 0 : 4, 8));
});

test('merging goes on: what can be merged is merged two passes later', async () => {
  const host = await createHost({ memory: '32M', seed: 1 });
  const spaces = [host.spawn(), host.spawn()];
  for (const space of spaces) {
    space.mmap(0, 400 * 4096);
    space.madvise(0, 400 * 4096, 'MERGEABLE');
    for (let page = 0; page < 400; page++) space.write(page * 4096, new Uint8Array(4096).fill(1 + (page % 100)));
  }
  host.ksm.settings.run = 1;
  host.ksm.settings.smart_scan = false;
  host.ksm.scan(500);
  host.recover();
  for (let pass = 0; pass < 3; pass++) while (!host.ksm.scan(100).passEnded) host.recover();
  checkHost(host);
  expect(host.ksm.counters().pages_shared).toBe(100);
  expect(host.ksm.counters().pages_sharing).toBe(700);
});

/** A host with two processes and another thread's view of it, which is dead from now on: nothing that it would still do is done. */
async function besideDead(): Promise<{ host: Host; dead: Host }> {
  const host = await createHost({ memory: '16M' });
  return { host, dead: attachHost(host.share()) };
}

test('a process whose maker died before anybody knew of it is gone; those that somebody knows of stay', async () => {
  const { host, dead } = await besideDead();
  const living = attachHost(host.share());
  const own = host.spawn();
  const known = dead.spawn();
  known.mmap(0, 4096);
  known.write(0, Uint8Array.of(7));
  const other = engineOf(living).call.spawn(0) >>> 0; // a thread that lives is just about to learn of it
  expect(errnoOf(engineOf(dead).call.fork(known.mm, known.id))).toBe(0); // and the dead one would have, of these
  expect(errnoOf(engineOf(dead).call.spawn(0))).toBe(0);
  host.recover(dead.worker);
  checkHost(host);
  expect(host.handles()).toEqual([own.handle, known.handle]);
  expect(host.usage().processes).toBe(3);
  const adopted = machineOf(living).processes.adopt(other);
  expect(host.handles()).toEqual([own.handle, known.handle, adopted.handle]);
  expect(host.process(known.handle).read(0, 1)[0]).toBe(7);
});

test('a process whose thread died in exec is found by its id', async () => {
  const { host, dead } = await besideDead();
  const space = host.spawn();
  space.mmap(0, 4096);
  space.prctl(67, 1);
  const { id, mm } = space.handle;
  const now = engineOf(dead).call.exec(mm, id) >>> 0; // the dead thread would have learnt of this address
  host.recover(dead.worker);
  checkHost(host);
  expect(host.handles()).toEqual([{ id, mm: now }]);
  const [found] = host.processes;
  expect(found?.handle).toEqual({ id, mm: now });
  expect([...(found?.resident() ?? [])]).toEqual([]);
  expect(found?.prctl(68)).toBe(1);
});

test('two threads die, one of them with the lock: the other waits for its turn', async () => {
  const { host, dead } = await besideDead();
  const holder = attachHost(host.share());
  const numbers = [dead.worker, holder.worker] as const;
  host.spawn().mmap(0, 4096);
  Atomics.store(engineOf(host).words, layout.LOCK / 4, numbers[1]);
  expect(() => host.recover(numbers[0])).toThrow(
    expect.objectContaining({ code: 'EAGAIN', message: expect.stringContaining(`host.recover(${numbers[1]})`) }),
  );
  host.recover(numbers[1]);
  host.recover(numbers[0]);
  checkHost(host);
  host.spawn();
});

test('no snapshot while a thread is just starting a process', async () => {
  const host = await createHost({ memory: '16M' });
  const other = attachHost(host.share());
  const mm = engineOf(other).call.spawn(0) >>> 0;
  const number = other.worker;
  expect(() => snapshotOf(host)).toThrow(
    expect.objectContaining({ code: 'EBUSY', message: expect.stringContaining(`worker ${number}`) }),
  );
  machineOf(other).processes.adopt(mm);
  snapshotOf(host);
});

test('recovery from nobody in particular is refused while another thread takes part', async () => {
  const host = await createHost({ memory: '16M' });
  const other = attachHost(host.share());
  expect(() => host.recover()).toThrow(
    expect.objectContaining({ code: 'EINVAL', message: expect.stringContaining(String(other.worker)) }),
  );
  other.leave();
  host.recover();
});
