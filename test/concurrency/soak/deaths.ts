/**
 * Deaths: scanners are killed at random instants, and guests too, while other guests go on; after each death the owner
 * recovers. Who lives loses nothing, and merging goes on.
 */
import { layout } from '../../../src/engine/index.ts';
import type { Host } from '../../../src/index.ts';
import { Dice } from '../../support/dice.ts';
import { checkHost, viewOf } from '../../support/inside.ts';
import { Book } from './book.ts';
import { Guest } from './guest.ts';
import { expectMerging, idleOf, type MachineOptions, type Merging, mergingOf, startMachine } from './machine.ts';
import { Thread } from './thread.ts';

export interface DeathsOptions extends MachineOptions {
  /** Of scanners. */
  readonly deaths: number;
  /** After so many deaths of scanners a guest dies too. */
  readonly guestEvery: number;
  /** Begins no death after so many seconds. */
  readonly seconds?: number;
  readonly report: (line: string) => void;
}

/** How many died, and in the middle of what. */
interface Toll {
  deaths: number;
  /** They had the lock. */
  locked: number;
}

export interface DeathsResult extends Merging {
  readonly scanners: Toll & { batch: number };
  readonly guests: Toll & { access: number };
  /** Of the guests that lived on. */
  readonly operations: number;
  /** Processes that a guest had begun or given up, but not yet said so, when it died. */
  readonly orphans: number;
  readonly seconds: number;
}

const REPORT_EVERY = 10_000;
/** After so many deaths the guests stand still and compare everything. */
const STILL_EVERY = 100;
/** Threads that stand by. */
const STANDBY = 3;
/** The longest wait before a kill is 10 to this power, the shortest 1: operations of the owner's guest, about a microsecond each. */
const LONGEST = 3.5;
/** Operations of the owner's guest between two looks at the others. */
const FEW = 16;
/** Of so many scanners one lives until it has come to the end of a pass. */
const PASS_EVERY = 8;
/** What is expected of a scanner comes before so many pages are scanned, of 2 ** 15 that there are, and so much is written. */
const ENOUGH = { pages: 20 * 2 ** 15, operations: 2_000_000 };
/** A thread that has the lock may be slow: so often is it given the seconds that recovery waits for it. */
const RECOVERIES = 100;

class Deaths {
  readonly #options: DeathsOptions;
  readonly #host: Host;
  readonly #dice: Dice;
  readonly #book: Book = new Book();
  /** Runs in this thread. */
  readonly #guest: Guest;
  readonly #survivor: Thread;
  #victim: Thread;
  readonly #scanners: Thread[];
  #started = 0;
  #sharing = 0;
  #orphans = 0;
  readonly #scannersDied: DeathsResult['scanners'] = { deaths: 0, locked: 0, batch: 0 };
  readonly #guestsDied: DeathsResult['guests'] = { deaths: 0, locked: 0, access: 0 };

  constructor(host: Host, options: DeathsOptions) {
    this.#options = options;
    this.#host = host;
    this.#dice = new Dice(options.seed);
    host.share();
    this.#guest = new Guest(host, { ...options, name: 'guest of the owner' }, this.#book);
    this.#survivor = this.#start('guest', 'guest that lives');
    this.#victim = this.#start('guest', 'guest that will die');
    this.#scanners = Array.from({ length: STANDBY }, () => this.#start('scanner', 'scanner'));
  }

  async run(): Promise<DeathsResult> {
    const { deaths, guestEvery, seconds = Number.POSITIVE_INFINITY, report } = this.#options;
    const start = performance.now();
    await Promise.all([this.#survivor.ready, this.#victim.ready]);
    this.#survivor.order('work');
    this.#victim.order('work');
    let reported = start;
    for (let death = 1; death <= deaths && performance.now() - start < seconds * 1000; death++) {
      const scanner = this.#scanners.shift() as Thread;
      await scanner.ready;
      scanner.order('work');
      this.#scanners.push(this.#start('scanner', 'scanner'));
      if (death % guestEvery === 0) await this.#guestDies();
      if (death % PASS_EVERY === 0) await this.#passEnds(scanner);
      await this.#scannerDies(scanner);
      if (death % STILL_EVERY === 0) await this.#standStill();
      if (performance.now() - reported < REPORT_EVERY) continue;
      reported = performance.now();
      report(`${death} scanners and ${this.#guestsDied.deaths} guests died`);
    }
    await this.#isMerging(this.#scanners[0] as Thread);
    await this.#standStill();
    return this.#result((performance.now() - start) / 1000);
  }

  /** Kills every thread that is left. */
  async end(): Promise<void> {
    await Promise.allSettled([this.#survivor, this.#victim, ...this.#scanners].map((thread) => thread.kill()));
  }

  #start(role: 'guest' | 'scanner', name: string): Thread {
    const seed = this.#options.seed + ++this.#started;
    return new Thread({ role, name, seed, page: this.#options.page, shared: this.#host.share() });
  }

  async #scannerDies(scanner: Thread): Promise<void> {
    const engine = viewOf(this.#host);
    await this.#kill(scanner, this.#scannersDied);
    if (engine.u32(layout.LINUX_BUSY) !== 0) this.#scannersDied.batch++;
    this.#recover(scanner);
  }

  /** The owner's guest goes on until it is so. Rejects where the thread has failed. */
  async #until(isSo: () => boolean, thread: Thread): Promise<void> {
    while (!isSo()) {
      this.#guest.run(FEW);
      await Promise.race([new Promise((resolve) => setImmediate(resolve)), thread.ended]);
    }
  }

  /** The scanner works until nothing is missing. `missing` says what is. */
  async #scannedUntil(missing: () => string | undefined, scanner: Thread): Promise<void> {
    const pages = this.#host.ksm.counters().pages_scanned + ENOUGH.pages;
    const operations = this.#guest.operations + ENOUGH.operations;
    await this.#until(() => {
      const what = missing();
      const isEnough = this.#host.ksm.counters().pages_scanned > pages && this.#guest.operations > operations;
      if (what !== undefined && isEnough)
        throw new Error(`no ${what} in ${ENOUGH.pages} pages: nothing is merged any more`);
      return what === undefined;
    }, scanner);
  }

  /** Deaths must not keep a scanner from coming to the end of a pass: else nothing would be merged any more. */
  async #passEnds(scanner: Thread): Promise<void> {
    const { full_scans } = this.#host.ksm.counters();
    const missing = () => (this.#host.ksm.counters().full_scans > full_scans ? undefined : 'end of a pass');
    await this.#scannedUntil(missing, scanner);
  }

  /** The last scanner works until merging was put to the test. */
  async #isMerging(scanner: Thread): Promise<void> {
    await scanner.ready;
    scanner.order('work');
    await this.#scannedUntil(() => {
      this.#sharing = Math.max(this.#sharing, scanner.sharing);
      return idleOf(mergingOf(this.#host, this.#sharing));
    }, scanner);
    await scanner.obey('pause');
  }

  /** The processes of a dead guest are ended by the owner. */
  async #guestDies(): Promise<void> {
    const engine = viewOf(this.#host);
    const dead = this.#victim;
    await this.#kill(dead, this.#guestsDied);
    const record = layout.WORKERS + (dead.number - 1) * layout.WORKER_BYTES;
    if (engine.u32(record + layout.WORKER_ACCESS) !== 0) this.#guestsDied.access++;
    this.#recover(dead);
    for (const handle of dead.processes) this.#host.process(handle).exit();
    checkHost(this.#host);
    this.#victim = this.#start('guest', 'guest that will die');
    await this.#victim.ready;
    this.#victim.order('work');
  }

  /** Kills a thread a while after it has begun; meanwhile the owner's guest goes on. */
  async #kill(thread: Thread, toll: Toll): Promise<void> {
    await this.#until(() => thread.turns > 0, thread);
    this.#guest.run(Math.floor(10 ** ((this.#dice.bits() / 2 ** 32) * LONGEST)));
    await thread.kill();
    toll.deaths++;
    if (viewOf(this.#host).u32(layout.LOCK) === thread.number) toll.locked++;
  }

  #recover(thread: Thread): void {
    for (let attempt = 1; !this.#hasRecovered(thread, attempt === RECOVERIES); attempt++);
    this.#sharing = Math.max(this.#sharing, thread.sharing, this.#host.ksm.counters().pages_sharing);
    checkHost(this.#host);
    this.#guest.run(FEW);
  }

  #hasRecovered(thread: Thread, isLast: boolean): boolean {
    try {
      this.#host.recover(thread.number);
      return true;
    } catch (error) {
      if (isLast || (error as { code?: string }).code !== 'EAGAIN') throw error;
      return false;
    }
  }

  /** The guests stop and compare everything. What no guest knows of is ended. */
  async #standStill(): Promise<void> {
    await Promise.all([this.#survivor.obey('compare'), this.#victim.obey('compare')]);
    this.#guest.compareAll();
    this.#endOrphans();
    checkHost(this.#host);
    this.#survivor.order('work');
    this.#victim.order('work');
  }

  #endOrphans(): void {
    const engine = viewOf(this.#host);
    const known = new Set(
      [this.#book, this.#survivor, this.#victim].flatMap(({ processes }) => processes).map(({ mm }) => mm),
    );
    const first = engine.u32(layout.H_MMS);
    const end = first + engine.u32(layout.H_MM_LIMIT) * layout.MM_BYTES;
    for (let mm = first; mm < end; mm += layout.MM_BYTES) {
      const flags = engine.u32(mm + layout.MM_FLAGS);
      if ((flags & (layout.MM_IN_USE | layout.MM_EXITED)) !== layout.MM_IN_USE || known.has(mm)) continue;
      this.#host.process({ id: engine.u32(mm + layout.MM_ID), mm }).exit();
      this.#orphans++;
    }
  }

  #result(seconds: number): DeathsResult {
    const merging = mergingOf(this.#host, this.#sharing);
    expectMerging(merging);
    return {
      ...merging,
      scanners: this.#scannersDied,
      guests: this.#guestsDied,
      operations: this.#guest.operations + this.#survivor.operations,
      orphans: this.#orphans,
      seconds,
    };
  }
}

/** Rejects at the first byte that a survivor lost, and where the machine is not sound after a recovery. */
export async function deaths(options: DeathsOptions): Promise<DeathsResult> {
  const host = await startMachine(options);
  const run = new Deaths(host, options);
  try {
    return await run.run();
  } finally {
    await run.end();
    host[Symbol.dispose]();
  }
}
