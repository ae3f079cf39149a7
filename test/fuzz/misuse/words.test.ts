/** Words, options, numbers and bytes: what is misread is refused, with what was given, what is accepted and the nearest name. */
import { describe, expect, test } from 'vitest';
import { createHost } from '../../../src/index.ts';
import { checkHost } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';
import { guest, SMALL, type Space } from './guest.ts';
import { refused } from './refusal.ts';

describe('write', () => {
  const bytes = [7, 8, 9, 10, 11, 12, 13, 14];
  const { buffer } = Uint8Array.from(bytes);

  test.each([
    ['an ArrayBuffer', buffer],
    ['a DataView', new DataView(buffer)],
    ['16-bit numbers', new Uint16Array(buffer)],
    ['64-bit numbers', new BigInt64Array(buffer)],
    ['floats', new Float32Array(buffer)],
    ['a Buffer', Buffer.from(bytes)],
    ['shared memory', new Uint8Array(new SharedArrayBuffer(8)).fill(5)],
  ])('takes %s by its bytes', async (_name, given) => {
    const { space } = await guest();
    space.write(PAGE - 4, given); // over the end of a page
    const view = ArrayBuffer.isView(given) ? given : new Uint8Array(given);
    const expected = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    expect([...space.read(PAGE - 4, 8)]).toEqual([...expected]);
    expect([...space.read(PAGE + 4, 1)]).toEqual([0]);
  });

  test('takes the part of the memory that a view covers', async () => {
    const { space } = await guest();
    space.write(0, new Uint16Array(buffer, 2, 2));
    space.write(10, new DataView(buffer, 1, 3));
    expect([...space.read(0, 14)]).toEqual([9, 10, 11, 12, 0, 0, 0, 0, 0, 0, 8, 9, 10, 0]);
  });

  test.each([5, 'abc', '', undefined, null, true, 5n, [1, 2], { length: 3 }, new Map(), () => 1, Symbol('s')])(
    'refuses %s, and writes nothing',
    async (given) => {
      const { space } = await guest();
      space.write(0, Uint8Array.of(1));
      refused(() => space.write(0, given as never), 'EINVAL', 'write', 'ArrayBuffer');
      expect([...space.read(0, 4)]).toEqual([1, 0, 0, 0]);
    },
  );

  test('refuses memory that was transferred away', async () => {
    const { space } = await guest();
    for (const given of [new Uint8Array(8), new DataView(new ArrayBuffer(8)), new ArrayBuffer(8)]) {
      structuredClone(0, { transfer: ['buffer' in given ? given.buffer : given] });
      refused(() => space.write(0, given), 'EINVAL', 'transferred');
    }
  });

  test('takes no bytes at all', async () => {
    const { space } = await guest();
    space.write(0, new Uint8Array(0));
    space.write(0, new ArrayBuffer(0));
  });

  test('takes no proxy of bytes, and nothing that only inherits from them', async () => {
    const { host, space } = await guest();
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const fakes = [Uint8Array.prototype, DataView.prototype, ArrayBuffer.prototype].map((one) => Object.create(one));
    for (const fake of [new Proxy(new Uint8Array(4), {}), proxy, ...fakes]) {
      refused(() => space.write(0, fake), 'EINVAL', 'ArrayBuffer');
      refused(() => host.ksm.scan(1, fake), 'EINVAL', 'options');
    }
  });

  test('of shared memory that grows takes the view as long as it is', async () => {
    const { space } = await guest();
    const Growable = SharedArrayBuffer as unknown as new (length: number, options: object) => SharedArrayBuffer;
    space.write(0, new Uint8Array(new Growable(4, { maxByteLength: 2 * PAGE })).fill(6));
    expect([...space.read(0, 5)]).toEqual([6, 6, 6, 6, 0]);
  });

  test('asks the platform how long bytes are, and not their object', async () => {
    class Liar extends Uint8Array {
      override get length(): number {
        return 1;
      }
      override get byteLength(): number {
        return 1;
      }
    }
    const { host, space } = await guest();
    const other = host.spawn();
    other.mmap(0, PAGE);
    space.write(0, new Uint8Array(2 * PAGE).fill(1));
    other.write(0, new Uint8Array(PAGE).fill(2));
    const owned = Object.defineProperty(new Uint8Array(2 * PAGE).fill(4), 'length', { value: 1 });
    for (const liar of [new Liar(2 * PAGE).fill(3), owned]) {
      space.write(0, liar);
      expect(space.read(0, 2 * PAGE)).toEqual(new Uint8Array(2 * PAGE).fill(liar[0] as number));
      expect(other.read(0, PAGE)).toEqual(new Uint8Array(PAGE).fill(2));
    }
    checkHost(host);
  });
});

describe('addresses and lengths', () => {
  const END = 2 ** 39;

  test.each([Number.NaN, 1.5, Number.POSITIVE_INFINITY, '0', 0n, 5n, null, undefined, {}, [], true, Symbol('a')])(
    'the address %s is no address',
    async (address) => {
      const { space } = await guest();
      for (const call of [
        () => space.read(address as never, 1),
        () => space.write(address as never, Uint8Array.of(1)),
        () => space.touch(address as never, 1),
        () => space.frameOf(address as never),
        () => space.pin(address as never),
        () => space.munmap(address as never, PAGE),
        () => space.mprotect(address as never, PAGE, 'r'),
        () => space.madvise(address as never, PAGE, 'MERGEABLE'),
      ]) {
        refused(call, 'EINVAL', 'address');
      }
      if (address !== null) refused(() => space.mmap(address as never, PAGE), 'EINVAL', 'address');
    },
  );

  test.each([-1, -5, -PAGE, END, END + PAGE, 2 ** 44, 2 ** 53])('at %s nothing is', async (address) => {
    const { space } = await guest();
    refused(() => space.read(address, 1), 'EFAULT');
    refused(() => space.write(address, Uint8Array.of(1)), 'EFAULT');
    refused(() => space.touch(address, 1), 'EFAULT');
    refused(() => space.frameOf(address), 'EFAULT');
    refused(() => space.pin(address), 'EFAULT');
  });

  test.each([-5, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '1', 1n, null, undefined])(
    'the length %s is none',
    async (length) => {
      const { space } = await guest();
      for (const call of [
        () => space.read(0, length as never),
        () => space.touch(0, length as never),
        () => space.mmap(0, length as never),
        () => space.munmap(0, length as never),
      ]) {
        refused(call, 'EINVAL', 'length');
      }
    },
  );

  test('of a length that is not mapped to its end nothing is copied, however long it is', async () => {
    const { space } = await guest();
    for (const length of [2 ** 33, 2 ** 39 - PAGE]) {
      // Whichever is met first: what is not mapped, or that there is no room for a copy.
      expect(() => space.read(PAGE, length)).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/EFAULT|ENOMEM/) }),
      );
    }
    refused(() => space.read(0, 2 ** 40), 'EFAULT');
  });
});

describe('words', () => {
  test.each([
    ['mmap', (space: Space, word: never) => space.mmap(0, PAGE, { prot: word }), ['ro', 'R', 'RW', '', 5, {}]],
    ['mprotect', (space: Space, word: never) => space.mprotect(0, PAGE, word), ['ro', 'R', 'RW', 'NONE', undefined, 1]],
    ['madvise', (space: Space, word: never) => space.madvise(0, PAGE, word), ['mergeable', 'WILLNEED', 12, undefined]],
    ['pin', (space: Space, word: never) => space.pin(0, word), ['bogus', 'GET', 0, null, 'constructor']],
  ] as const)('of %s that are not on the list', async (_name, call, words) => {
    const { host, space } = await guest();
    for (const word of words) refused(() => call(space, word as never), 'EINVAL');
    space.write(0, Uint8Array.of(1)); // nothing has changed
    expect(space.read(0, 1)[0]).toBe(1);
    checkHost(host);
  });

  test('the nearest one is named', async () => {
    const { space } = await guest();
    refused(
      () => space.mmap(0, PAGE, { prot: 'ro' as never }),
      'EINVAL',
      '"ro"',
      '"rw", "r", or "none"',
      'Did you mean',
    );
    refused(() => space.madvise(0, PAGE, 'MERGABLE' as never), 'EINVAL', 'Did you mean "MERGEABLE"?');
  });
});

describe('settings', () => {
  test('that there are not', async () => {
    const { host } = await guest();
    const settings = host.ksm.settings as unknown as Record<string, unknown>;
    refused(
      () => {
        settings.pagestoscan = 1;
      },
      'EINVAL',
      'Did you mean "pages_to_scan"?',
    );
    refused(() => {
      settings.pages_shared = 1;
    }, 'EINVAL');
    refused(() => {
      delete settings.run;
    }, 'EINVAL');
    refused(() => Object.defineProperty(settings, 'run', { value: 1 }), 'EINVAL');
  });

  test.each([
    ['use_zero_pages', 'no'],
    ['use_zero_pages', 1],
    ['smart_scan', 'off'],
    ['smart_scan', undefined],
    ['run', '1'],
    ['run', true],
    ['run', 3],
    ['run', Number.NaN],
    ['pages_to_scan', -1],
    ['pages_to_scan', 1.5],
    ['sleep_millisecs', 5n],
    ['max_page_sharing', 1],
    ['advisor_mode', 'on'],
    ['advisor_mode', 0],
  ])('%s = %s is refused, and stays what it was', async (name, value) => {
    const { host } = await guest();
    const settings = host.ksm.settings as unknown as Record<string, unknown>;
    const before = settings[name];
    refused(
      () => {
        settings[name] = value;
      },
      'EINVAL',
      name,
    );
    expect(settings[name]).toBe(before);
  });

  test('as text: what is no text is refused', async () => {
    const { host } = await guest();
    refused(() => host.ksm.write('run', 1 as never), 'EINVAL', 'string');
    refused(() => host.ksm.write(5 as never, '1'), 'EINVAL');
    refused(() => host.ksm.read('nothing'), 'ENOENT');
    refused(() => host.ksm.read(Symbol('run') as never), 'EINVAL');
  });
});

describe('time', () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY, '0', 5n, null, {}])('now: %s', async (now) => {
    const { host } = await guest();
    host.ksm.settings.run = 1;
    refused(() => host.ksm.scan(1, { now: now as never }), 'EINVAL', 'now');
  });

  test('a clock that tells something else than time is refused when it is asked', async () => {
    const clock = { now: () => Number.NaN, cpu: () => 0n, sleep: async () => {} };
    const host = await createHost({ ...SMALL, clock });
    host.ksm.settings.run = 1;
    refused(() => host.ksm.scan(1), 'EINVAL', 'clock.now()');
  });
});

describe('an end', () => {
  test('of a host in the middle of ksmd’s loop ends the loop', async () => {
    const { host, space } = await guest();
    space.madvise(0, PAGE, 'MERGEABLE');
    host.ksm.settings.run = 1;
    let samples = 0;
    for await (const _ of host.ksmd.run()) {
      samples++;
      host.leave();
    }
    expect(samples).toBe(1);
  });

  test('a clock may ask the host, also at the end of a pass', async () => {
    const clock = { now: () => 0, cpu: () => BigInt(host.handles().length), sleep: async () => {} };
    const host = await createHost({ ...SMALL, clock });
    host.share();
    const space = host.spawn();
    space.mmap(0, PAGE);
    space.madvise(0, PAGE, 'MERGEABLE');
    host.ksm.settings.run = 1;
    host.ksm.settings.advisor_mode = 'scan-time';
    expect(host.ksm.scan(10)).toMatchObject({ passEnded: true });
  });
});

test('errors say their own cause', async () => {
  const { space } = await guest();
  space.mlock(0, PAGE);
  refused(() => space.madvise(0, PAGE, 'DONTNEED'), 'EINVAL', 'locked');
  refused(() => space.munmap(0, 0), 'EINVAL', 'length is 0');
  refused(() => space.mmap(PAGE, PAGE, { fixedNoReplace: true }), 'EEXIST', 'mapped there already');
});

test('a message never shows what turns text round, and never fails at what it shows', async () => {
  const { host, space } = await guest();
  const evil = {
    toString: () => {
      throw new Error('was converted');
    },
  };
  refused(() => space.pin(0, '\u202e\u0000' as never), 'EINVAL', '\\u202e\\u0000');
  refused(() => space.read(evil as never, 1), 'EINVAL', 'an object');
  refused(() => host.ksm.read('\u202e'), 'ENOENT', '\\u202e');
});
