/** Domains: making and dropping them, and who is in which (merge/domain, syscall/domain). */
import { EINVAL, ENOMEM, ESRCH } from '../layout';
import { limitForget } from '../memory/vmas';
import * as domains from '../merge/domain';
import { isHashOrder } from '../merge/order';
import { Mm } from '../records/mm';
import * as calls from '../syscall/domain';
import { isProcess } from './check';

/** Number of a new domain with `rootCount` roots for each NUMA node, a power of two; 1, and no salt, in content order. Or -errno. */
export function domainMake(rootCount: u32, salt: u32): u32 {
  if (popcnt(rootCount) != 1 || (!isHashOrder() && (rootCount != 1 || salt != 0))) return -EINVAL;
  limitForget();
  const number = domains.domainMake(rootCount, salt);
  return number ? number : -ENOMEM;
}

/** Ends the domain, which nobody may be in. */
export function domainDrop(number: u32): u32 {
  return calls.domainDrop(number);
}

/** Puts a process into the domain. */
export function processDomainSet(mm: Mm, id: u32, number: u32): u32 {
  return isProcess(mm, id) ? calls.processDomainSet(mm, number) : -ESRCH;
}

/** Puts `pages` pages of a process into the domain, whichever the process is in. */
export function rangeDomainSet(mm: Mm, id: u32, page: u32, pages: u32, number: u32): u32 {
  return isProcess(mm, id) ? calls.rangeDomainSet(mm, page, pages, number) : -ESRCH;
}
