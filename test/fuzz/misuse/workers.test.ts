/**
 * Numbers of threads: never given twice, known before their thread can die, and named for what they are. Who is taken for dead, or has
 * left, does nothing any more.
 */
import { describe, expect, test } from 'vitest';
import { layout, recordOf } from '../../../src/engine/index.ts';
import { attachHost, createHost, type Host, KsmError } from '../../../src/index.ts';
import { checkHost, engineOf } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';
import { refusal } from './refusal.ts';

const SMALL = { memory: '4M', pages: 4096, processes: 8, vmas: 64, seed: 1 } as const;

async function shared(others: number): Promise<[Host, ...Host[]]> {
  const host = await createHost(SMALL);
  const parts = host.share();
  return [host, ...Array.from({ length: others }, () => attachHost(parts))];
}

describe('recover', () => {
  test('without a number is refused while others take part, and names them', async () => {
    const [host, other] = await shared(1);
    expect(() => host.recover()).toThrow(refusal('EINVAL', String(other?.worker)));
    expect(() => host.recover(0)).toThrow(refusal('EINVAL'));
    other?.leave();
    host.recover();
  });

  test('of a number that is nobody’s is refused', async () => {
    const [host, other] = await shared(1);
    const { worker = 0 } = other ?? {};
    for (const number of [1, 9, 50, 63, host.worker + 64, worker + 64, worker - 64, 2 ** 31, 2 ** 32 - 1]) {
      expect(() => host.recover(number), String(number)).toThrow(refusal('ESRCH', String(number)));
    }
    for (const junk of [-1, 0.5, Number.NaN, 2 ** 32, '65', 65n, null, {}]) {
      expect(() => host.recover(junk as never), String(junk)).toThrow(refusal('EINVAL'));
    }
    expect(() => host.recover(host.worker)).toThrow(refusal('EINVAL'));
    checkHost(host);
  });

  test('of one that was there before is refused, though its record is another’s by now', async () => {
    const [host, other] = await shared(1);
    const before = other?.worker ?? 0;
    other?.leave();
    const next = attachHost(host.share());
    expect(next.worker % 64).toBe(before % 64);
    expect(() => host.recover(before)).toThrow(refusal('ESRCH'));
    next.spawn();
  });

  test('of one that another recovers from at the same time does not touch who has its record by then', async () => {
    const [host, dead] = await shared(1);
    const engine = engineOf(host);
    const number = (dead as Host).worker;
    const word = (field: number): number => (recordOf(number) + field) / 4;
    engine.words[word(layout.WORKER_NUMBER)] = (number | layout.WORKER_EXPELLED) >>> 0; // so far the other one has come
    engine.words[layout.LOCK / 4] = number;
    host.recover(number);
    const next = attachHost(host.share());
    expect(next.worker % 64).toBe(number % 64);
    engine.call.accessWalk(next.worker);
    expect(() => host.recover(number)).toThrow(refusal('ESRCH'));
    expect(engine.call.workerLeave(number)).toBe(-layout.ESRCH);
    expect(engine.words[word(layout.WORKER_ACCESS)]).toBe(layout.ACCESS_WALK);
    expect(engine.words[word(layout.WORKER_ATTACHED)]).toBe(next.worker);
    engine.call.accessEnd(next.worker);
    next.spawn();
  });

  test('of one whose number is gone gives back the lock that it took in its last moment', async () => {
    const [host, dead] = await shared(1);
    const number = (dead as Host).worker;
    host.recover(number);
    engineOf(host).words[layout.LOCK / 4] = number;
    host.recover(number);
    expect(engineOf(host).words[layout.LOCK / 4]).toBe(0);
    checkHost(host);
  });

  test('of a helper that was at a job tells who waits for it', async () => {
    const [host] = await shared(0);
    const helper = host.reserveWorker();
    engineOf(host).words[(recordOf(helper) + layout.WORKER_BUSY) / 4] = helper;
    host.recover(helper);
    expect(engineOf(host).words[layout.LINUX_JOB_LOST / 4]).toBe(1);
    expect(engineOf(host).words[(recordOf(helper) + layout.WORKER_BUSY) / 4]).toBe(0);
  });

  test('by a thread that may not sleep comes to an end', async () => {
    const [host, dead] = await shared(1);
    const number = (dead as Host).worker;
    engineOf(host).words[(host.record + layout.WORKER_SLEEPLESS) / 4] = 1;
    engineOf(host).words[layout.LOCK / 4] = number;
    host.recover(number);
    checkHost(host);
  });

  test('of a thread that lives takes it out, and harms nobody', async () => {
    const [host, other] = await shared(1);
    const guest = (other as Host).spawn();
    guest.mmap(0, 8 * PAGE);
    guest.write(0, Uint8Array.of(1));
    host.recover((other as Host).worker);
    checkHost(host);
    for (const call of [
      () => guest.write(0, Uint8Array.of(9)),
      () => guest.read(0, 1),
      () => guest.mmap(null, PAGE),
      () => other?.spawn(),
      () => other?.ksm.counters() && other?.ksm.write('run', '1'),
      () => other?.recover(host.worker),
    ]) {
      expect(call, String(call)).toThrow(refusal('ESRCH', 'took it for dead'));
    }
    const next = attachHost(host.share()); // has its record now
    const heir = next.process({ id: guest.id, mm: host.handles()[0]?.mm ?? 0 });
    expect(heir.read(0, 1)[0]).toBe(1);
    expect(() => guest.write(0, Uint8Array.of(9))).toThrow(refusal('ESRCH'));
    heir.write(0, Uint8Array.of(2));
    expect(engineOf(host).u32(recordOf(next.worker) + layout.WORKER_ACCESS)).toBe(0);
    checkHost(next);
  });
});

describe('numbers', () => {
  test('are listed, and never given twice', async () => {
    const [host] = await shared(0);
    const seen = new Set<number>([host.worker]);
    for (let again = 0; again < 200; again++) {
      const other = attachHost(host.share());
      expect(seen.has(other.worker)).toBe(false);
      seen.add(other.worker);
      expect(host.workers()).toEqual([host.worker, other.worker].sort((one, next) => one - next));
      other.leave();
    }
    expect(host.workers()).toEqual([host.worker]);
  });

  test('are not used up by attaching with what is refused', async () => {
    const host = await createHost(SMALL);
    const parts = host.share();
    for (const options of [{ onWarning: 5 }, { workerUrl: 5 }, { clock: 5 }, { worker: 2 ** 31 }, { worker: 0 }]) {
      expect(() => attachHost(parts, options as never)).toThrow(refusal('EINVAL'));
    }
    const fakes = [WebAssembly.Module.prototype, WebAssembly.Memory.prototype].map((prototype) =>
      Object.create(prototype),
    );
    expect(() => attachHost({ ...parts, module: fakes[0] })).toThrow(refusal('EINVAL'));
    expect(() => attachHost({ ...parts, memory: fakes[1] })).toThrow(refusal('EINVAL'));
    expect(host.workers()).toEqual([host.worker]);
  });

  test('that cannot be: 0, and one that is taken for dead', async () => {
    const [host, other] = await shared(1);
    const { call, words } = engineOf(host);
    const number = (other as Host).worker;
    words[(recordOf(number) + layout.WORKER_NUMBER) / 4] = (number | layout.WORKER_EXPELLED) >>> 0;
    for (const wrong of [0, (number | layout.WORKER_EXPELLED) >>> 0, number]) {
      expect(call.workerAttach(wrong)).toBe(-layout.ESRCH);
      expect(call.lockTry(wrong)).toBe(-layout.ESRCH);
      call.accessWalk(wrong);
      expect(words[(recordOf(wrong) + layout.WORKER_ACCESS) / 4]).toBe(0);
    }
  });

  test('run out at 64, which says whom to recover from', async () => {
    const [host] = await shared(63);
    expect(() => attachHost(host.share())).toThrow(refusal('EAGAIN', `${host.workers().at(-1)}`));
    host.recover(host.workers().find((number) => number !== host.worker));
    attachHost(host.share());
  });

  test('of a record are used up at the width of its count, and then it stays unused', async () => {
    const [host] = await shared(0);
    const record = recordOf(1) + layout.WORKER_GENERATION;
    for (const [given, expected] of [
      [layout.WORKER_GENERATIONS - 2, layout.WORKER_GENERATIONS - 1],
      [layout.WORKER_GENERATIONS - 1, layout.WORKER_GENERATIONS],
    ] as const) {
      engineOf(host).setU32(record, given);
      const other = attachHost(host.share());
      expect(other.worker).toBe(expected * 64 + 1);
      other.spawn().exit();
      other.leave();
    }
    const other = attachHost(host.share());
    expect(other.worker % 64).toBe(2);
    other.spawn();
    checkHost(other);
  });

  test('can be kept for a thread before it is started, and given back where it dies before it attaches', async () => {
    const [host] = await shared(0);
    const worker = host.reserveWorker();
    expect(host.workers()).toContain(worker);
    const other = attachHost(host.share(), { worker });
    expect(other.worker).toBe(worker);
    expect(() => attachHost(host.share(), { worker })).toThrow(refusal('EBUSY'));
    expect(() => attachHost(host.share(), { worker: 7 })).toThrow(refusal('ESRCH'));
    const unused = host.reserveWorker();
    host.recover(unused);
    expect(host.workers()).not.toContain(unused);
    checkHost(host);
  });
});

describe('after leave or dispose', () => {
  test.each([
    ['leave', (host: Host) => host.leave()],
    ['dispose', (host: Host) => host[Symbol.dispose]()],
  ])('%s every call is refused, and the number is free', async (_name, end) => {
    const [host, other] = (await shared(1)) as [Host, Host];
    const space = other.spawn();
    space.mmap(0, PAGE);
    const pin = space.pin(0, 'write');
    const { worker } = other;
    end(other);
    for (const call of [
      () => space.read(0, 1),
      () => space.write(0, Uint8Array.of(1)),
      () => space.exit(),
      () => space.alive,
      () => pin.release(),
      () => other.spawn(),
      () => other.processes,
      () => other.worker,
      () => other.memory,
      () => other.ksm.scan(1),
      () => other.ksm.counters(),
      () => other.ksm.settings.run,
      () => other.usage(),
      () => checkHost(other),
      () => other.recover(host.worker),
      () => other.share(),
    ]) {
      expect(call, String(call)).toThrow(refusal('EBADF'));
    }
    await expect(other.ksmd.start()).rejects.toEqual(refusal('EBADF'));
    expect(host.workers()).not.toContain(worker);
    host.process({ id: space.id, mm: host.handles()[0]?.mm ?? 0 }).write(0, Uint8Array.of(3));
    checkHost(host);
    end(other); // more does no harm
  });

  test('a host that nobody shares is closed, too', async () => {
    const host = await createHost(SMALL);
    const space = host.spawn();
    host.leave();
    expect(() => space.mmap(0, PAGE)).toThrow(refusal('EBADF'));
    expect(() => host.spawn()).toThrow(refusal('EBADF'));
  });
});

describe('what is shared', () => {
  test.each([
    ['nothing', undefined, 'EINVAL'],
    ['a number', 5, 'EINVAL'],
    ['an empty object', {}, 'EINVAL'],
  ])('is what share gave, not %s', (_name, given, code) => {
    expect(() => attachHost(given as never)).toThrow(refusal(code as KsmError['code']));
  });

  test('is the engine and the whole memory of a host', async () => {
    const host = await createHost({ memory: '2M', pages: 1024, processes: 4, vmas: 16 });
    const { module, memory } = host.share();
    const blank = (pages: number, shared = true): WebAssembly.Memory =>
      new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
    const filled = (pages: number, fill: (words: Uint32Array) => void): WebAssembly.Memory => {
      const made = blank(pages);
      fill(new Uint32Array(made.buffer));
      return made;
    };
    const half = filled(16, (words) => words.set(new Uint32Array(memory.buffer, 0, words.length)));
    const old = filled(32, (words) => {
      words[layout.H_MAGIC / 4] = layout.MAGIC;
      words[layout.H_VERSION / 4] = 2;
    });
    const bare = filled(32, (words) => {
      words[layout.H_MAGIC / 4] = layout.MAGIC;
      words[layout.H_VERSION / 4] = layout.LAYOUT_VERSION;
    });
    const foreign = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
    for (const [given, code] of [
      [{ module, memory: new SharedArrayBuffer(1 << 21) }, 'EINVAL'],
      [{ module, memory: blank(32, false) }, 'EINVAL'],
      [{ module: foreign, memory }, 'EINVAL'],
      [{ module, memory: blank(32) }, 'EFORMAT'],
      [{ module, memory: blank(1) }, 'EFORMAT'],
      [{ module, memory: half }, 'EFORMAT'],
      [{ module, memory: old }, 'EFORMAT'],
      [{ module, memory: bare }, 'EFORMAT'],
    ] as const) {
      expect(() => attachHost(given as never)).toThrow(refusal(code));
    }
  });
});

test('everything that is refused is a KsmError', () => {
  expect(new KsmError('EBADF', 'x').errno).toBe(9);
});
