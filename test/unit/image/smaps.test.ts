/** parseSmaps against text in the form of proc(5); which flags KSM refuses is the kernel's rule for mergeable areas. */

import { describe, expect, it } from 'vitest';
import { kernelPageBytes, parseSmaps } from '../../../src/image/smaps.ts';

interface Entry {
  range: string;
  perms?: string;
  name?: string;
  anonymous?: number;
  swap?: number;
  page?: number;
  flags?: string;
}

function entry({
  range,
  perms = 'rw-p',
  name = '',
  anonymous = 8,
  swap = 0,
  page = 4,
  flags = 'rd wr mr mw me ac',
}: Entry) {
  return [
    `${range} ${perms} 00000000 00:00 0 ${name}`,
    'Size:                  8 kB',
    `KernelPageSize:     ${page} kB`,
    `MMUPageSize:        ${page} kB`,
    'Rss:                   8 kB',
    `Anonymous:          ${anonymous} kB`,
    'AnonHugePages:         0 kB',
    `Swap:               ${swap} kB`,
    'SwapPss:               0 kB',
    'THPeligible:           0',
    `VmFlags: ${flags} `,
    '',
  ].join('\n');
}

describe('the mappings that KSM takes', () => {
  it('private ones of any protection, with their sizes', () => {
    const text =
      entry({ range: '00400000-00402000', perms: 'r--p', name: '/usr/bin/a b', anonymous: 4 }) +
      entry({ range: '7f0000000000-7f0000010000', perms: '---p', swap: 12 }) +
      entry({ range: '7ffc00000000-7ffc00021000', name: '                  [stack]', anonymous: 40 });
    expect(parseSmaps(text)).toEqual([
      { at: 0x400, pages: 2, name: '/usr/bin/a b', anonymous: 1, swapped: 0 },
      { at: 0x7f0000000, pages: 16, name: '', anonymous: 2, swapped: 3 },
      { at: 0x7ffc00000, pages: 33, name: '[stack]', anonymous: 10, swapped: 0 },
    ]);
  });

  it('none that are shared', () => {
    expect(parseSmaps(entry({ range: '1000-2000', perms: 'rw-s', flags: 'rd wr sh mr mw me ms' }))).toEqual([]);
  });

  it.each(['sh', 'ms', 'io', 'pf', 'de', 'mm', 'ht', 'dp'])('none with the flag %s', (flag) => {
    expect(parseSmaps(entry({ range: '1000-2000', flags: `rd mr ${flag} me` }))).toEqual([]);
  });

  it('mappings that are locked, not dumped, not forked or already merged all the same', () => {
    expect(parseSmaps(entry({ range: '1000-2000', flags: 'rd wr mr mw me lo dc dd wf mg um uw nr' }))).toHaveLength(1);
  });

  it('not the gate page, which is no mapping', () => {
    expect(parseSmaps(entry({ range: 'ffffffffff600000-ffffffffff601000', name: '[vsyscall]', flags: 'ex' }))).toEqual(
      [],
    );
  });

  it('also at addresses of more than 53 bits', () => {
    expect(parseSmaps(entry({ range: 'ff8000000fd000-ff8000000ff000' }))[0]).toMatchObject({
      at: 0xff8000000fd,
      pages: 2,
    });
  });
});

describe('names', () => {
  it('keep spaces, marks and the escaped newline, and lose what ends a line or cannot be seen', () => {
    const name = '/tmp/a  b\\012c\rVmFlags: io\u2028 (deleted)';
    const [mapping] = parseSmaps(entry({ range: '1000-2000', name }));
    expect(mapping?.name).toBe('/tmp/a  b\\012c?VmFlags: io? (deleted)');
  });
});

describe('text that changed while the kernel wrote it', () => {
  it('an entry that was cut off is left out', () => {
    const whole = entry({ range: '1000-2000' });
    const cut = entry({ range: '3000-4000' });
    for (let end = 0; end < cut.indexOf('VmFlags'); end++) {
      expect(parseSmaps(whole + cut.slice(0, end))).toHaveLength(1);
    }
  });

  it('an entry that overlaps the one before is left out', () => {
    const text = entry({ range: '1000-5000' }) + entry({ range: '4000-6000' }) + entry({ range: '6000-7000' });
    expect(parseSmaps(text).map((mapping) => mapping.at)).toEqual([1, 6]);
  });

  it('no text is no mappings', () => {
    expect(parseSmaps('')).toEqual([]);
    expect(kernelPageBytes('')).toBeUndefined();
  });
});

describe("the kernel's page size", () => {
  it('is the smallest one: huge pages have mappings of their own', () => {
    const huge = entry({ range: '200000-400000', page: 2048, flags: 'rd wr ht' });
    expect(kernelPageBytes(huge + entry({ range: '1000-2000' }))).toBe(4096);
    expect(kernelPageBytes(huge + entry({ range: '10000-20000', page: 16 }))).toBe(16384);
  });
});
