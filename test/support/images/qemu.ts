/** Makes streams of QEMU from their description, piece by piece. */
import { u16be, u32be, u64be } from './bytes.ts';

export const FLAG = {
  filled: 2,
  blocks: 4,
  page: 8,
  end: 0x10,
  same: 0x20,
  xbzrle: 0x40,
  compress: 0x100,
  multifd: 0x200,
} as const;

const named = (name: string): Buffer => Buffer.concat([Buffer.from([name.length]), Buffer.from(name)]);

export function head(...subsections: readonly Buffer[]): Buffer {
  const machine = 'pc-q35-9.0';
  return Buffer.concat([
    Buffer.from('QEVM'),
    u32be(3),
    Buffer.from([7]),
    u32be(machine.length),
    Buffer.from(machine),
    ...subsections,
  ]);
}

export function capabilities(...names: readonly string[]): Buffer {
  return subsection('configuration/capabilities', u32be(names.length), ...names.map(named));
}

export function subsection(name: string, ...content: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([5]), named(name), u32be(1), ...content]);
}

const footer = (id: number): Buffer => Buffer.concat([Buffer.from([0x7e]), u32be(id)]);

/** A section that begins something: of RAM unless another name is given. */
export function start(records: readonly Buffer[], name = 'ram', kind = 1, version = 4): Buffer {
  return Buffer.concat([
    Buffer.from([kind]),
    u32be(2),
    named(name),
    u32be(0),
    u32be(version),
    ...records,
    end,
    footer(2),
  ]);
}

export function part(records: readonly Buffer[], kind: 2 | 3 = 2): Buffer {
  return Buffer.concat([Buffer.from([kind]), u32be(2), ...records, end, footer(2)]);
}

export function command(number: number, content: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([Buffer.from([8]), u16be(number), u16be(content.length), content]);
}

const end: Buffer = u64be(FLAG.end);

/** The list of blocks; `extra`: what follows each of them. */
export function blocks(list: readonly (readonly [name: string, size: number, extra?: Buffer])[]): Buffer {
  const total = list.reduce((sum, [, size]) => sum + size, 0);
  const entries = list.map(([name, size, extra = Buffer.alloc(0)]) => Buffer.concat([named(name), u64be(size), extra]));
  return Buffer.concat([u64be(total + FLAG.blocks), ...entries]);
}

/** `block`: its name; undefined: the same as before. */
export function record(
  flag: number,
  offset: number,
  block: string | undefined,
  content: Uint8Array = Buffer.alloc(0),
): Buffer {
  const flags = flag + (block === undefined ? FLAG.same : 0);
  return Buffer.concat([u64be(offset + flags), block === undefined ? Buffer.alloc(0) : named(block), content]);
}
