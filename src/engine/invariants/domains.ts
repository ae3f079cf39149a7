/** Domains: their records, and the root records that are theirs. */
import * as layout from '../../../assembly/layout/index.ts';
import { type Domain, domainsOf, rootsEnd } from '../domains.ts';
import type { Engine } from '../engine.ts';
import { regionOf } from '../regions.ts';
import { broken } from './rules.ts';

/**
 * Calls `visit` for each tree of a domain that is not empty, in the slot `slot` of its root record: with the slot's address and the root's
 * number. Of all roots, of which there are as many as frames, next to none has a tree: words are looked at as they lie.
 */
export function eachTree(
  engine: Engine,
  domain: Domain,
  slot: number,
  visit: (address: number, root: number) => void,
): void {
  const { words } = engine;
  const step = layout.ROOT_BYTES / 4;
  const end = rootsEnd(engine, domain) / 4;
  const first = (domain.roots + slot) / 4;
  for (let at = first; at < end; at += step) if (words[at] !== 0) visit(at * 4, (at - first) / step);
}

/** Trusts the header only. */
export function checkDomains(engine: Engine): void {
  const { base, records } = regionOf(engine, layout.REGION_ROOTS);
  const end = base + records * layout.ROOT_BYTES;
  const domains = domainsOf(engine);
  const isHashOrder = engine.u32(layout.H_INDEX) === layout.INDEX_HASH;
  for (const domain of domains) checkDomain(domain, isHashOrder);
  let last = base;
  for (const domain of domains.toSorted((one, other) => one.roots - other.roots)) {
    const after = rootsEnd(engine, domain);
    if (domain.roots < last || (domain.roots - base) % layout.ROOT_BYTES !== 0 || after > end) {
      broken('domain.roots', `domain ${domain.number} has the roots from ${domain.roots} to ${after}`);
    }
    last = after;
  }
  const first = domains[0];
  if (first?.number !== 0 || first.roots !== base || first.rootCount !== engine.u32(layout.H_ROOT_COUNT)) {
    broken('domain.first', 'it is not, or it has others');
  }
}

function checkDomain({ number, rootCount, salt }: Domain, isHashOrder: boolean): void {
  const isPower = (rootCount & (rootCount - 1)) === 0;
  if (!isPower || (!isHashOrder && (rootCount !== 1 || salt !== 0))) {
    broken('domain.modes', `domain ${number} has ${rootCount} roots a tree and salt ${salt}`);
  }
}

/** That there is a domain `number`, of which something says that it is. */
export function expectDomain(engine: Engine, number: number, who: () => string): void {
  const isThere = number < engine.u32(layout.H_DOMAIN_LIMIT);
  const record = engine.u32(layout.H_DOMAINS) + number * layout.DOMAIN_BYTES;
  if (isThere && engine.u32(record + layout.DOMAIN_ROOT_COUNT) !== 0) return;
  broken('domain.known', `${who()} is of domain ${number}`);
}
