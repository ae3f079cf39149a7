/**
 * Domains beside models that know of none: what happens in one is what would happen if there were no other. So after every operation a host
 * with three of them has the sums and the groups of three machines of one domain each. Each machine has only the processes of its domain.
 * Passes are whole, because only then a pass of the host is one of each machine.
 *
 * The domain of a process or a mapping may change, too. The models know nothing of that, so there the walker and the guests judge.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errnoOf } from '../../../src/engine/index.ts';
import type { Host } from '../../../src/index.ts';
import { type Group, Player, type Trace } from '../../../src/trace/index.ts';
import { checkHost, engineOf } from '../../support/inside.ts';
import { traceArbitrary } from '../../support/model/generate.ts';
import { LinuxModel, type Snapshot } from '../../support/model/linux.ts';
import { NaiveModel } from '../../support/model/naive.ts';
import type { TraceOp, TraceResult } from '../../support/model/trace.ts';
import { distinctGroups, expectSameBytes, freshHost, inWholePasses, operationsOf, withoutNodes } from './hosts.ts';

const RUNS = Math.ceil(Number(process.env.PROPERTY_RUNS ?? 10) / 4);
const DOMAINS = 3;
/** Refused while pages are shared, and that in any domain. */
const OF_ALL = ['max_page_sharing', 'merge_across_nodes'];

type Index = 'content' | 'hash';

/** A host with all its domains; in hash order each has another number of roots, and a salt. */
function hostOfDomains(index: Index): Host {
  const host = freshHost(index, 'off', DOMAINS);
  const { call } = engineOf(host);
  for (let number = 1; number < DOMAINS; number++) {
    const made = index === 'hash' ? call.domainMake(2 ** number, 0x9e3779b9 * number) : call.domainMake(1, 0);
    expect(made).toBe(number);
  }
  return host;
}

function enter(host: Host, player: Player, name: string, domain: number): void {
  const { mm, id } = player.space(name);
  expect(engineOf(host).call.processDomainSet(mm, id, domain)).toBe(0);
}

/** What a snapshot of the model says, with groups as the player has them. */
type Sums = Omit<Snapshot, 'frames'> & { frames: Group[] };

/** Machines that each play the operations of one domain's processes, and those that are about all. */
class Machines {
  readonly #models: LinuxModel[] = Array.from({ length: DOMAINS }, () => new LinuxModel());
  readonly #domains: Map<string, number> = new Map();

  /** Of a process that comes or is there. */
  domainOf(proc: string): number {
    const domain = this.#domains.get(proc) ?? this.#domains.size % DOMAINS;
    this.#domains.set(proc, domain);
    return domain;
  }

  apply(op: TraceOp): TraceResult {
    if (op.op === 'sysfs' || op.op === 'scan') return this.#models.map((model) => model.apply(op))[0] as TraceResult;
    const domain = this.domainOf(op.proc);
    if (op.op === 'fork') this.#domains.set(op.child, domain);
    return (this.#models[domain] as LinuxModel).apply(op);
  }

  /** How many passes there were depends on when somebody was there to be scanned, in each machine for itself. */
  sums(): Sums {
    const snapshots = this.#models.map((model) => model.snapshot());
    return {
      sysfs: sumOf(snapshots.map(({ sysfs }) => ({ ...sysfs, full_scans: 0 }))),
      vmstat: sumOf(snapshots.map(({ vmstat }) => vmstat)),
      ksm_stat: Object.assign({}, ...snapshots.map(({ ksm_stat }) => ksm_stat)),
      frames: distinctGroups(snapshots.flatMap(({ frames }: Snapshot) => frames)),
    };
  }
}

/** The zero frame is everybody's, so that pages on it are a group in every domain at once. Is a page on another? */
function ownsFrame(host: Host, player: Player): (page: Group[number]) => boolean {
  const { call } = engineOf(host);
  return ([proc, page]) => {
    const { mm, id } = player.space(proc);
    return call.frameAt(mm, id, page) !== 0;
  };
}

function withOwn(groups: readonly Readonly<Group>[], isOwn: (page: Group[number]) => boolean): Group[] {
  return distinctGroups(groups.map((group) => group.filter(isOwn)));
}

function sumOf<Counters extends object>(all: readonly Counters[]): Counters {
  const names = Object.keys(all[0] as Counters) as (keyof Counters)[];
  const sums = names.map((name) => [name, all.reduce((sum, each) => sum + Number(each[name]), 0)]);
  return Object.fromEntries(sums) as Counters;
}

describe.each(['content', 'hash'] as const)('%s order', (index) => {
  test('three domains are three machines', () => {
    fc.assert(
      fc.property(traceArbitrary({ maxSteps: 70, shared: false }), (random) => {
        const ops = inWholePasses(random).filter((op) => op.op !== 'sysfs' || !OF_ALL.includes(op.file));
        const operations = operationsOf(ops);
        const host = hostOfDomains(index);
        const player = new Player(host);
        const machines = new Machines();
        for (const [i, op] of ops.entries()) {
          const result = machines.apply(op);
          const seen = player.play(operations[i] as Trace['operations'][number]);
          if (op.op === 'process') enter(host, player, op.proc, machines.domainOf(op.proc));
          checkHost(host);
          const isOwn = ownsFrame(host, player);
          const step = { ...seen, frames: withOwn(seen.frames, isOwn), sysfs: { ...seen.sysfs, full_scans: 0 } };
          const sums = machines.sums();
          const expected = withoutNodes({ result, ...sums, frames: withOwn(sums.frames, isOwn) });
          expect(withoutNodes(step), `${i}: ${JSON.stringify(op)}`).toEqual(expected);
        }
      }),
      { numRuns: RUNS },
    );
  });

  test('whoever goes where, a guest reads what it wrote, and nothing is shared across', () => {
    const move = fc.record({ proc: fc.nat(), page: fc.nat(20), pages: fc.nat(8), domain: fc.nat(DOMAINS) });
    const moves = fc.array(fc.option(move), { minLength: 50, maxLength: 50 });
    fc.assert(
      fc.property(traceArbitrary({ maxSteps: 50 }), moves, (ops, wishes) => {
        const host = hostOfDomains(index);
        const player = new Player(host);
        const naive = new NaiveModel();
        const operations = operationsOf(ops);
        for (const [i, op] of ops.entries()) {
          const expected = naive.apply(op);
          const { result } = player.play(operations[i] as Trace['operations'][number]);
          if (expected !== undefined) expect(result, `${i}: ${JSON.stringify(op)}`).toBe(expected);
          const wish = wishes[i];
          if (wish) go(host, wish);
          checkHost(host);
          expectSameBytes(player, naive);
        }
      }),
      { numRuns: RUNS },
    );
  });
});

/** A process, or some of its pages, goes to a domain; or that domain is dropped if it can be, and made anew. */
function go(host: Host, wish: { proc: number; page: number; pages: number; domain: number }): void {
  const { call } = engineOf(host);
  const space = host.processes[wish.proc % Math.max(1, host.processes.length)];
  if (wish.domain === DOMAINS) {
    if (errnoOf(call.domainDrop(1)) === 0) call.domainMake(1, 0);
  } else if (space === undefined) {
    return;
  } else if (wish.pages === 0) {
    expect(errnoOf(call.processDomainSet(space.mm, space.id, wish.domain))).toBe(0);
  } else {
    call.rangeDomainSet(space.mm, space.id, wish.page, wish.pages, wish.domain);
  }
}
