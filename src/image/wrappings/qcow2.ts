/**
 * A snapshot in a qcow2 disk that has the machine's state: a stream of QEMU, in clusters behind the end of the disk.
 *
 * Proxmox, libvirt and `savevm` make them. A disk without one is a disk and no memory, and is refused.
 */
import { KsmError } from '../../errors.ts';
import type { ByteSource } from '../bytes/byte-source.ts';
import { damaged, Fields, refused, startsWith } from '../bytes/fields.ts';
import type { Wrapping } from '../wrapping.ts';

/** Bytes of an entry in a table of either level. */
const ENTRY_BYTES = 8;
/** A cluster has 512 bytes to 2 MiB. */
const FEWEST_BITS = 9;
const MOST_BITS = 21;
/** Bits of an entry: where the cluster or table is; it is packed; it is zeros. */
const OFFSET_BITS = 0x00ff_ffff_ffff_fe00n;
const PACKED = 1n << 62n;
const ZEROS = 1n;
/** Features without which a disk cannot be read: those that change where clusters are. */
const EXTERNAL_DATA = 4n;
const WIDE_ENTRIES = 16n;
/** Those that change nothing here: not closed, damaged tables of references, another compression. */
const HARMLESS = 1n | 2n | 8n;
const SNAPSHOT_BYTES = 40;

export const qcow2: Wrapping = {
  name: 'qcow2',
  title: 'qcow2 snapshot',
  hasParts: true,
  holds: ['qemu'],
  matches: (head) => startsWith(head, 'QFI\xfb'),
  unwrap: async (bytes, { part }) => {
    const fields = new Fields(bytes, 'big');
    const disk = diskOf(fields);
    return new State(fields, disk, choose(bytes, snapshotsOf(fields, disk), part));
  },
};

interface Disk {
  readonly clusterBits: number;
  /** Bytes. */
  readonly size: number;
  readonly snapshots: number;
  readonly snapshotsAt: number;
}

interface Snapshot {
  readonly id: string;
  readonly name: string;
  /** Where the table of the first level is, and how many entries it has. */
  readonly table: number;
  readonly entries: number;
  /** Bytes of the machine's state; 0: only the disk was kept. */
  readonly state: number;
  /** Bytes of the disk as it was. */
  readonly disk: number;
}

function diskOf(fields: Fields): Disk {
  const { bytes } = fields;
  const [version, clusterBits] = [fields.u32(4), fields.u32(20)];
  if (version !== 2 && version !== 3)
    throw refused(bytes, `is a qcow disk of version ${version}`, 'versions 2 and 3 are known');
  if (clusterBits < FEWEST_BITS || clusterBits > MOST_BITS)
    throw damaged(bytes, `its clusters have 2^${clusterBits} bytes`);
  if (fields.u32(32) !== 0) throw refused(bytes, 'is an encrypted disk', 'dump the memory of the machine instead');
  const features = version === 3 ? fields.big(72) : 0n;
  if ((features & (EXTERNAL_DATA | WIDE_ENTRIES)) !== 0n) {
    throw refused(
      bytes,
      'is a qcow2 disk with an external data file or subclusters',
      'dump the memory of the machine instead',
    );
  }
  if ((features & ~HARMLESS) !== 0n) {
    throw refused(
      bytes,
      'is a qcow2 disk with features that are newer than ksm',
      'dump the memory of the machine instead',
    );
  }
  return { clusterBits, size: fields.u64(24), snapshots: fields.u32(60), snapshotsAt: fields.u64(64) };
}

function snapshotsOf(fields: Fields, disk: Disk): Snapshot[] {
  const { bytes } = fields;
  if (disk.snapshotsAt + disk.snapshots * SNAPSHOT_BYTES > bytes.size) {
    throw damaged(bytes, `its header says that there are ${disk.snapshots} snapshots at byte ${disk.snapshotsAt}`);
  }
  const found: Snapshot[] = [];
  for (let at = disk.snapshotsAt; found.length < disk.snapshots; ) {
    const [idBytes, nameBytes, extra] = [fields.u16(at + 12), fields.u16(at + 14), fields.u32(at + 36)];
    const names = at + SNAPSHOT_BYTES + extra;
    found.push({
      table: fields.u64(at),
      entries: fields.u32(at + 8),
      state: extra >= 8 ? fields.u64(at + 40) : fields.u32(at + 32),
      disk: extra >= 16 ? fields.u64(at + 48) : disk.size,
      id: fields.text(names, idBytes),
      name: fields.text(names + idBytes, nameBytes),
    });
    at = Math.ceil((names + idBytes + nameBytes) / 8) * 8;
  }
  return found;
}

/** The one that is meant: by its name or its number, or the only one that has a state. */
function choose({ name: file }: ByteSource, snapshots: readonly Snapshot[], part: string | undefined): Snapshot {
  const withState = snapshots.filter(({ state }) => state > 0);
  const names = withState.map(({ name }) => `${file}#${name}`).join(', ');
  const [first] = withState;
  if (first === undefined) {
    throw new KsmError(
      'EFORMAT',
      `${file} is a qcow2 disk, and none of its ${snapshots.length} snapshots has the state of a machine: a disk is no memory; save one ` +
        'with savevm, or dump the memory with dump-guest-memory',
    );
  }
  if (part === undefined) {
    if (withState.length === 1) return first;
    throw new KsmError('EFORMAT', `${file} has several snapshots with the state of a machine: say which one: ${names}`);
  }
  const chosen = withState.find(({ name }) => name === part) ?? withState.find(({ id }) => id === part);
  if (chosen === undefined)
    throw new KsmError('EFORMAT', `${file} has no snapshot "${part}" with the state of a machine; there is: ${names}`);
  return chosen;
}

/** The state's bytes, wherever its clusters are. What has no cluster is zeros. */
class State implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #fields: Fields;
  readonly #tables: Fields;
  readonly #snapshot: Snapshot;
  readonly #clusterBytes: number;
  /** Clusters of a table of the second level. */
  readonly #perTable: number;
  /** Number of the first cluster of the state. */
  readonly #first: number;

  constructor(fields: Fields, { clusterBits }: Disk, snapshot: Snapshot) {
    const { bytes } = fields;
    this.#fields = fields;
    this.#tables = new Fields(bytes, 'big');
    this.#snapshot = snapshot;
    this.#clusterBytes = 2 ** clusterBits;
    this.#perTable = this.#clusterBytes / ENTRY_BYTES;
    this.#first = Math.ceil(snapshot.disk / (this.#clusterBytes * this.#perTable)) * this.#perTable;
    this.name = bytes.name;
    // Each of its clusters is in the file: of more there is nothing, and the stream is cut then.
    this.size = Math.min(snapshot.state, bytes.size);
    if (snapshot.table + snapshot.entries * ENTRY_BYTES > bytes.size) {
      throw damaged(bytes, `the table of snapshot "${snapshot.name}" should be at byte ${snapshot.table}`);
    }
  }

  read(into: Uint8Array, position: number): number {
    const end = Math.min(into.length, Math.max(0, this.size - position));
    for (let done = 0; done < end; ) {
      const at = position + done;
      const from = at % this.#clusterBytes;
      const part = into.subarray(done, Math.min(end, done + this.#clusterBytes - from));
      const cluster = this.#clusterAt(this.#first + Math.floor(at / this.#clusterBytes));
      if (cluster === 0) part.fill(0);
      else {
        const read = this.#fields.bytes.read(part, cluster + from);
        if (read < part.length)
          throw damaged(this.#fields.bytes, `a cluster of the state should be at byte ${cluster}`);
      }
      done += part.length;
    }
    return end;
  }

  /** Where it is in the file; 0: nowhere. */
  #clusterAt(number: number): number {
    const { table, entries } = this.#snapshot;
    const index = Math.floor(number / this.#perTable);
    if (index >= entries) return 0;
    const second = Number(this.#fields.big(table + index * ENTRY_BYTES) & OFFSET_BITS);
    if (second === 0) return 0;
    const entry = this.#tables.big(second + (number % this.#perTable) * ENTRY_BYTES);
    if ((entry & PACKED) !== 0n)
      throw refused(this.#fields.bytes, 'has packed clusters in the state', 'take the snapshot anew');
    return (entry & ZEROS) !== 0n ? 0 : Number(entry & OFFSET_BITS);
  }
}
