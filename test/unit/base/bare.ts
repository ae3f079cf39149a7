/** The bottom of the engine alone, with assertions, in a memory of its own: tree, list and arena, and what their records hold. */
import * as layout from '../../../assembly/layout/index.ts';
import { compile, sharedMemory } from '../../../bench/kernels.ts';

interface Exports {
  rbInsert(node: number, parent: number, link: number): void;
  rbErase(node: number): void;
  rbReplace(node: number, fresh: number): void;
  rbNext(node: number): number;
  rbFirst(slot: number): number;
  listAdd(head: number, node: number): void;
  listRemove(head: number, node: number): void;
  arenaTake(list: number, base: number, bytes: number, limit: number, limitName: number): number;
  arenaGiveBack(list: number, record: number): void;
  arenaRoom(list: number, limit: number): number;
}

export interface Bare {
  readonly call: Exports;
  word(address: number): number;
  setWord(address: number, value: number): void;
}

/** Behind all that the header holds. */
export const FREE_SPACE = 0x20000;

const binary: Promise<Uint8Array<ArrayBuffer>> = compile(['assembly/base/bare.ts'], 'debug');

export async function bare(): Promise<Bare> {
  const memory = sharedMemory(2 * FREE_SPACE);
  const { instance } = await WebAssembly.instantiate(await binary, { env: { memory } });
  const words = new Uint32Array(memory.buffer);
  return {
    call: instance.exports as unknown as Exports,
    word: (address) => words[address / 4] as number,
    setWord: (address, value) => {
      words[address / 4] = value;
    },
  };
}

/** A node of a tree, and its parent without the flags. */
export function nodeAt(
  { word }: Bare,
  address: number,
): Record<'key' | 'left' | 'right' | 'above', number> & { red: boolean } {
  const parent = word(address + layout.RB_PARENT);
  return {
    key: word(address + layout.RB_KEY),
    left: word(address + layout.RB_LEFT),
    right: word(address + layout.RB_RIGHT),
    above: (parent & ~(layout.RB_BLACK | layout.RB_IS_ROOT)) >>> 0,
    red: (parent & layout.RB_BLACK) === 0,
  };
}
