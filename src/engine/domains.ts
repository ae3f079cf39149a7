/** The domains of a memory, as their records say (assembly/layout/records). */
import * as layout from '../../assembly/layout/index.ts';

const { DOMAIN_BYTES, DOMAIN_ROOT_COUNT, DOMAIN_ROOTS, DOMAIN_SALT, ROOT_BYTES } = layout;

export interface Domain {
  readonly number: number;
  /** Address of its first root record. */
  readonly roots: number;
  /** Root records for each NUMA node. */
  readonly rootCount: number;
  readonly salt: number;
}

interface Words {
  u32(address: number): number;
}

/** Those in use. */
export function domainsOf(memory: Words): Domain[] {
  const found: Domain[] = [];
  const limit = memory.u32(layout.H_DOMAIN_LIMIT);
  for (let number = 0; number < limit; number++) {
    const record = memory.u32(layout.H_DOMAINS) + number * DOMAIN_BYTES;
    const rootCount = memory.u32(record + DOMAIN_ROOT_COUNT);
    if (rootCount === 0) continue;
    found.push({
      number,
      roots: memory.u32(record + DOMAIN_ROOTS),
      rootCount,
      salt: memory.u32(record + DOMAIN_SALT),
    });
  }
  return found;
}

/** Address behind the last root record of a domain. */
export function rootsEnd(memory: Words, { roots, rootCount }: Domain): number {
  return roots + rootCount * memory.u32(layout.H_NID_COUNT) * ROOT_BYTES;
}

/** Which root of a domain's trees of one NUMA node a node with this checksum hangs below, in hash order. */
export function rootIndexOf({ rootCount, salt }: Domain, checksum: number): number {
  return Math.floor((layout.treeKey(salt, checksum) * rootCount) / 2 ** 32);
}
