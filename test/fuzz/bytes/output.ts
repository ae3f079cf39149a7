/** Catches what a command writes to stdout and stderr, which it does by their file descriptors, while it runs. */
import fs from 'node:fs';

export interface Captured {
  readonly printed: string;
  readonly said: string;
  /** What was thrown, if anything. */
  readonly error?: unknown;
}

const STDOUT = 1;

type Done = (error: null, written: number) => void;

/** Runs `work`. What it writes goes nowhere but into the result. */
export async function captured(work: () => Promise<unknown>): Promise<Captured> {
  const { write, writeSync } = fs;
  const texts = { printed: '', said: '' };
  const write1 = (_fd: number, bytes: Buffer, from: number, length: number, _at: null, done: Done): void => {
    texts.printed += bytes.toString('utf8', from, from + length);
    done(null, length);
  };
  const writeSync2 = (fd: number, text: string): number => {
    texts[fd === STDOUT ? 'printed' : 'said'] += text;
    return Buffer.byteLength(text);
  };
  Object.assign(fs, { write: write1, writeSync: writeSync2 });
  try {
    await work();
    return texts;
  } catch (error) {
    return { ...texts, error };
  } finally {
    Object.assign(fs, { write, writeSync });
  }
}
