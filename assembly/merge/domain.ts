/**
 * Domains: whose pages may share frames. A domain has trees of its own, so no search in it meets what another has, and no frame that
 * merging shares is mapped from two. Its roots are its own, too, so nobody can tell from the cost of a search who else is there.
 *
 * A page is of the domain of its mapping. A mapping is of its mm's, unless it was given one of its own. Domain 0 is always there. The
 * records are all that is known of domains: which root records are free follows from them.
 */

import { step } from '../base/step';
import { isLocked } from '../concurrent/lock';
import { DOMAIN_BYTES, LIMIT_DOMAINS, LIMIT_ROOTS, ROOT_BYTES } from '../layout';
import { entryMm, entryPage } from '../memory/tables';
import { vmaFind } from '../memory/vmas';
import { Domain } from '../records/domain';
import { header } from '../records/header';
import { Mm, Vma } from '../records/mm';
import { addressOf, recordAt } from '../records/record';

/** Domain number `number`, below the limit. */
export function domainAt(number: u32): Domain {
  if (!ASC_NO_ASSERT) assert(number < header.domainLimit);
  return recordAt<Domain>(header.domains + number * DOMAIN_BYTES);
}

export function domainNumber(domain: Domain): u32 {
  return (addressOf(domain) - <u32>header.domains) / DOMAIN_BYTES;
}

/** Number of the domain of the page of `entry`. A page in no mapping, as a death can leave it, is of its mm's domain. */
export function entryDomain(entry: u32): u32 {
  const mm = entryMm(entry);
  const vma = vmaFind(mm, entryPage(entry));
  if (!ASC_NO_ASSERT) assert(isDomain(vma ? domainOf(mm, vma) : mm.domain));
  return vma ? domainOf(mm, vma) : mm.domain;
}

/** Number of the domain of a mapping of `mm`. */
export function domainOf(mm: Mm, vma: Vma): u32 {
  return vma.domain ? vma.domain - 1 : mm.domain;
}

export function isDomain(number: u32): bool {
  return number < header.domainLimit && domainAt(number).rootCount != 0;
}

/** Number of its root records for all NUMA nodes. */
function rootsIn(domain: Domain): u32 {
  return domain.rootCount * header.nidCount;
}

/** Domain 0, which has the first root records. */
export function domainsBegin(): void {
  const first = domainAt(0);
  first.roots = header.roots;
  first.rootCount = header.rootCount;
}

/**
 * A new domain with `rootCount` roots for each NUMA node, a power of two, and 1 in content order. Returns its number; 0, and which limit,
 * if there is no record for it, or if no run of root records is long enough.
 */
export function domainMake(rootCount: u32, salt: u32): u32 {
  let number: u32 = 1;
  while (number < header.domainLimit && isDomain(number)) number++;
  if (number >= header.domainLimit) {
    header.limitHit = LIMIT_DOMAINS;
    return 0;
  }
  const isTooLarge = rootCount > header.rootLimit / header.nidCount; // else the product may wrap
  const roots: usize = isTooLarge ? 0 : runOfRoots(rootCount * header.nidCount);
  if (roots == 0) {
    header.limitHit = LIMIT_ROOTS;
    return 0;
  }
  const domain = domainAt(number);
  if (!ASC_NO_ASSERT) {
    assert(domain.rootCount == 0);
    assert(roots >= header.roots + header.rootCount * header.nidCount * ROOT_BYTES);
  }
  memory.fill(roots, 0, rootCount * header.nidCount * ROOT_BYTES); // what an earlier domain has left there means nothing
  domain.roots = roots;
  domain.salt = salt;
  step();
  domain.rootCount = rootCount; // last: a death before leaves no domain
  return number;
}

/** The lowest run of `count` root records that are no domain's; 0 if there is none. */
function runOfRoots(count: u32): usize {
  const end = <u64>header.roots + <u64>header.rootLimit * ROOT_BYTES;
  let start = header.roots;
  for (let number: u32 = 0; number < header.domainLimit; ) {
    const domain = domainAt(number);
    const after = domain.roots + rootsIn(domain) * ROOT_BYTES;
    if (isDomain(number) && domain.roots < start + count * ROOT_BYTES && after > start) {
      start = after;
      number = 0; // those that were behind may be in the way now
    } else {
      number++;
    }
  }
  return <u64>start + <u64>count * ROOT_BYTES <= end ? start : 0;
}

/** The domain is no more. Nobody is in it, and its trees are empty. */
export function domainForget(number: u32): void {
  if (!ASC_NO_ASSERT) {
    assert(isLocked());
    assert(number != 0);
    assert(isDomain(number));
  }
  domainAt(number).rootCount = 0;
}
