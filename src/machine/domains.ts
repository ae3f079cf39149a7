/** Domains, as callers name them: groups of processes and mappings whose pages are merged among themselves only. */
import { type Engine, errnoOf, layout } from '../engine/index.ts';
import { KsmError } from '../errors.ts';
import { type Checks, invalid, optionsOf, wholeNumber } from '../validate.ts';

declare const DOMAIN: unique symbol;

/** Number of a domain. 0 is always there; `host.makeDomain` gives others. */
export type DomainId = number & { readonly [DOMAIN]: never };

export interface DomainOptions {
  /** Pages that it will be asked to merge: how large its trees are laid out. Default: an equal share of what there is room for. */
  readonly pages?: number;
  /** Makes the order of its trees, in hash order, another than that of other domains: a u32. Random unless given. */
  readonly salt?: number;
}

const OPTIONS: Checks<DomainOptions> = { pages: wholeNumber(1, 2 ** 32), salt: wholeNumber(0, 2 ** 32 - 1) };
/** Pages for which a tree of hash order has one root. */
const PAGES_A_ROOT = 4;

/** The domain that `call` was given, if it is there. */
export function expectDomain(engine: Engine, call: string, domain: unknown): DomainId {
  const limit = engine.u32(layout.H_DOMAIN_LIMIT);
  const isNumber = typeof domain === 'number' && Number.isInteger(domain) && domain >= 0 && domain < limit;
  if (isNumber && rootCountOf(engine, domain) !== 0) return domain as DomainId;
  throw invalid(`${call}: the domain`, domain, '0, or what makeDomain has given');
}

function rootCountOf(engine: Engine, domain: number): number {
  return engine.u32(engine.u32(layout.H_DOMAINS) + domain * layout.DOMAIN_BYTES + layout.DOMAIN_ROOT_COUNT);
}

/** A new domain. ENOMEM if the host has room for no other. */
export function makeDomain(engine: Engine, given?: DomainOptions): DomainId {
  const { pages, salt = randomSalt() } = optionsOf('makeDomain', given, OPTIONS);
  const isHashOrder = engine.u32(layout.H_INDEX) === layout.INDEX_HASH;
  const number = engine.call.domainMake(isHashOrder ? rootsFor(engine, pages) : 1, isHashOrder ? salt : 0);
  if (errnoOf(number) !== 0) throw engine.limitError('ENOMEM', 'makeDomain: no domain can be made');
  return number as DomainId;
}

function randomSalt(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] as number;
}

/** Roots of a tree for so many pages; without a number those of an equal share. A power of two, at most as many as domain 0 has. */
function rootsFor(engine: Engine, pages: number | undefined): number {
  const own = engine.u32(layout.H_ROOT_COUNT);
  const others = Math.max(1, engine.u32(layout.H_DOMAIN_LIMIT) - 1);
  const share = (engine.u32(layout.H_ROOT_LIMIT) / engine.u32(layout.H_NID_COUNT) - own) / others;
  const wanted = pages === undefined ? share : Math.min(pages / PAGES_A_ROOT, own);
  return 2 ** Math.floor(Math.log2(Math.max(1, wanted)));
}

/** Ends a domain. EBUSY if a process or a mapping is of it; EINVAL for domain 0. */
export function dropDomain(engine: Engine, given: DomainId): void {
  const domain = expectDomain(engine, 'dropDomain', given);
  if (domain === 0) throw invalid('dropDomain: the domain', domain, 'what makeDomain has given');
  if (errnoOf(engine.call.domainDrop(domain)) === 0) return;
  throw new KsmError(
    'EBUSY',
    `dropDomain: processes or mappings are of domain ${domain}, or one has ended and ksmd has not come by since; move or end them first.`,
  );
}
