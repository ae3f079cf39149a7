/**
 * What a thread of the soak and its owner tell each other in shared words, so that neither has to return to its event
 * loop for it.
 */
import type { SharedHost } from '../../../src/index.ts';

export interface Task {
  readonly role: 'guest' | 'scanner';
  readonly shared: SharedHost;
  readonly name: string;
  readonly seed: number;
  /** What a page of the host is. */
  readonly page: 'bytes' | 'names';
  readonly board: SharedArrayBuffer;
  readonly book: SharedArrayBuffer;
}

/** Words of the board. A turn is TURN operations of a guest, or a batch of the scanner. */
export const BOARD = { order: 0, turns: 1, sharing: 2, words: 3 } as const;

export const TURN = 1000;

/** What is to be done. An order is one of these plus ORDERS times its serial number, so that no two are equal. */
export const COMMAND = { wait: 0, work: 1, pause: 2, compare: 3, end: 4 } as const;
export const ORDERS = 8;
export type Command = keyof typeof COMMAND;

/** What a thread posts: its number once it has joined, then each order that it has carried out. */
export type Notice = { readonly joined: number } | { readonly done: number };
