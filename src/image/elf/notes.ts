/** Who wrote a core, as far as its notes say: only their names are read, and their types. */
import type { ByteSource } from '../bytes/byte-source.ts';
import { type ElfHeader, Fields, PT_NOTE, type Segment } from './header.ts';

/** Names of notes, with a type behind CORE's. */
export type Notes = ReadonlySet<string>;

/** Bytes of notes that are looked at: what says who wrote it comes first, but each thread of a process has some KiB. */
const MOST_BYTES = 1 << 20;
const HEAD = 12;
const MOST_NAME = 64;

/** What a core has whose addresses are those of a machine. */
const OF_MACHINES = ['QEMU', 'VMCOREINFO', 'VBCORE', 'VBCPU'];

export function isOfMachine(notes: Notes): boolean {
  return OF_MACHINES.some((name) => notes.has(name));
}

export function notesOf(bytes: ByteSource, { is64, isLittle }: ElfHeader, segments: readonly Segment[]): Notes {
  const names = new Set<string>();
  for (const { type, offset, fileBytes } of segments) {
    if (type !== PT_NOTE || offset >= BigInt(bytes.size)) continue;
    const room = Math.min(MOST_BYTES, Number(fileBytes < BigInt(bytes.size) ? fileBytes : BigInt(bytes.size)));
    const all = new Uint8Array(Math.min(room, bytes.size - Number(offset)));
    namesIn(all.subarray(0, bytes.read(all, Number(offset))), is64, isLittle, names);
  }
  return names;
}

function namesIn(all: Uint8Array, is64: boolean, isLittle: boolean, names: Set<string>): void {
  const fields = new Fields(all, is64, isLittle);
  for (let at = 0; at + HEAD <= all.length; ) {
    const [nameBytes, descriptionBytes] = [fields.int(at), fields.int(at + 4)];
    const name = all.subarray(at + HEAD, at + HEAD + Math.min(nameBytes, MOST_NAME));
    names.add(Buffer.from(name).toString('latin1').replace(/\0.*$/s, ''));
    at += HEAD + padded(nameBytes) + padded(descriptionBytes);
  }
}

/** Both parts of a note are filled up to words. */
const padded = (length: number): number => Math.ceil(length / 4) * 4;
