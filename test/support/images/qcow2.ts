/** Makes qcow2 disks with snapshots from their description; the clusters of a state lie in the file back to front. */
import { u16be, u32be, u64be } from './bytes.ts';

export interface State {
  readonly id: string;
  readonly name: string;
  readonly bytes: Uint8Array;
}

const CLUSTER = 512;
const PER_TABLE = CLUSTER / 8;

/** `disk`: bytes of it, which no cluster has. */
export function makeQcow2(states: readonly State[], disk = 100_000, features = 0, crypt = 0): Buffer {
  const clusters: Buffer[] = [];
  /** Where what was added begins. */
  const add = (bytes: Uint8Array): number => {
    const at = CLUSTER * (1 + clusters.length);
    for (let from = 0; from < Math.max(1, bytes.length); from += CLUSTER) {
      const cluster = Buffer.alloc(CLUSTER);
      cluster.set(bytes.subarray(from, from + CLUSTER));
      clusters.push(cluster);
    }
    return at;
  };
  const first = Math.ceil(disk / (CLUSTER * PER_TABLE));
  const entries = states.map(({ id, name, bytes }) => {
    const count = Math.ceil(bytes.length / CLUSTER);
    const places = new Map<number, number>();
    for (let n = count - 1; n >= 0; n--) places.set(n, add(bytes.subarray(n * CLUSTER, (n + 1) * CLUSTER)));
    const tables: bigint[] = Array<bigint>(first).fill(0n);
    for (let from = 0; from < count; from += PER_TABLE) {
      const second = Array.from({ length: PER_TABLE }, (_, n) =>
        u64be(BigInt(places.get(from + n) ?? 0) | (1n << 63n)),
      );
      tables.push(BigInt(add(Buffer.concat(second))) | (1n << 63n));
    }
    const table = add(Buffer.concat(tables.map(u64be)));
    const extra = Buffer.concat([u64be(bytes.length), u64be(disk)]);
    const fixed = [u64be(table), u32be(tables.length), u16be(id.length), u16be(name.length), Buffer.alloc(16)];
    const entry = Buffer.concat([...fixed, u32be(0), u32be(extra.length), extra, Buffer.from(id), Buffer.from(name)]);
    return Buffer.concat([entry, Buffer.alloc((8 - (entry.length % 8)) % 8)]);
  });
  const snapshots = add(Buffer.concat(entries));
  const header = Buffer.alloc(CLUSTER);
  const put = (at: number, bytes: Buffer): void => void bytes.copy(header, at);
  header.write('QFI\xfb', 'latin1');
  put(4, u32be(3));
  put(20, u32be(Math.log2(CLUSTER)));
  put(24, u64be(disk));
  put(32, u32be(crypt));
  put(60, u32be(states.length));
  put(64, u64be(snapshots));
  put(72, u64be(features));
  return Buffer.concat([header, ...clusters]);
}
