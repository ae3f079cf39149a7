/**
 * Random traces of all that a machine can do, for two hosts that must agree: they need not be legal, since a refusal is an answer too.
 * Pages and contents are few, so that all of them meet.
 */
import { Dice } from '../../support/dice.ts';
import type { Direct } from '../../support/names-player.ts';
import type { Operation } from '../golden2/player.ts';

export type Step = Operation | Direct;

/** What a trace is about, besides what all are about. */
export const KINDS = ['small', 'huge', 'nodes', 'everything'] as const;
export type Kind = (typeof KINDS)[number];

export interface RandomTrace {
  readonly nodes: number;
  readonly dirtyTracking: 'off' | 'on' | 'advisory';
  readonly steps: readonly Step[];
}

const MOST_PROCESSES = 6;
/** A page table ends here: some mappings lie across it. */
const TABLE_END = 512;
/** Where a large folio may lie, and how many mappings of such a trace has: the memory is not to become full. */
const HUGE_AT = [TABLE_END * 2, TABLE_END * 3];
const MOST_HUGE = 3;
const FEW = 12;

interface Process {
  readonly name: string;
  /** Where something was mapped once: first page and how many. */
  readonly mapped: [first: number, pages: number][];
}

class Author {
  readonly steps: Step[] = [];
  readonly #dice: Dice;
  readonly #hasHuge: boolean;
  readonly #hasNodes: boolean;
  readonly #alphabet: number;
  readonly #processes: Process[] = [];
  readonly #pins: { id: number; proc: string }[] = [];
  #names = 0;
  #ids = 0;
  #huge = 0;

  constructor(dice: Dice, kind: Kind) {
    this.#dice = dice;
    this.#hasHuge = kind === 'huge' || kind === 'everything';
    this.#hasNodes = hasNodes(kind);
    this.#alphabet = dice.pick([2, 4, 6, 60]);
  }

  write(count: number): void {
    for (const [file, values] of START) this.#set(file, this.#dice.pick(values));
    for (let newcomers = this.#dice.between(1, 3); newcomers > 0; newcomers--) this.#newcomer();
    this.#set('run', '1');
    for (let left = count; left > 0; left--) {
      if (this.#processes.length === 0) this.#newcomer();
      this.#one();
    }
    for (let passes = 0; passes < 2; passes++) this.steps.push({ op: 'scan', pages: 5000 });
    for (const { name, mapped } of this.#processes) {
      for (const [page, pages] of mapped)
        this.steps.push({ op: 'digest', proc: name, page, pages: Math.min(pages, FEW) });
    }
  }

  #one(): void {
    let left = this.#dice.below(TOTAL);
    const turn = TURNS.find(([weight]) => {
      left -= weight;
      return left < 0;
    });
    this.#do(turn?.[1] ?? 'scan');
  }

  #do(what: Turn): void {
    switch (what) {
      case 'scan':
        this.#push({ op: 'scan', pages: this.#dice.pick([1, 2, 3, 5, 7, 17, 40, 1000, 5000]) });
        return;
      case 'setting':
        this.#set(...this.#setting());
        return;
      case 'restart':
        this.#restart();
        return;
      case 'region':
        this.#region(this.#someone());
        return;
      case 'newcomer':
        this.#newcomer();
        return;
      case 'fork':
        this.#fork(this.#someone());
        return;
      case 'exit':
        this.#exit(this.#someone());
        return;
      case 'unpin':
        this.#unpin();
        return;
      default:
        this.#near(what, this.#someone());
        return;
    }
  }

  /** Something that is done to a few pages of a process. */
  #near(what: Near, process: Process): void {
    const dice = this.#dice;
    const [page, pages] = this.#place(process);
    const at = { proc: process.name, page, pages };
    switch (what) {
      case 'fill':
        this.#push({ op: 'fill', ...at, contents: this.#contents(pages) });
        return;
      case 'poke':
        this.#push({ op: 'poke', ...at, offset: dice.pick([0, 8, 4088]), value: dice.pick(['0', '1', '77']) });
        return;
      case 'direct':
        this.#push({ op: 'direct', ...at, content: dice.below(this.#alphabet) });
        return;
      case 'madvise':
        this.#push({ op: 'madvise', ...at, advice: dice.pick(['MERGEABLE', 'UNMERGEABLE', 'DONTNEED']) });
        return;
      case 'mprotect':
        this.#push({ op: 'mprotect', ...at, prot: dice.pick(['r', 'rw', 'rw', 'none']) });
        return;
      case 'pin':
        this.#pin(process, page);
        return;
      case 'move':
        if (this.#hasNodes) this.#push({ op: 'move', ...at, node: dice.below(2) });
        return;
      default:
        this.#push({ op: what, ...at });
        return;
    }
  }

  #push(step: Step): void {
    this.steps.push(step);
  }

  #set(file: string, value: string): void {
    this.#push({ op: 'sysfs', file, value });
  }

  #setting(): [file: string, value: string] {
    const [file, values] = this.#dice.pick(SETTINGS);
    return [file, this.#dice.pick(values)];
  }

  /** Stops or unmerges, changes what can only be changed then, and goes on. */
  #restart(): void {
    this.#set('run', this.#dice.pick(['0', '2', '2']));
    this.#set(...this.#dice.pick(QUIET.map(([file, values]): [string, string] => [file, this.#dice.pick(values)])));
    this.#set('run', '1');
  }

  #someone(): Process {
    return this.#dice.pick(this.#processes);
  }

  /** A few pages where something was mapped, or anywhere. */
  #place({ mapped }: Process): [page: number, pages: number] {
    const [first, pages] = mapped.length === 0 || this.#dice.oneIn(12) ? this.#range() : this.#dice.pick(mapped);
    const page = first + this.#dice.below(pages);
    return [page, this.#dice.between(1, Math.max(1, Math.min(FEW, first + pages - page)))];
  }

  #range(): [page: number, pages: number] {
    const dice = this.#dice;
    return [dice.oneIn(5) ? TABLE_END - FEW + dice.below(FEW + 4) : dice.below(40), dice.between(1, FEW)];
  }

  #contents(pages: number): number[] {
    const same = this.#dice.oneIn(2) ? this.#dice.below(this.#alphabet) : undefined;
    return Array.from({ length: pages }, () => same ?? this.#dice.below(this.#alphabet));
  }

  #region(process: Process): void {
    const dice = this.#dice;
    const isHuge = this.#hasHuge && this.#huge < MOST_HUGE && dice.oneIn(2);
    if (isHuge) this.#huge++;
    const [page, pages] = isHuge ? [dice.pick(HUGE_AT), TABLE_END] : this.#range();
    const kind = isHuge ? 'huge' : dice.pick(['private', 'private', 'private', 'private', 'shared', 'file'] as const);
    const at = { proc: process.name, page, pages };
    this.#push({ op: 'mmap', ...at, kind });
    process.mapped.push([page, pages]);
    this.#push({ op: 'fill', ...at, contents: this.#contents(Math.min(pages, FEW)) });
    if (!dice.oneIn(8)) this.#push({ op: 'madvise', ...at, advice: 'MERGEABLE' });
  }

  #newcomer(): void {
    if (this.#processes.length === MOST_PROCESSES) return;
    const process: Process = { name: `p${this.#names++}`, mapped: [] };
    this.#push({ op: 'process', proc: process.name, ...(this.#hasNodes ? { node: this.#dice.below(2) } : {}) });
    this.#processes.push(process);
    this.#region(process);
  }

  #fork(parent: Process): void {
    if (this.#processes.length === MOST_PROCESSES) return;
    const child: Process = { name: `p${this.#names++}`, mapped: [...parent.mapped] };
    this.#push({ op: 'fork', proc: parent.name, child: child.name });
    this.#processes.push(child);
  }

  #exit(process: Process): void {
    this.#push({ op: 'exit', proc: process.name });
    this.#processes.splice(this.#processes.indexOf(process), 1);
    for (const pin of this.#pins.filter(({ proc }) => proc === process.name))
      this.#pins.splice(this.#pins.indexOf(pin), 1);
  }

  #pin({ name }: Process, page: number): void {
    const id = this.#ids++;
    this.#push({ op: 'pin', proc: name, page, how: this.#dice.pick(['get', 'read', 'write']), id });
    this.#pins.push({ id, proc: name });
  }

  #unpin(): void {
    if (this.#pins.length === 0) return;
    const [pin] = this.#pins.splice(this.#dice.below(this.#pins.length), 1);
    if (pin !== undefined) this.#push({ op: 'unpin', proc: pin.proc, id: pin.id });
  }
}

type Values = [file: string, values: readonly string[]];

const QUIET: readonly Values[] = [
  ['max_page_sharing', ['2', '3', '4', '5', '256']],
  ['merge_across_nodes', ['0', '1']],
];
const SETTINGS: readonly Values[] = [
  ...QUIET,
  ['use_zero_pages', ['0', '1']],
  ['smart_scan', ['0', '1']],
  ['run', ['0', '1', '1', '2']],
  ['stable_node_chains_prune_millisecs', ['0', '4294967295']],
];
const START: readonly Values[] = SETTINGS.filter(([file]) => file !== 'run');

type Near =
  | 'fill'
  | 'poke'
  | 'direct'
  | 'madvise'
  | 'mprotect'
  | 'pin'
  | 'move'
  | 'munmap'
  | 'mlock'
  | 'munlock'
  | 'touch'
  | 'digest';
type Turn = Near | 'scan' | 'setting' | 'restart' | 'region' | 'newcomer' | 'fork' | 'exit' | 'unpin';

const TURNS: readonly [weight: number, turn: Turn][] = [
  [30, 'scan'],
  [14, 'fill'],
  [8, 'madvise'],
  [6, 'direct'],
  [5, 'poke'],
  [6, 'region'],
  [5, 'fork'],
  [5, 'setting'],
  [5, 'move'],
  [4, 'mprotect'],
  [4, 'munmap'],
  [4, 'pin'],
  [3, 'unpin'],
  [3, 'exit'],
  [3, 'newcomer'],
  [2, 'restart'],
  [2, 'mlock'],
  [1, 'munlock'],
  [2, 'touch'],
  [2, 'digest'],
];
const TOTAL = TURNS.reduce((sum, [weight]) => sum + weight, 0);

function hasNodes(kind: Kind): boolean {
  return kind === 'nodes' || kind === 'everything';
}

/** The trace of a kind that has this seed, of so many turns; a turn is one operation or a few. */
export function randomTrace(kind: Kind, seed: number, turns: number): RandomTrace {
  const dice = new Dice(`${kind} ${seed}`);
  const author = new Author(dice, kind);
  author.write(turns);
  return {
    nodes: hasNodes(kind) ? 2 : 1,
    dirtyTracking: dice.pick(['off', 'off', 'on', 'advisory']),
    steps: author.steps,
  };
}
