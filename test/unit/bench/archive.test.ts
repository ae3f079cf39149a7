/** The archive that guests boot from, against the layout in Linux's documentation, "initramfs buffer format". */
import { expect, test } from 'vitest';
import { archiveOf, CHARACTER_DEVICE, type Entry, FILE, FOLDER } from '../../../bench/guests/archive.ts';

const HEADER = 110;
/** Fields of eight hexadecimal digits behind the magic, in their order. */
const FIELDS = [
  'ino',
  'mode',
  'nlink',
  'uid',
  'gid',
  'mtime',
  'filesize',
  'maj',
  'min',
  'rmaj',
  'rmin',
  'namesize',
  'chksum',
];
const aligned = (offset: number): number => Math.ceil(offset / 4) * 4;

/** Reads an archive as the documentation says it is read: header, name and bytes, each from a multiple of four on. */
function read(archive: Buffer): { name: string; fields: Record<string, number>; bytes: Buffer }[] {
  const entries: ReturnType<typeof read> = [];
  for (let at = 0; at < archive.length; ) {
    expect(archive.toString('latin1', at, at + 6)).toBe('070701');
    const digits = archive.toString('latin1', at + 6, at + HEADER);
    const fields = Object.fromEntries(
      FIELDS.map((name, index) => [name, Number.parseInt(digits.slice(8 * index, 8 * index + 8), 16)]),
    );
    const { namesize = 0, filesize = 0 } = fields;
    const from = aligned(at + HEADER + namesize);
    expect(archive[at + HEADER + namesize - 1]).toBe(0);
    const name = archive.toString('utf8', at + HEADER, at + HEADER + namesize - 1);
    entries.push({ name, fields, bytes: archive.subarray(from, from + filesize) });
    at = aligned(from + filesize);
  }
  return entries;
}

const ENTRIES: readonly Entry[] = [
  { name: 'dev', mode: FOLDER + 0o755 },
  { name: 'dev/console', mode: CHARACTER_DEVICE + 0o600, device: { major: 5, minor: 1 } },
  ...[0, 1, 2, 3, 4, 5].map((length) => ({
    name: `file${'x'.repeat(length)}`,
    mode: FILE + 0o644,
    bytes: Buffer.from('ABCDE').subarray(0, length),
  })),
];

test('what is put in comes out, and a trailer after it', () => {
  const entries = read(archiveOf(ENTRIES));
  expect(entries.map(({ name }) => name)).toEqual([...ENTRIES.map(({ name }) => name), 'TRAILER!!!']);
  for (const [index, { mode, bytes, device }] of ENTRIES.entries()) {
    const entry = entries[index];
    expect(entry?.fields).toMatchObject({ mode, rmaj: device?.major ?? 0, rmin: device?.minor ?? 0, mtime: 0 });
    expect(entry?.bytes.toString()).toBe(Buffer.from(bytes ?? []).toString());
  }
});

test('no two entries are links to each other: they differ in inode', () => {
  const inodes = read(archiveOf(ENTRIES)).map(({ fields }) => fields.ino);
  expect(new Set(inodes).size).toBe(inodes.length);
});
