/**
 * What the program knows of the terminals that its streams may be.
 *
 * The streams of a thread do not know whether they are terminals, so the thread is told. The first thread asks, and only what is one: of
 * a pipe, whoever else has it would notice.
 */
import process from 'node:process';

export interface Terminal {
  readonly isTTY: boolean;
  /** Characters of a line. */
  readonly columns?: number;
  readonly hasColours?: boolean;
}

export type Terminals = Readonly<Record<'stdout' | 'stderr', Terminal>>;

let told: Terminals | undefined;

/** From now on this is how they are. */
export function tellTerminals(terminals: Terminals): void {
  told = terminals;
}

/** The terminal has another width. */
export function tellWidth(name: keyof Terminals, columns: number): void {
  if (told !== undefined) told = { ...told, [name]: { ...told[name], columns } };
}

export function terminal(name: keyof Terminals): Terminal {
  return told?.[name] ?? asked(name);
}

function asked(name: keyof Terminals): Terminal {
  // Not imported: in the thread, which never asks, it would be loaded for nothing.
  const { isatty } = process.getBuiltinModule('node:tty');
  if (!isatty(name === 'stdout' ? 1 : 2)) return { isTTY: false };
  return { isTTY: true, columns: process[name].columns, hasColours: process[name].hasColors() };
}
