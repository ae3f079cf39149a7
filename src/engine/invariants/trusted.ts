/**
 * What recovery trusts (assembly/recover/recover.ts), in a memory that may come from anybody: that each of those words names something
 * that there is. In a memory that a death has left behind it does, at any instruction; what else is wrong, recovery mends.
 */
import * as layout from '../../../assembly/layout/index.ts';
import { frameOfPte, isPresent } from '../../memory/index.ts';
import type { Engine } from '../engine.ts';
import { regionOf } from '../regions.ts';
import { checkDomains, expectDomain } from './domains.ts';
import { frameRows } from './frames.ts';
import { checkHeader } from './header.ts';
import { broken } from './rules.ts';

const { FREE_FRESH, TABLE_ENTRIES } = layout;

/** Records that were ever used, of one kind. */
class Records {
  readonly #kind: string;
  readonly #base: number;
  readonly #bytes: number;
  readonly count: number;

  constructor(engine: Engine, kind: string, list: number, region: number) {
    const { base, records, bytes } = regionOf(engine, region);
    this.#kind = kind;
    this.#base = base;
    this.#bytes = bytes;
    this.count = engine.u32(list + FREE_FRESH);
    if (this.count > records) broken('arena.fresh', `${this.count} of ${records} records of kind ${kind} were used`);
  }

  at(number: number): number {
    return this.#base + number * this.#bytes;
  }

  /** `address` may be 0 only if that `mayBeNone`. */
  expect(address: number, mayBeNone: boolean, what: () => string): void {
    const number = (address - this.#base) / this.#bytes;
    const isRecord = Number.isInteger(number) && number >= 0 && number < this.count;
    if (!isRecord && !(mayBeNone && address === 0)) broken('link.record', `${what()} is ${address}, no ${this.#kind}`);
  }
}

/** Throws ECORRUPT at the first word that recovery would follow to nowhere. */
export function checkTrusted(engine: Engine): void {
  checkHeader(engine);
  checkDomains(engine);
  const mms = new Records(engine, 'mm', layout.H_FREE_MMS, layout.REGION_MMS);
  const vmas = new Records(engine, 'vma', layout.H_FREE_VMAS, layout.REGION_VMAS);
  const tables = new Records(engine, 'table', layout.H_FREE_TABLES, layout.REGION_TABLES);
  const leaves = new Records(engine, 'leaf', layout.H_FREE_LEAVES, layout.REGION_LEAVES);
  new Records(engine, 'stable node', layout.H_FREE_NODES, layout.REGION_NODES);
  for (let number = 0; number < mms.count; number++) checkMm(engine, mms, tables, leaves.count, mms.at(number));
  for (let number = 0; number < vmas.count; number++) checkVma(engine, mms, vmas.at(number));
  frameRows(engine);
  checkPtes(engine, leaves.count);
}

function checkMm(engine: Engine, mms: Records, tables: Records, leaves: number, mm: number): void {
  if (!(engine.u32(mm + layout.MM_FLAGS) & layout.MM_IN_USE)) return;
  mms.expect(engine.u32(mm + layout.MM_REPLACES), true, () => `what the mm at ${mm} replaces`);
  expectDomain(engine, engine.u32(mm + layout.MM_DOMAIN), () => `the mm at ${mm}`);
  const pgd = engine.u32(mm + layout.MM_PGD);
  tables.expect(pgd, false, () => `the root table of the mm at ${mm}`);
  for (let upper = 0; upper < TABLE_ENTRIES; upper++) {
    const middle = engine.u32(pgd + upper * 4);
    tables.expect(middle, true, () => `a middle table of the mm at ${mm}`);
    for (let lower = 0; middle !== 0 && lower < TABLE_ENTRIES; lower++) {
      const leaf = engine.u32(middle + lower * 4);
      if (leaf !== 0 && leaf >= leaves) broken('link.record', `a leaf of the mm at ${mm} is ${leaf} of ${leaves}`);
    }
  }
}

function checkVma(engine: Engine, mms: Records, vma: number): void {
  const mm = engine.u32(vma + layout.VMA_MM);
  if (mm === 0) return;
  mms.expect(mm, false, () => `the mm of the vma at ${vma}`);
  const own = engine.u32(vma + layout.VMA_DOMAIN);
  if (own !== 0) expectDomain(engine, own - 1, () => `the vma at ${vma}`);
  mms.expect(engine.u32(vma + layout.VMA_OBJECT), true, () => `what the vma at ${vma} maps`);
}

function checkPtes(engine: Engine, leaves: number): void {
  const { words } = engine;
  const base = engine.u32(layout.H_PTES) / 4;
  const { count } = engine.frames;
  for (let entry = TABLE_ENTRIES; entry < leaves * TABLE_ENTRIES; entry++) {
    const pte = words[base + entry] as number;
    if (isPresent(pte) && frameOfPte(pte) >= count) broken('pte.frame', `entry ${entry}: pte 0x${pte.toString(16)}`);
  }
}
