/**
 * Whatever is not a whole and unaltered snapshot is refused with EFORMAT, and nothing is made of it: no memory before
 * the head is known to be right, no host before everything is.
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { layout } from '../../../src/engine/index.ts';
import { type Host, restoreHost } from '../../../src/index.ts';
import { checkHost } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';
import { build, busyHost, forged, memoryOf, type Parts, parse, refusal, saved, withWord } from './helpers.ts';

let whole: Uint8Array<ArrayBuffer>;
let parts: Parts;
/** Length of the head and its digest. */
let headEnd: number;

beforeAll(async () => {
  whole = await saved(await busyHost());
  parts = parse(whole);
  headEnd = whole.length - parts.chunks.reduce((sum, chunk) => sum + chunk.length + 32, 0);
});

/** Sizes of the memories that were made while `action` ran, in units of 64 KiB. */
async function memoriesMade(action: () => Promise<unknown>): Promise<number[]> {
  const { Memory } = WebAssembly;
  const made: number[] = [];
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      made.push(descriptor.initial);
    }
  };
  try {
    await action();
  } finally {
    WebAssembly.Memory = Memory;
  }
  return made;
}

async function expectRefused(bytes: Uint8Array, message: RegExp = /./): Promise<void> {
  const error = await refusal(restoreHost(bytes));
  expect(error.code).toBe('EFORMAT');
  expect(error.message).toMatch(/^The snapshot is refused: /);
  expect(error.message).toMatch(message);
}

/** Refused before there is a memory. */
async function expectRefusedByHead(bytes: Uint8Array, message?: RegExp): Promise<void> {
  expect(await memoriesMade(() => expectRefused(bytes, message))).toEqual([]);
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
}

/** A snapshot in which a word of the memory is `value`, whose page need not be stored so far, with right digests. */
function withWordAt(address: number, value: number = 1): Uint8Array<ArrayBuffer> {
  const memory = memoryOf(parts);
  new DataView(memory.buffer).setUint32(address, value, true);
  const stored = new Set(parts.runs.flatMap((run) => Array.from({ length: run.pages }, (_, n) => run.page + n)));
  stored.add(Math.floor(address / PAGE));
  const runs: Parts['runs'] = [];
  for (const page of [...stored].sort((one, other) => one - other)) {
    const last = runs.at(-1);
    if (last !== undefined && last.page + last.pages === page) last.pages++;
    else runs.push({ page, pages: 1 });
  }
  const pages = Buffer.concat(runs.map((run) => memory.subarray(run.page * PAGE, (run.page + run.pages) * PAGE)));
  const count = Math.ceil(stored.size / 256);
  const chunks = Array.from({ length: count }, (_, index) =>
    pages.subarray(index * 256 * PAGE, (index + 1) * 256 * PAGE),
  );
  return build({ ...parts, stored: stored.size, runs, chunks });
}

test('undamaged, it is restored, so what follows shows something', async () => {
  expect(await memoriesMade(() => restoreHost(whole))).toEqual([64]);
  expect(Buffer.compare(build(parts), whole)).toBe(0);
  expect(parts.chunks.length).toBeGreaterThan(1);
});

describe('cut off', () => {
  test('at each boundary of the format, a byte before, and a byte after', async () => {
    const cuts = [0, ...parts.boundaries].flatMap((at) => [at - 1, at, at + 1]);
    for (const cut of new Set(cuts.filter((at) => at >= 0 && at < whole.length))) {
      await expectRefused(whole.subarray(0, cut), /ends after/);
    }
  });

  test('anywhere', async () => {
    const cutAt = (cut: number): Promise<void> => expectRefused(whole.subarray(0, cut), /ends after/);
    await fc.assert(fc.asyncProperty(fc.nat(whole.length - 1), cutAt), { numRuns: 100 });
  });

  test('no memory is made of a head without its end', async () => {
    await expectRefusedByHead(whole.subarray(0, headEnd - 1));
  });
});

describe('altered', () => {
  test('in any bit of the head or its digest: refused by the head alone', async () => {
    for (let bit = 0; bit < headEnd * 8; bit++) await expectRefusedByHead(flipped(whole, bit));
  });

  test('in any bit', async () => {
    const flipAt = (bit: number): Promise<void> => expectRefused(flipped(whole, bit));
    await fc.assert(fc.asyncProperty(fc.nat(whole.length * 8 - 1), flipAt), { numRuns: 150 });
  });

  test('in any bit of the digests', async () => {
    const digests = parts.digests.slice(1).map((digest) => digest.byteOffset);
    const bits = fc.tuple(fc.constantFrom(...digests), fc.nat(255));
    const flipAt = ([at, bit]: [number, number]): Promise<void> =>
      expectRefused(flipped(whole, at * 8 + bit), /damaged/);
    await fc.assert(fc.asyncProperty(bits, flipAt), { numRuns: 100 });
  });

  test('by random bytes in place of its own, or between them', async () => {
    const damage = fc.record({
      at: fc.nat(whole.length),
      gone: fc.nat(3 * PAGE),
      bytes: fc.uint8Array({ maxLength: 100 }),
    });
    const replace = async ({ at, gone, bytes }: { at: number; gone: number; bytes: Uint8Array }): Promise<void> => {
      const damaged = Buffer.concat([whole.subarray(0, at), bytes, whole.subarray(at + gone)]);
      fc.pre(Buffer.compare(damaged, whole) !== 0);
      await expectRefused(damaged);
    };
    await fc.assert(fc.asyncProperty(damage, replace), { numRuns: 100 });
  });

  test('by a byte too many', async () => {
    await expectRefused(Buffer.concat([whole, Uint8Array.of(0)]), /more follow/);
    await expectRefused(Buffer.concat([whole, whole]), /more follow/);
  });

  test('by exchanging, repeating or leaving out chunks together with their digests', async () => {
    const sealed = parts.chunks.map((chunk, index) => Buffer.concat([chunk, parts.digests[index + 1] as Uint8Array]));
    const head = whole.subarray(0, headEnd);
    const [first, second, ...rest] = sealed as [Buffer, Buffer, ...Buffer[]];
    for (const order of [[second, first], [first, first], [second, second], [second], [first]]) {
      await expectRefused(Buffer.concat([head, ...order, ...rest]));
    }
  });
});

describe('something else', () => {
  test('an empty file, text, random bytes, and a file that only begins as one', async () => {
    await expectRefusedByHead(new Uint8Array(0), /ends after 0 bytes/);
    await expectRefusedByHead(Buffer.from('{"op":"trace","version":1}\n'.repeat(100)), /does not begin/);
    await expectRefusedByHead(new Uint8Array(2 ** 20), /does not begin/);
    const random = (bytes: Uint8Array): Promise<void> => expectRefusedByHead(bytes);
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), random));
    const begun = (bytes: Uint8Array): Promise<void> =>
      expectRefusedByHead(Buffer.concat([whole.subarray(0, 16), bytes]));
    await fc.assert(fc.asyncProperty(fc.uint8Array({ minLength: 24, maxLength: 500 }), begun));
  });

  test('another version of the format or of the layout, which the message names', async () => {
    await expectRefusedByHead(withWord(whole, 8, 3), /version 3 of the format.*reads version 1 and 2/);
    const other = layout.LAYOUT_VERSION + 1;
    await expectRefusedByHead(withWord(whole, 12, other), new RegExp(`version ${other} of the layout`));
  });
});

describe('made by hand, with right digests', () => {
  test('claims that are larger than any host: refused before anything is reserved', async () => {
    for (const value of [0, 65537, 2 ** 31, 2 ** 32 - 1]) await expectRefusedByHead(withWord(whole, 16, value));
    for (const value of [65537, 2 ** 32 - 1]) await expectRefusedByHead(withWord(whole, 20, value), /processes/);
    for (const value of [0, 513, 2 ** 32 - 1]) await expectRefusedByHead(withWord(whole, 24, value), /runs/);
    for (const value of [0, 1025, 2 ** 32 - 1]) await expectRefusedByHead(withWord(whole, 28, value));
  });

  test('a head for 4 GiB with nothing behind it', async () => {
    const head = { ...parts, memoryPages: 65536, stored: 1, runs: [{ page: 0, pages: 1 }], chunks: [] };
    await expectRefused(build(head), /ends after/);
  });

  test('runs that overlap, touch, are empty, go back, or leave the memory', async () => {
    const bad = [
      [
        [0, 2],
        [1, 2],
      ],
      [
        [0, 2],
        [2, 2],
      ],
      [
        [0, 4],
        [6, 0],
      ],
      [
        [6, 2],
        [0, 2],
      ],
      [
        [0, 2],
        [1023, 2],
      ],
      [
        [0, 3],
        [2 ** 32 - 1, 1],
      ],
      [
        [0, 1],
        [1000, 2],
      ],
    ];
    for (const pairs of bad) {
      const runs = pairs.map(([page, pages]) => ({ page: page as number, pages: pages as number }));
      await expectRefusedByHead(build({ ...parts, runs, stored: 4 }), /page/);
    }
  });

  test('ids that are 0, too large, given twice, out of order, or still to be given', async () => {
    const [one, two] = parts.processes.map(({ mm }) => mm) as [number, number];
    for (const ids of [
      [0n, 2n],
      [1n, 1n],
      [2n, 1n],
      [1n, 5n],
      [1n, 2n ** 53n],
      [1n, 2n ** 64n - 1n],
    ] as const) {
      const processes = [
        { id: ids[0], mm: one },
        { id: ids[1], mm: two },
      ];
      await expectRefusedByHead(build({ ...parts, processes }), /process/);
    }
    for (const nextId of [0n, 2n ** 53n]) await expectRefusedByHead(build({ ...parts, nextId }), /id/);
  });

  test('processes that are not those in the memory', async () => {
    const [first, ...others] = parts.processes as [Parts['processes'][0], ...Parts['processes']];
    const lacking = others.slice(1);
    await expectRefused(build({ ...parts, processes: [first, ...lacking] }), /no id/);
    const wrong = [0, 1024, first.mm + 4, first.mm + layout.MM_BYTES * 7, (others[0] as Parts['processes'][0]).mm];
    for (const mm of wrong)
      await expectRefused(build({ ...parts, processes: [{ ...first, mm }, ...others] }), /not in its memory/);
  });

  test('ids that are others in its memory', async () => {
    const [one, ...others] = parts.processes as [Parts['processes'][0], ...Parts['processes']];
    const last = others.at(-1) as Parts['processes'][0];
    await expectRefused(
      build({ ...parts, processes: [one, ...others.slice(0, -1), { ...last, id: last.id + 1n }], nextId: 6n }),
    );
    // The memory has 32 bits for what the head has 64 bits for.
    for (const nextId of [parts.nextId + 1n, parts.nextId + 2n ** 32n]) {
      await expectRefused(build({ ...parts, nextId }), /next process/);
    }
    await expectRefused(
      forged(whole, (memory) => memory.setUint32(layout.H_NEXT_ID, 1000, true)),
      /next process/,
    );
  });

  test('traces of threads and of their work', async () => {
    const { H_CONCURRENT, H_KSMD, H_KSMD_BELL, H_WORKERS } = layout;
    const { LINUX_BUSY, LINUX_JOB, LINUX_JOB_LOST, LINUX_THREADS } = layout;
    const header = [H_CONCURRENT, H_KSMD, H_KSMD_BELL, H_WORKERS, LINUX_BUSY, LINUX_JOB, LINUX_JOB_LOST, LINUX_THREADS];
    for (const word of header) {
      await expectRefused(
        forged(whole, (memory) => memory.setUint32(word, 2 ** 32 - 1, true)),
        /threads/,
      );
    }
    const ofScanner = [layout.SCANNER_DOUBTS, layout.SCANNER_WINDOWS, layout.SCANNER_WINDOWS + layout.WINDOW_NOTES];
    const work = ofScanner.map((word) => layout.LINUX_SCANNER + word);
    for (const word of [...work, layout.LOCK, layout.EPOCH, layout.WORKERS, layout.WORKERS_END - 4]) {
      await expectRefused(withWordAt(word), /threads/);
    }
  });

  test('something in records and frames that were never used', async () => {
    const memory = new DataView(memoryOf(parts).buffer);
    // Of each arena the last record, which a host that has so much room has never come to.
    const arenas = [
      [layout.H_MMS, layout.H_MM_LIMIT, layout.MM_BYTES],
      [layout.H_VMAS, layout.H_VMA_LIMIT, layout.VMA_BYTES],
      [layout.H_TABLES, layout.H_TABLE_LIMIT, layout.TABLE_BYTES],
      [layout.H_LEAVES, layout.H_LEAF_LIMIT, layout.LEAF_BYTES],
      [layout.H_PTES, layout.H_LEAF_LIMIT, layout.TABLE_ENTRIES * 4],
      [layout.H_STATES, layout.H_LEAF_LIMIT, layout.TABLE_ENTRIES * 4],
      [layout.H_NODES, layout.H_NODE_LIMIT, layout.NODE_BYTES],
      [layout.H_FRAME_WORDS, layout.H_FRAME_LIMIT, 4],
      [layout.H_FRAMES, layout.H_FRAME_LIMIT, PAGE],
    ] as const;
    for (const [base, limit, bytes] of arenas) {
      const end = memory.getUint32(base, true) + memory.getUint32(limit, true) * bytes;
      for (const address of [end - bytes, end - 4]) await expectRefused(withWordAt(address), /never used/);
    }
    // Frames 512 to 1023 would be a large folio, if there were as many.
    await expectRefused(withWordAt(memory.getUint32(layout.H_FOLIOS, true) + 4), /never used/);
  });

  test('a memory that is not laid out, of another version, or of another size', async () => {
    await expectRefused(
      forged(whole, (memory) => memory.setUint32(layout.H_MAGIC, 0, true)),
      /header.magic/,
    );
    await expectRefused(
      forged(whole, (memory) => memory.setUint32(layout.H_VERSION, 99, true)),
      /header.magic/,
    );
    await expectRefused(
      forged(whole, (memory) => memory.setUint32(layout.H_MEMORY_PAGES, 65, true)),
      /header.memory/,
    );
  });

  test('a counter that is not what it counts', async () => {
    const change = (memory: DataView): void => memory.setUint32(layout.H_PAGES_SHARING, 7, true);
    await expectRefused(forged(whole, change), /not sound.*counter/);
  });

  test('any words of its records: a sound host, or EFORMAT', async () => {
    const memory = new Uint32Array(memoryOf(parts).buffer);
    const frames = (memory[layout.H_FRAMES / 4] as number) / 4;
    const used = Array.from({ length: frames }, (_, word) => word).filter((word) => memory[word] !== 0);
    const value = fc.oneof(
      fc.integer(),
      fc.nat(100),
      fc.nat(used.length - 1).map((at) => memory[used[at] ?? 0] as number),
    );
    const words = fc.array(fc.tuple(fc.nat(used.length - 1), value), { minLength: 1, maxLength: 4 });
    const forge = async (changes: [number, number][]): Promise<void> => {
      const bytes = forged(whole, (view) => {
        for (const [at, word] of changes) view.setInt32((used[at] as number) * 4, word, true);
      });
      const restored = await restoreHost(bytes).catch((error: { code: string }) => error.code);
      if (typeof restored === 'string') expect(restored).toBe('EFORMAT');
      else checkHost(restored as Host);
    };
    await fc.assert(fc.asyncProperty(words, forge), { numRuns: 150 });
  });
});

describe('recovered from: words that name something lead nowhere', () => {
  const FAR = 0xfffff000;
  const u32 = (address: number): number => new DataView(memoryOf(parts).buffer).getUint32(address, true);
  const record = (base: number): number => u32(base);
  const WORDS: Record<string, () => [address: number, value: number]> = {
    'a root table': () => [record(layout.H_MMS) + layout.MM_PGD, FAR],
    'a root table that is none': () => [record(layout.H_MMS) + layout.MM_PGD, u32(layout.H_TABLES) + 4],
    'a middle table': () => [u32(record(layout.H_MMS) + layout.MM_PGD), FAR],
    'a leaf': () => [u32(u32(record(layout.H_MMS) + layout.MM_PGD)), u32(layout.H_FREE_LEAVES + layout.FREE_FRESH)],
    'a pte': () => [u32(layout.H_PTES) + layout.TABLE_ENTRIES * 4, FAR + layout.PTE_READ_ONLY],
    "a mapping's process": () => [record(layout.H_VMAS) + layout.VMA_MM, FAR],
    "a mapping's object": () => [record(layout.H_VMAS) + layout.VMA_OBJECT, FAR],
    'what exec replaces': () => [record(layout.H_MMS) + layout.MM_REPLACES, FAR],
    'how many processes there were': () => [layout.H_FREE_MMS + layout.FREE_FRESH, FAR],
    'how many frames there were': () => [layout.H_FRAME_LISTS + layout.FRAME_LIST_FRESH, FAR],
    'where frames lie': () => [layout.H_FRAMES, FAR],
  };

  test.each(Object.keys(WORDS))('%s', async (name) => {
    const [address, value] = (WORDS[name] as () => [number, number])();
    const file = withWordAt(address, value);
    const error = await refusal(restoreHost(file, { recover: true }));
    expect(error.code).toBe('EFORMAT');
    expect(error.message).toMatch(/^The snapshot is refused: /);
  });

  test.each(['MM_REPLACES', 'MM_MAKER'] as const)('also without recovery: %s', async (field) => {
    const file = withWordAt(record(layout.H_MMS) + layout[field], 1);
    expect((await refusal(restoreHost(file))).code).toBe('EFORMAT');
  });

  test('undamaged, it is recovered', async () => {
    const host = await restoreHost(whole, { recover: true });
    checkHost(host);
  });
});
