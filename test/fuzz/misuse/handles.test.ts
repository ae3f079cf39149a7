/** Handles that outlive their process, and handles that nobody has given: none reads, writes or ends another's process. */
import { expect, test } from 'vitest';
import { attachHost, createHost, type Host, type KsmError } from '../../../src/index.ts';
import { checkHost } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';
import { refusal } from './refusal.ts';

const SMALL = { memory: '4M', pages: 4096, processes: 8, vmas: 64, seed: 1 } as const;

/** A process that ended, and another one in the record that it had. */
async function recordUsedAgain(): Promise<{
  host: Host;
  ended: ReturnType<Host['spawn']>;
  next: ReturnType<Host['spawn']>;
  mm: number;
}> {
  const host = await createHost(SMALL);
  const ended = host.spawn();
  ended.mmap(0, 4 * PAGE);
  ended.write(0, Uint8Array.of(1));
  const { mm } = ended;
  host.process(ended.handle).exit(); // by another handle, as another thread has one
  const next = host.spawn();
  next.mmap(0, 4 * PAGE);
  next.write(0, Uint8Array.of(2));
  expect(next.mm).toBe(mm);
  return { host, ended, next, mm };
}

test.each([false, true])('a handle of a process that has ended reaches nobody (shared: %s)', async (isShared) => {
  const { host, ended, next, mm } = await recordUsedAgain();
  if (isShared) host.share();
  const calls: (() => unknown)[] = [
    () => ended.read(0, 1),
    () => ended.write(0, Uint8Array.of(9)),
    () => ended.write(0, new Uint8Array(2 * PAGE)),
    () => ended.read(0, 2 * PAGE),
    () => ended.touch(0, PAGE),
    () => ended.mmap(null, PAGE),
    () => ended.mmap(0, PAGE),
    () => ended.munmap(0, PAGE),
    () => ended.mprotect(0, PAGE, 'r'),
    () => ended.madvise(0, PAGE, 'MERGEABLE'),
    () => ended.mlock(0, PAGE),
    () => ended.munlock(0, PAGE),
    () => ended.prctl(67, 1),
    () => ended.prctl(68),
    () => ended.pin(0),
    () => ended.fork(),
    () => ended.exec(),
    () => ended.exit(),
    () => ended.frameOf(0),
    () => [...ended.resident()],
    () => ended.unsharedPages(),
    () => ended.ksmStat(),
    () => ended.mm,
    () => ended.handle,
    () => host.process({ id: ended.id, mm }),
  ];
  for (const call of calls) expect(call, String(call)).toThrow(refusal('ESRCH'));
  expect(ended.alive).toBe(false);
  expect(host.processes).toEqual([next]);
  expect(next.read(0, 1)[0]).toBe(2);
  checkHost(host);
});

test('beside other threads a translation of a process that has ended is of no use', async () => {
  const host = await createHost(SMALL);
  const other = attachHost(host.share());
  const mine = host.spawn();
  mine.mmap(0, 8 * PAGE);
  mine.write(0, Uint8Array.of(1)); // remembers where the page lies
  other.process(mine.handle).exit();
  const next = other.spawn();
  next.mmap(0, 8 * PAGE);
  next.write(0, Uint8Array.of(2));
  expect(() => mine.write(0, Uint8Array.of(9))).toThrow(refusal('ESRCH'));
  expect(() => mine.read(0, 1)).toThrow(refusal('ESRCH'));
  expect(next.read(0, 1)[0]).toBe(2);
  checkHost(host);
});

test('pages that end while they are listed are those of one moment each, and never another’s', async () => {
  const host = await createHost(SMALL);
  const space = host.spawn();
  space.mmap(0, 1024 * PAGE);
  for (const page of [0, 1, 600]) space.write(page * PAGE, Uint8Array.of(1));
  const found: number[] = [];
  const list = space.resident();
  for (let each = list.next(); !each.done; each = list.next()) {
    found.push(each.value.address / PAGE);
    if (found.length === 2) {
      space.exit();
      host.spawn().mmap(0, 1024 * PAGE);
      break;
    }
  }
  expect(found).toEqual([0, 1]);
  expect(() => list.next()).toThrow(refusal('ESRCH'));
});

test.each([
  ['nothing', undefined, 'EINVAL'],
  ['null', null, 'EINVAL'],
  ['an empty object', {}, 'EINVAL'],
  ['words', { id: '1', mm: '65536' }, 'EINVAL'],
  ['fractions', { id: 1.5, mm: 65536 }, 'EINVAL'],
  ['more than 32 bits', { id: 1, mm: 65536 + 2 ** 32 }, 'EINVAL'],
  ['an mm that is none', { id: 1, mm: 7 }, 'ESRCH'],
  ['an mm between two', { id: 1, mm: 65536 + 4 }, 'ESRCH'],
  ['an mm that was never used', { id: 1, mm: 65536 + 64 * 7 }, 'ESRCH'],
  ['an mm beyond all', { id: 1, mm: 2 ** 32 - 64 }, 'ESRCH'],
  ['another id', { id: 2, mm: 65536 }, 'ESRCH'],
])('a handle that was made up is refused: %s', async (_name, handle, code) => {
  const host = await createHost(SMALL);
  host.spawn();
  expect(() => host.process(handle as never)).toThrow(refusal(code as KsmError['code']));
});

test('the memory behind shared mappings is no process', async () => {
  const host = await createHost(SMALL);
  const space = host.spawn();
  space.mmap(0, PAGE, { shared: true });
  space.write(0, Uint8Array.of(1));
  const object = space.mm + 64;
  expect(() => host.process({ id: 0, mm: object })).toThrow(refusal('ESRCH'));
});

test('after exec the process goes on in another mm, and the handle from before is over', async () => {
  const host = await createHost(SMALL);
  const space = host.spawn();
  const before = space.handle;
  space.exec();
  expect(() => host.process(before)).toThrow(refusal('ESRCH'));
  expect(host.process(space.handle).id).toBe(space.id);
});
