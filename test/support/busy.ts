/**
 * A machine on which everything happens in a random order that its seed fixes: processes come and go, map, write, fork,
 * lock and pin; they and parts of them change their domains; ksmd scans; settings change; frames move, leave and come back; and now and
 * then all is recovered as after a death. Records are few, so that calls fail too.
 */
import { domainsOf } from '../../src/engine/index.ts';
import {
  type AddressSpace,
  createHost,
  type DomainId,
  type FrameId,
  type Host,
  type HostOptions,
  KsmError,
  type Pin,
} from '../../src/index.ts';
import { Dice } from './dice.ts';
import { engineOf } from './inside.ts';
import { PAGE } from './page.ts';

/** Pages in which processes map small things, and a huge page behind them. */
const SMALL_PAGES = 64;
const HUGE_PAGE = 512;
const PR_SET_MEMORY_MERGE = 67;

type Advice = 'MERGEABLE' | 'UNMERGEABLE' | 'DONTNEED';
const ADVICES: readonly Advice[] = ['MERGEABLE', 'MERGEABLE', 'MERGEABLE', 'UNMERGEABLE', 'DONTNEED'];
const PROTECTIONS = ['rw', 'r', 'none'] as const;
const HOLDS = ['get', 'read', 'write'] as const;

export class BusyMachine {
  readonly host: Host;
  readonly #pins: Pin[] = [];
  readonly #dice: Dice;
  readonly #offline: FrameId[] = [];
  readonly #domains: DomainId[];
  #now = 0;

  constructor(host: Host, seed: number) {
    this.host = host;
    this.#dice = new Dice(seed);
    this.#domains = domainsOf(engineOf(host)).map(({ number }) => number as DomainId);
    Object.assign(host.ksm.settings, { use_zero_pages: true, run: 1 });
    if (host.ksm.counters().pages_shared === 0) host.ksm.settings.max_page_sharing = 2; // else it is as the machine before left it
  }

  static async create(seed: number, options: HostOptions): Promise<BusyMachine> {
    const limits = { memory: '10M', pages: 8192, processes: 12, vmas: 80, nodes: 2, domains: 3, seed };
    const host = await createHost({ ...limits, ...options });
    for (const salt of [seed, seed * 0x01000193]) host.makeDomain({ salt: salt >>> 0 });
    return new BusyMachine(host, seed);
  }

  /** The frames that it has pinned. */
  get pinned(): number[] {
    return this.#pins.map(({ frame }) => frame);
  }

  /** Does one thing; returns its name. Calls that the machine may refuse are refused. */
  step(): string {
    const [name, action] = this.#dice.pick(this.#actions);
    try {
      action();
    } catch (error) {
      if (!(error instanceof KsmError) || error.code === 'ECORRUPT') throw error;
      return `${name}: ${error.code}`;
    }
    return name;
  }

  /** One of the processes; a new one where there was none. */
  #process(): AddressSpace {
    const { processes } = this.host;
    return processes.length === 0 ? this.#spawn() : this.#dice.pick(processes);
  }

  #spawn(): AddressSpace {
    const space = this.host.spawn({ node: this.#dice.below(2) });
    space.mmap(PAGE, SMALL_PAGES * PAGE);
    space.setDomain(this.#dice.pick(this.#domains));
    return space;
  }

  /** Address and length of a few pages. */
  #range(): [address: number, length: number] {
    const page = 1 + this.#dice.below(SMALL_PAGES);
    return [page * PAGE, (1 + this.#dice.below(16)) * PAGE];
  }

  /** Writes whole pages of few contents, so that some are equal, or one byte. */
  #write(): void {
    const space = this.#process();
    const page =
      this.#dice.below(20) === 0 ? HUGE_PAGE + this.#dice.below(HUGE_PAGE) : 1 + this.#dice.below(SMALL_PAGES);
    if (this.#dice.below(6) === 0)
      space.write(page * PAGE + this.#dice.below(PAGE), Uint8Array.of(this.#dice.below(3)));
    else space.write(page * PAGE, new Uint8Array(PAGE * (1 + this.#dice.below(4))).fill(this.#dice.below(7)));
  }

  #map(): void {
    const [address, length] = this.#range();
    const kind = this.#dice.below(8);
    const options = {
      shared: kind === 0,
      file: kind === 1,
      special: kind === 2,
      prot: this.#dice.pick(['rw', 'rw', 'r'] as const),
    };
    this.#process().mmap(address, length, options);
  }

  #mapHuge(): void {
    const space = this.#process();
    space.mmap(HUGE_PAGE * PAGE, HUGE_PAGE * PAGE, { hugepage: true });
    if (this.#dice.below(2) === 0) space.madvise(HUGE_PAGE * PAGE, HUGE_PAGE * PAGE, 'MERGEABLE');
  }

  #scan(): void {
    const { ksm } = this.host;
    if (ksm.settings.run !== 1 && this.#dice.below(4) === 0) ksm.settings.run = 1;
    this.#now += this.#dice.below(100);
    ksm.scan(1 + this.#dice.below(150), { now: this.#now });
  }

  #set(): void {
    const { settings } = this.host.ksm;
    const which = this.#dice.below(6);
    if (which === 0) settings.max_page_sharing = 2 + this.#dice.below(3);
    else if (which === 1) settings.merge_across_nodes = this.#dice.below(2);
    else if (which === 2) settings.use_zero_pages = this.#dice.below(2) === 0;
    else if (which === 3) settings.smart_scan = this.#dice.below(2) === 0;
    else if (which === 4) settings.stable_node_chains_prune_millisecs = this.#dice.below(100);
    else this.#rerun();
  }

  /** Stops ksmd, at times unmerging everything, and starts it again. */
  #rerun(): void {
    try {
      this.host.ksm.settings.run = this.#dice.pick([0, 2]);
    } finally {
      if (this.#dice.below(2) === 0) this.host.ksm.settings.run = 1;
    }
  }

  #migrate(): void {
    for (const { frame } of this.#process().resident()) {
      if (this.#dice.below(6) === 0) this.host.migrate(frame, this.#dice.below(2));
    }
  }

  #offlineOrOnline(): void {
    const first = this.#offline.pop();
    if (first !== undefined) {
      this.host.online(first, 8);
      return;
    }
    const frame = this.host.frame(1 + this.#dice.below(this.host.limits.frames - 8));
    this.host.offline(frame, 8);
    this.#offline.push(frame);
  }

  #pinOrRelease(): void {
    if (this.#dice.below(2) === 0) this.#pins.pop()?.release();
    else this.#pins.push(this.#process().pin((1 + this.#dice.below(SMALL_PAGES)) * PAGE, this.#dice.pick(HOLDS)));
  }

  /** Gives a process, or some pages of it, another domain; at times makes one, or ends one. */
  #setDomain(): void {
    const which = this.#dice.below(12);
    if (which === 0) this.#domains.push(this.host.makeDomain({ salt: this.#dice.below(2 ** 32) }));
    const at = this.#dice.below(this.#domains.length);
    const domain = this.#domains[at] as DomainId;
    if (which === 1) {
      this.host.dropDomain(domain);
      this.#domains.splice(at, 1);
    } else if (which < 5) this.#process().setDomain(domain);
    else this.#process().setDomain(domain, ...this.#range());
  }

  #leave(): void {
    const { processes } = this.host;
    if (processes.length > 4) this.#dice.pick(processes).exit();
    else if (processes.length > 1 && this.#dice.below(6) === 0) this.#dice.pick(processes).exec();
  }

  /** What happens often is here more than once. */
  readonly #actions: readonly (readonly [name: string, action: () => unknown])[] = [
    ['map', () => this.#map()],
    ['write', () => this.#write()],
    ['write', () => this.#write()],
    ['write', () => this.#write()],
    ['touch', () => this.#process().touch(...this.#range())],
    ['advise', () => this.#process().madvise(...this.#range(), this.#dice.pick(ADVICES))],
    ['adviseAll', () => this.#process().madvise(PAGE, SMALL_PAGES * PAGE, 'MERGEABLE')],
    ['mergeAny', () => this.#process().prctl(PR_SET_MEMORY_MERGE, this.#dice.below(4))],
    ['protect', () => this.#process().mprotect(...this.#range(), this.#dice.pick(PROTECTIONS))],
    ['unmap', () => this.#dice.below(3) === 0 && this.#process().munmap(...this.#range())],
    ['lock', () => this.#dice.below(4) === 0 && this.#process().mlock(...this.#range())],
    ['unlock', () => this.#process().munlock(...this.#range())],
    ['huge', () => this.#dice.below(8) === 0 && this.#mapHuge()],
    ['spawn', () => this.#spawn()],
    ['fork', () => this.#process().fork()],
    ['leave', () => this.#leave()],
    ['domain', () => this.#dice.below(3) === 0 && this.#setDomain()],
    ['recover', () => this.#dice.below(8) === 0 && this.host.recover()],
    ['pin', () => this.#pinOrRelease()],
    ['migrate', () => this.#dice.below(4) === 0 && this.#migrate()],
    ['offline', () => this.#dice.below(4) === 0 && this.#offlineOrOnline()],
    ['set', () => this.#dice.below(3) === 0 && this.#set()],
    ['scan', () => this.#scan()],
    ['scan', () => this.#scan()],
    ['scan', () => this.#scan()],
  ];
}
