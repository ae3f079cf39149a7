/** Streams of QEMU made from their description: what each block has, and what is refused by which name. */
import { describe, expect, it } from 'vitest';
import type { PageSpace } from '../../../../src/image/format.ts';
import { qemu } from '../../../../src/image/qemu/index.ts';
import { libvirt } from '../../../../src/image/wrappings/libvirt.ts';
import { qcow2 } from '../../../../src/image/wrappings/qcow2.ts';
import { contentsOf, digestOf, MemoryBytes, pageOf, u32be, u32le, u64be } from '../../../support/images/bytes.ts';
import { makeQcow2 } from '../../../support/images/qcow2.ts';
import {
  blocks,
  capabilities,
  command,
  FLAG,
  head,
  part,
  record,
  start,
  subsection,
} from '../../../support/images/qemu.ts';
import { PAGE } from '../../../support/page.ts';

const open = async (bytes: Uint8Array): Promise<PageSpace[]> => qemu.open(new MemoryBytes(bytes), { holes: 'absent' });
const contents = async (bytes: Uint8Array): Promise<Record<string, Map<string, string>>> =>
  Object.fromEntries((await open(bytes)).map((space) => [space.name, contentsOf(space)]));
const failure = (bytes: Uint8Array): Promise<unknown> => contents(bytes).catch((error: unknown) => error);

const RAM = blocks([
  ['pc.ram', 4 * PAGE],
  ['vga', 2 * PAGE],
]);
const page = (number: number, offset: number, block?: string): Buffer =>
  record(FLAG.page, offset, block, pageOf(number));
const filled = (byte: number, offset: number, block?: string): Buffer =>
  record(FLAG.filled, offset, block, Buffer.from([byte]));
const whole = (number: number): Buffer =>
  Buffer.concat([
    head(),
    start([RAM]),
    part([page(1, 0, 'pc.ram'), filled(0, PAGE), page(3, 2 * PAGE)]),
    command(11),
    part([page(4, 3 * PAGE), page(5, 0, 'vga'), filled(9, PAGE)]),
    part([page(number, 2 * PAGE, 'pc.ram')], 3),
    // A device, of which nobody knows how long it is.
    Buffer.from([4, 0, 0, 0, 9, 3, 1, 2, 3]),
  ]);
const expected = (number: number): Record<string, Map<string, string>> => ({
  'pc.ram': new Map(
    [pageOf(1), Buffer.alloc(PAGE), pageOf(number), pageOf(4)].map((one, n) => [
      (n * PAGE).toString(16),
      digestOf(one),
    ]),
  ),
  vga: new Map([pageOf(5), Buffer.alloc(PAGE, 9)].map((one, n) => [(n * PAGE).toString(16), digestOf(one)])),
});

describe('a stream of QEMU', () => {
  it('has the pages that were sent last, over sections and commands', async () => {
    expect(await contents(whole(77))).toEqual(expected(77));
  });

  it('without a configuration and without footers, as of QEMU before 2.4', async () => {
    const old = [
      Buffer.from('QEVM'),
      u32be(3),
      start([RAM]).subarray(0, -5),
      part([page(1, 0, 'vga')], 3).subarray(0, -5),
    ];
    const [, vga] = await open(Buffer.concat(old));
    expect(contentsOf(vga as PageSpace)).toEqual(new Map([['0', digestOf(pageOf(1))]]));
    expect(vga?.missing).toEqual([{ reason: 'not dumped', pages: 1 }]);
  });

  it('of processors with pages of 16 KiB', async () => {
    const bits = subsection('configuration/target-page-bits', u32be(14));
    const uuid = subsection('configuration/uuid', Buffer.alloc(16));
    const large = Buffer.concat([1, 2, 3, 4].map(pageOf));
    const sections = [
      head(bits, uuid),
      start([blocks([['ram', 2 * large.length]])]),
      part([record(FLAG.page, large.length, 'ram', large)], 3),
    ];
    const [space] = await open(Buffer.concat(sections));
    expect(space?.missing).toEqual([{ reason: 'not dumped', pages: 4 }]);
    expect([...contentsOf(space as PageSpace)]).toEqual(
      [1, 2, 3, 4].map((n) => [(0x3000 + n * PAGE).toString(16), digestOf(pageOf(n))]),
    );
  });

  it('that is cut has what came before', async () => {
    const bytes = whole(77);
    const at = bytes.indexOf(pageOf(4));
    const [ram, vga] = await open(bytes.subarray(0, at + 100));
    expect([...contentsOf(ram as PageSpace).keys()]).toEqual(['0', '1000', '2000']);
    expect(ram?.missing).toEqual([{ reason: 'truncated', pages: 1 }]);
    expect(ram?.notes.join()).toMatch(/^Truncated/);
    expect(vga).toMatchObject({ ranges: [], missing: [{ reason: 'truncated', pages: 2 }], notes: [] });
  });

  const withRam = (...records: readonly Buffer[]): Buffer => Buffer.concat([head(), start([RAM]), part(records)]);
  it.each<[string, RegExp, Buffer]>([
    ['of xbzrle', /capability xbzrle/, withRam(record(FLAG.xbzrle, 0, 'vga'))],
    ['of compress', /capability compress/, withRam(record(FLAG.compress, 0, 'vga'))],
    [
      'of multifd',
      /capability multifd without mapped-ram.*migrate_set_capability multifd off/,
      withRam(u64be(FLAG.multifd)),
    ],
    ['of multifd, from before it said so', /without pages, as with multifd/, Buffer.concat([withRam(), part([], 3)])],
    ['of postcopy', /postcopy-ram/, Buffer.concat([head(), command(3, Buffer.alloc(16))])],
    ['with disks in it', /section "block"/, Buffer.concat([head(), start([], 'block')])],
    [
      'with a device before the end of RAM',
      /section "virtio-mem-early"/,
      Buffer.concat([head(), start([], 'virtio-mem-early', 4)]),
    ],
    ['with something new in its configuration', /"configuration\/new"/, head(subsection('configuration/new'))],
    ['of another version', /version 2/, Buffer.concat([Buffer.from('QEVM'), u32be(2)])],
    ['with RAM of another version', /RAM of version 3/, Buffer.concat([head(), start([RAM], 'ram', 1, 3)])],
    ['without RAM', /without RAM/, Buffer.concat([head(), Buffer.alloc(1)])],
    ['that ends before RAM does', /its end at byte/, Buffer.concat([withRam(page(1, 0, 'vga')), Buffer.alloc(1)])],
    ['with a page of a block that there is not', /"none"/, withRam(page(1, 0, 'none'))],
    ['with a page of no block', /of no block/, withRam(page(1, 0))],
    ['with a page behind the end of its block', /offset 8192 in a block of 8192/, withRam(page(1, 2 * PAGE, 'vga'))],
    ['with unknown flags', /unknown flags 1$|unknown flags 1[;,]/, withRam(u64be(1))],
    [
      'with a block twice',
      /there twice/,
      Buffer.concat([
        head(),
        start([
          blocks([
            ['a', PAGE],
            ['a', PAGE],
          ]),
        ]),
      ]),
    ],
    [
      'with no section where one should be',
      /a section should begin/,
      Buffer.concat([withRam(page(1, 0, 'vga')), Buffer.from([9])]),
    ],
    [
      'with a footer of another section',
      /is not the one that began/,
      Buffer.concat([withRam().subarray(0, -1), Buffer.from([3])]),
    ],
    ['with pages of 2^30 bytes', /2\^30 bytes/, head(subsection('configuration/target-page-bits', u32be(30)))],
  ])('%s is refused', async (_, message, bytes) => {
    expect(await failure(bytes)).toMatchObject({ code: 'EFORMAT', message: expect.stringMatching(message) });
  });
});

/** With mapped-ram; the offsets in it are those of a file that begins `shift` bytes before the stream. */
function mapped(shift: number): Buffer {
  const front = Buffer.concat([
    head(capabilities('mapped-ram', 'multifd')),
    Buffer.from([1]),
    u32be(2),
    Buffer.from([3]),
    Buffer.from('ram'),
    u32be(0),
    u32be(4),
  ]);
  const list = Buffer.concat([u64be(4 * PAGE + FLAG.blocks), Buffer.from([1]), Buffer.from('a'), u64be(4 * PAGE)]);
  const bitmap = front.length + list.length + 28;
  const pages = 2 * PAGE;
  const mappedHeader = Buffer.concat([u32be(1), u64be(PAGE), u64be(bitmap + shift), u64be(pages + shift)]);
  const file = Buffer.alloc(pages + 4 * PAGE);
  Buffer.concat([front, list, mappedHeader, Buffer.from([0b1010])]).copy(file);
  [1, 2, 3, 4].forEach((number, n) => void pageOf(number).copy(file, pages + n * PAGE));
  const end = Buffer.concat([u64be(FLAG.multifd), u64be(FLAG.end), Buffer.from([0x7e]), u32be(2)]);
  return Buffer.concat([file, end, part([], 3)]);
}

const MAPPED = new Map(
  [Buffer.alloc(PAGE), pageOf(2), Buffer.alloc(PAGE), pageOf(4)].map((one, n) => [
    (n * PAGE).toString(16),
    digestOf(one),
  ]),
);

describe('mapped-ram', () => {
  it('has zeros where a bit is clear, whatever is there', async () => {
    expect(await contents(mapped(0))).toEqual({ a: MAPPED });
  });

  it('that is cut ends with the first page that is not there', async () => {
    const [space] = await open(mapped(0).subarray(0, 5 * PAGE + 100));
    expect([...contentsOf(space as PageSpace)]).toEqual([...MAPPED].slice(0, 3));
    expect(space?.missing).toEqual([{ reason: 'truncated', pages: 1 }]);
  });

  it('whose bitmap is before its header is refused', async () => {
    const bytes = mapped(0);
    bytes.writeUInt32BE(2, bytes.indexOf(u64be(PAGE)) - 4);
    expect(await failure(bytes)).toMatchObject({
      code: 'EFORMAT',
      message: expect.stringMatching(/mapped-ram at byte/),
    });
  });
});

const noSpool = { spool: (): never => expect.unreachable() };

describe('libvirt', () => {
  const saved = (
    stream: Buffer,
    compressed = 0,
    order: 'little' | 'big' = 'little',
    magic = 'LibvirtQemudSave',
  ): Buffer => {
    const u32 = order === 'little' ? u32le : u32be;
    const xml = Buffer.from('<domain/>\0');
    return Buffer.concat([
      Buffer.from(magic),
      u32(2),
      u32(xml.length),
      u32(1),
      u32(compressed),
      Buffer.alloc(60),
      xml,
      stream,
    ]);
  };
  const unwrapped = async (bytes: Buffer): Promise<Record<string, Map<string, string>>> => {
    const inner = await libvirt.unwrap(new MemoryBytes(bytes), noSpool);
    const spaces = await qemu.open(inner, { holes: 'absent' });
    return Object.fromEntries(spaces.map((space) => [space.name, contentsOf(space)]));
  };

  it.each(['little', 'big'] as const)('saves a stream behind the XML (%s endian)', async (order) => {
    expect(await unwrapped(saved(whole(77), 0, order))).toEqual(expected(77));
  });

  it('saves one with mapped-ram, whose offsets are those of the file', async () => {
    expect(await unwrapped(saved(mapped(102), 6))).toEqual({ a: MAPPED });
  });

  it.each<[string, RegExp, Buffer]>([
    ['packed by lzop', /lzop/, saved(whole(1), 4)],
    ['unfinished', /unfinished/, saved(whole(1), 0, 'little', 'LibvirtQemudPart')],
    ['of another version', /version 2/, Buffer.from(saved(whole(1))).fill(7, 16, 20)],
    ['cut', /should begin at byte 102/, saved(Buffer.alloc(0))],
  ])('%s is refused', async (_, message, bytes) => {
    await expect(unwrapped(bytes)).rejects.toMatchObject({ code: 'EFORMAT', message: expect.stringMatching(message) });
  });
});

describe('qcow2', () => {
  const [one, two] = [
    { id: '1', name: 'before', bytes: whole(11) },
    { id: '2', name: 'after', bytes: whole(22) },
  ];
  const disk = { id: '3', name: 'only the disk', bytes: Buffer.alloc(0) };
  const unwrapped = async (bytes: Buffer, part?: string): Promise<Record<string, Map<string, string>>> => {
    const inner = await qcow2.unwrap(new MemoryBytes(bytes), part === undefined ? noSpool : { ...noSpool, part });
    const spaces = await qemu.open(inner, { holes: 'absent' });
    return Object.fromEntries(spaces.map((space) => [space.name, contentsOf(space)]));
  };

  it('has the state of its only snapshot that has one', async () => {
    expect(await unwrapped(makeQcow2([disk, one]))).toEqual(expected(11));
  });

  it('has those that are named', async () => {
    const bytes = makeQcow2([one, disk, two]);
    expect(await unwrapped(bytes, 'after')).toEqual(expected(22));
    expect(await unwrapped(bytes, '1')).toEqual(expected(11));
  });

  it.each<[string, RegExp, Buffer, string | undefined]>([
    ['with several, if none is named', /say which one: test#before, test#after/, makeQcow2([one, two]), undefined],
    ['if another one is named', /no snapshot "none".*test#before/, makeQcow2([one]), 'none'],
    ['if the one that is named has no state', /no snapshot "only the disk"/, makeQcow2([one, disk]), 'only the disk'],
    ['without a state', /none of its 1 snapshots has the state.*a disk is no memory/, makeQcow2([disk]), undefined],
    ['without a snapshot', /a disk is no memory/, makeQcow2([]), undefined],
    ['that is encrypted', /encrypted/, makeQcow2([one], 1, 0, 2), undefined],
    ['with subclusters', /subclusters/, makeQcow2([one], 1, 16), undefined],
    ['of another version', /version 1/, Buffer.from(makeQcow2([one])).fill(1, 7, 8), undefined],
    ['with clusters of 2^40 bytes', /2\^40/, Buffer.from(makeQcow2([one])).fill(40, 23, 24), undefined],
    [
      'with more snapshots than bytes',
      /snapshots at byte/,
      Buffer.from(makeQcow2([one])).fill(0x7f, 60, 61),
      undefined,
    ],
  ])('%s is refused', async (_, message, bytes, part) => {
    await expect(unwrapped(bytes, part)).rejects.toMatchObject({
      code: 'EFORMAT',
      message: expect.stringMatching(message),
    });
  });
});
