/** Every pair of an operation of a trace and an allocation in it that is refused. */
import { layout } from '../../../src/engine/index.ts';
import { KsmError } from '../../../src/index.ts';
import { contentPage } from '../../../src/trace/content.ts';
import { type Operation, Player, type RecordingStep, type Trace } from '../../../src/trace/index.ts';
import { checkHost, engineOf } from '../../support/inside.ts';
import { RefusingHost } from './attempt.ts';

const PAGE = layout.PAGE_SIZE;
/** Errnos of a machine that is full. */
const FULL: readonly unknown[] = [-layout.ENOMEM, -layout.EAGAIN];

export interface Pairs {
  /** Pairs that were tried. */
  tried: number;
  /** Of these, in which the engine could do without. */
  without: number;
  /** What was wrong. */
  readonly failures: string[];
}

/** Recordings list pages of mappings; one that was made more than once is listed more than once. */
function withoutRepeats(step: RecordingStep): RecordingStep {
  const frames = step.frames
    .map((group) => [...new Map(group.map((page) => [page.join(), page])).values()])
    .filter((group) => group.length > 1);
  return { ...step, frames };
}

/** The result of an operation, or the errno of one that does not even start a process. */
function play(player: Player, operation: Operation): RecordingStep | number {
  try {
    return player.play(operation);
  } catch (error) {
    if (error instanceof KsmError && error.errno !== undefined) return -error.errno;
    throw error;
  }
}

function resultOf(step: RecordingStep | number): number | string {
  return typeof step === 'number' ? step : step.result;
}

/** May the page hold these bytes, because the operation writes it? A poke changes one word. */
function mayHold(operation: Operation, player: Player, id: number, address: number, now: Uint8Array): boolean {
  if (operation.op !== 'fill' || player.space(operation.proc).id !== id) return false;
  const content = operation.contents[address / PAGE - operation.page];
  return content !== undefined && Buffer.compare(now, contentPage(content)) === 0;
}

export class PairPlayer {
  readonly #refusing: RefusingHost;
  readonly #player: Player;
  readonly #trace: Trace;
  readonly #recording: readonly RecordingStep[];
  readonly #index: 'content' | 'hash';
  readonly pairs: Pairs = { tried: 0, without: 0, failures: [] };

  constructor(
    module: WebAssembly.Module,
    trace: Trace,
    recording: readonly RecordingStep[],
    index: 'content' | 'hash',
  ) {
    this.#refusing = new RefusingHost(module, index);
    this.#player = new Player(this.#refusing.host);
    this.#trace = trace;
    this.#recording = recording;
    this.#index = index;
  }

  run(): Pairs {
    for (const [at, operation] of this.#trace.operations.entries()) this.#operation(at, operation);
    return this.pairs;
  }

  /** All pairs of one operation; then it is done for good. What ends a process allocates nothing. */
  #operation(at: number, operation: Operation): void {
    const saved = this.#refusing.save();
    const allocations = operation.op === 'exit' ? 0 : this.#allocations(operation, saved);
    const before = this.#refusing.contents();
    for (let which = 1; which <= allocations; which++) {
      this.#refusing.refuse(which);
      const step = play(this.#player, operation);
      this.#refused(at, operation, which, step, before);
      this.#refusing.restore(saved);
    }
    this.#refusing.refuse(0);
    this.#expectRecorded(at, play(this.#player, operation), (what) => this.#fail(at, operation, what));
  }

  /** How many allocations it takes, which shows when none is refused. */
  #allocations(operation: Operation, saved: Uint8Array): number {
    this.#refusing.refuse(0);
    play(this.#player, operation);
    this.#refusing.restore(saved);
    return this.#refusing.asked;
  }

  #fail(at: number, operation: Operation, what: string): void {
    this.pairs.failures.push(`${this.#trace.name}, operation ${at + 1} (${operation.op}): ${what}`);
  }

  #refused(
    at: number,
    operation: Operation,
    which: number,
    step: RecordingStep | number,
    before: ReadonlyMap<string, Uint8Array>,
  ): void {
    this.pairs.tried++;
    const { host } = this.#refusing;
    const result = resultOf(step);
    const fail = (what: string): void => this.#fail(at, operation, `allocation ${which} refused: ${what}`);
    this.#expectSound(fail);
    const isDone = result === this.#recording[at]?.result;
    if (isDone) {
      this.pairs.without++;
    } else if (!FULL.includes(result)) {
      fail(`it says ${result}`);
    } else if (engineOf(host).u32(layout.H_LIMIT_HIT) === layout.LIMIT_NONE) {
      fail('no limit is named');
    }
    const isWriter = isDone && operation.op !== 'scan' && operation.op !== 'sysfs';
    if (isWriter) return;
    const player = this.#player;
    const changed = this.#refusing.difference(before, (id, address, now) =>
      mayHold(operation, player, id, address, now),
    );
    if (changed !== undefined) fail(`${changed} reads otherwise than before`);
    if (!isDone) this.#retry(at, operation, which);
  }

  /** The same once more, with nothing refused: all is as if nothing had been refused before. */
  #retry(at: number, operation: Operation, which: number): void {
    this.#refusing.refuse(0);
    this.#expectRecorded(at, play(this.#player, operation), (what) =>
      this.#fail(at, operation, `retried after allocation ${which} was refused: ${what}`),
    );
    this.#expectSound((what) => this.#fail(at, operation, `retried after allocation ${which} was refused: ${what}`));
  }

  #expectSound(fail: (what: string) => void): void {
    try {
      checkHost(this.#refusing.host);
    } catch (error) {
      fail(String(error));
    }
  }

  /** In content order all is as the kernel's; in hash order what processes read is. */
  #expectRecorded(at: number, step: RecordingStep | number, fail: (what: string) => void): void {
    const recorded = this.#recording[at];
    if (recorded === undefined || typeof step === 'number') {
      fail(`is not recorded, or says ${resultOf(step)}`);
      return;
    }
    const text = (line: RecordingStep): string =>
      this.#index === 'content' ? JSON.stringify(withoutRepeats(line)) : String(line.result);
    if (text(step) !== text(recorded)) fail(`is ${text(step)}, but ${text(recorded)} is recorded`);
  }
}
