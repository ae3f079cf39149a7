/**
 * Arguments: half of them are what a caller could mean, or nearly so (neighbours of limits, what has ended, what is another's), the
 * other half anything that JavaScript can hand over.
 */
import { layout } from '../../../src/engine/index.ts';
import { PAGE } from '../../support/page.ts';
import { AREA, isAlive, type World } from './world.ts';

export type Kind = (world: World) => unknown;

const END = layout.MM_PAGES * PAGE;

/** Numbers at which something ends. */
const EDGES: readonly number[] = [
  ...[0, 1, 2, 7, 63, 64, 255, 511, 512, 1023, 1024, 4095, 4096, 4097, 65535, 65536],
  ...[2 ** 20, 2 ** 24, 2 ** 27 - 1, 2 ** 27, 2 ** 30, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 33],
  ...[END - PAGE, END - 1, END, 2 ** 40, 2 ** 44, 2 ** 52, 2 ** 53, 1e300],
  ...[-1, -5, -4096, -(2 ** 31), 0.5, 1.5, 4096.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0],
];

class Liar extends Uint8Array {
  override get length(): number {
    return 1;
  }
  override get byteLength(): number {
    return 1;
  }
}

const detached = new Uint8Array(8);
structuredClone(detached.buffer, { transfer: [detached.buffer] });

/** Anything that is no number; made once, so that nothing is kept alive by a call. */
const JUNK: readonly unknown[] = [
  ...[
    undefined,
    null,
    true,
    false,
    '',
    '0',
    'RW',
    'ro',
    '4096',
    'MERGEABLE',
    'x'.repeat(5000),
    '\u202e\u0000',
    'constructor',
  ],
  ...[0n, 5n, 2n ** 70n, Symbol('s'), () => 7, [], [1, 2], {}, { id: 1, mm: 65536 }, { id: {}, mm: [] }, { length: 3 }],
  ...[Object.create({ prot: 'r', id: 1 }), new Date(0), new Map(), new Proxy({}, {}), detached, new Liar(2 * PAGE)],
  ...[
    {
      valueOf: () => {
        throw new Error('was converted');
      },
      toString: () => {
        throw new Error('was converted');
      },
    },
  ],
];

function edge(world: World): number {
  const number = world.any(EDGES);
  return world.oneIn(4) ? number + world.any([-1, 1]) : number;
}

export const junk: Kind = (world) => (world.oneIn(2) ? edge(world) : world.any(JUNK));

/** What `meant` gives, or half of the time anything. */
function orJunk(meant: Kind): Kind {
  return (world) => (world.oneIn(2) ? junk(world) : meant(world));
}

export const address: Kind = orJunk((world) =>
  world.oneIn(8) ? edge(world) : world.dice.below(AREA + 4) * PAGE + (world.oneIn(3) ? world.dice.below(PAGE) : 0),
);
export const start: Kind = orJunk((world) => world.dice.below(AREA + 4) * PAGE);
export const length: Kind = orJunk((world) => (world.oneIn(4) ? edge(world) : world.dice.below(AREA) * PAGE));
export const few: Kind = orJunk((world) => world.dice.below(3 * PAGE));
export const count: Kind = orJunk((world) => world.dice.below(60));
export const node: Kind = orJunk((world) => world.dice.below(3));
export const frame: Kind = orJunk((world) => world.dice.below(world.host.limits.frames + 3) - 1);
export const worker: Kind = orJunk((world) =>
  world.workers.length === 0 ? 0 : world.any(world.workers) + world.any([0, 0, 0, 1, 64, -64]),
);
export const bytes: Kind = orJunk((world) => {
  const all = new Uint8Array(world.any([0, 1, 8, 100, PAGE, PAGE + 1, 3 * PAGE])).fill(world.dice.below(4));
  return world.any([
    all,
    all.buffer,
    new DataView(all.buffer),
    Buffer.from(all),
    new Float64Array(1),
    new BigUint64Array(world.any([0, 1, 3])).fill(7n),
    new Liar(2 * PAGE),
  ]);
});

/** The handle of a process that lives, has ended, is another's, or was changed. */
export const handle: Kind = orJunk((world) => {
  const space = world.any([...world.spaces, ...world.strangers]);
  const { id, mm } = isAlive(space) ? space.handle : { id: space.id, mm: 65536 + 64 * world.dice.below(6) };
  return { id: id + world.any([0, 0, 0, 1, 2 ** 32]), mm: mm + world.any([0, 0, 0, 1, 64, -64, 2 ** 32]) };
});

export function word(...words: readonly string[]): Kind {
  return orJunk((world) => world.any(words));
}

/** An object with some of these options, and now and then one that there is not. */
export function options(kinds: Readonly<Record<string, Kind>>): Kind {
  return (world) => {
    if (world.oneIn(4)) return junk(world);
    const given: Record<string, unknown> = {};
    for (const [name, kind] of Object.entries(kinds)) if (world.oneIn(3)) given[name] = kind(world);
    if (world.oneIn(6)) given[world.any(['memmory', '__proto__', 'Prot', ''])] = junk(world);
    return given;
  };
}

export const flag: Kind = orJunk((world) => world.oneIn(2));
export const number: Kind = orJunk((world) => world.dice.below(300));
