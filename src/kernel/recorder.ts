/**
 * Plays a trace on the live kernel: real processes, the kernel's own ksmd, and what the kernel says after each step.
 *
 * KSM is one for the whole machine. So a player holds a lock against other players, refuses to start where somebody
 * else uses KSM, unmerges everything before and after, and puts every setting back however it ends.
 */
import os from 'node:os';
import process from 'node:process';
import { ERRNO, KsmError } from '../errors.ts';
import { countersBy } from '../ksm/index.ts';
import { FORMAT_VERSION, type Operation, type RecordingLine, type RecordingStep, type Trace } from '../trace/index.ts';
import { puppetProgram } from './compile.ts';
import { type Mapped, sharedFrames } from './frames.ts';
import { Guard, type Waiting } from './guard.ts';
import { Ksmd } from './ksmd.ts';
import { type Machine, THIS_MACHINE } from './machine.ts';
import { ksmUsers, readKsmStat, readVmstat } from './procfs.ts';
import { restoreSettings, saveSettings, setForTrace } from './settings.ts';
import { type Puppet, Stage } from './stage.ts';
import { Sysfs } from './sysfs.ts';

export interface RecordOptions extends Waiting {
  /** Play even where others use KSM: what they have merged is unmerged first, and may show up in the counters. */
  readonly force?: boolean;
  /** Other places than this machine's own, for tests. */
  readonly machine?: Partial<Machine>;
}

/** An operation that a process does by itself. */
type Act = Exclude<Operation, { op: 'process' | 'fork' | 'exit' | 'sysfs' | 'scan' }>;

/** Numbers of <sys/mman.h>. */
const ADVICE = { MERGEABLE: 12, UNMERGEABLE: 13, DONTNEED: 4 } as const;
const PROTECTION = { r: 1, rw: 3 } as const;

interface Actor extends Mapped {
  readonly puppet: Puppet;
  readonly regions: (readonly [first: number, count: number])[];
}

/** An operation as the puppet understands it. */
function command(act: Act): string {
  switch (act.op) {
    case 'mmap':
      return `mmap ${act.page} ${act.pages} ${act.kind === 'shared' ? 1 : 0}`;
    case 'mprotect':
      return `mprotect ${act.page} ${act.pages} ${PROTECTION[act.prot]}`;
    case 'madvise':
      return `madvise ${act.page} ${act.pages} ${ADVICE[act.advice]}`;
    case 'fill':
      return ['fill', act.page, ...act.contents.map((content) => BigInt.asUintN(64, BigInt(content)))].join(' ');
    case 'poke':
      return `poke ${act.page} ${act.offset} ${act.value}`;
    default:
      return `${act.op} ${act.page} ${act.pages}`;
  }
}

/** Throws KsmError EBUSY if somebody uses KSM already. */
function refuseOthers(sysfs: Sysfs, proc: string): void {
  const merged = Number(sysfs.read('pages_shared'));
  const users = ksmUsers(proc);
  if (merged === 0 && users.length === 0) return;
  const who = users.length === 0 ? 'somebody' : `process ${users.slice(0, 5).join(', ')}`;
  throw new KsmError(
    'EBUSY',
    `KSM is in use: ${who} has mergeable memory, and ${merged} frames are shared. Playing a trace would unmerge it ` +
      'all, and the recording would count it: end its users first, or use --force.',
  );
}

/** Plays operations on a kernel whose settings are those of a trace's start. */
class Recorder {
  readonly #proc: string;
  readonly #sysfs: Sysfs;
  readonly #ksmd: Ksmd;
  readonly #guard: Guard;
  readonly #stage: Stage;
  readonly #signal: AbortSignal | undefined;
  readonly #actors: Map<string, Actor> = new Map();
  readonly #start: Pick<RecordingStep, 'sysfs' | 'vmstat'>;

  constructor(proc: string, sysfs: Sysfs, ksmd: Ksmd, guard: Guard, stage: Stage, signal?: AbortSignal) {
    this.#proc = proc;
    this.#sysfs = sysfs;
    this.#ksmd = ksmd;
    this.#guard = guard;
    this.#stage = stage;
    this.#signal = signal;
    this.#start = { sysfs: sysfs.counters(), vmstat: readVmstat(proc) };
  }

  /** Plays one operation: its line of the recording. */
  async play(operation: Operation): Promise<RecordingStep> {
    const result = await this.#perform(operation);
    const actors = [...this.#actors.values()];
    const counted = this.#sysfs.counters(); // the totals from boot
    const sysfs = countersBy(({ name, isTotal }) => counted[name] - (isTotal ? this.#start.sysfs[name] : 0));
    const vmstat = readVmstat(this.#proc);
    return {
      result,
      sysfs,
      vmstat: {
        ksm_swpin_copy: vmstat.ksm_swpin_copy - this.#start.vmstat.ksm_swpin_copy,
        cow_ksm: vmstat.cow_ksm - this.#start.vmstat.cow_ksm,
      },
      ksm_stat: Object.fromEntries(actors.map(({ name, pid }) => [name, readKsmStat(this.#proc, pid)])),
      frames: await sharedFrames(this.#proc, actors, this.#signal),
    };
  }

  async #perform(operation: Operation): Promise<RecordingStep['result']> {
    switch (operation.op) {
      case 'process':
        this.#enter(operation.proc, await this.#stage.start(), []);
        return 0;
      case 'fork': {
        const parent = this.#actor(operation.proc);
        this.#enter(operation.child, await this.#stage.fork(parent.puppet), parent.regions);
        return 0;
      }
      case 'exit':
        await this.#stage.exit(this.#actor(operation.proc).puppet);
        this.#actors.delete(operation.proc);
        return 0;
      case 'sysfs':
        return this.#write(operation.file, operation.value);
      case 'scan':
        return this.#scan(operation.pages);
      default:
        return this.#act(this.#actor(operation.proc), operation);
    }
  }

  async #write(file: string, value: string): Promise<number> {
    const result = this.#sysfs.write(file, value);
    await this.#ksmd.settle();
    return result;
  }

  async #scan(pages: number): Promise<number> {
    if (this.#sysfs.read('run') !== '1') return -ERRNO.EAGAIN;
    await this.#guard.drain();
    await this.#ksmd.batch(pages);
    return 0;
  }

  async #act({ puppet, regions }: Actor, act: Act): Promise<number | string> {
    const answer = await puppet.ask(command(act));
    if (act.op === 'digest' && !answer.startsWith('-')) return answer;
    if (act.op === 'mmap' && answer === '0') regions.push([act.page, act.pages]);
    return Number(answer);
  }

  #enter(name: string, puppet: Puppet, regions: Actor['regions']): void {
    this.#actors.set(name, { name, pid: puppet.pid, puppet, regions: [...regions] });
  }

  #actor(name: string): Actor {
    const actor = this.#actors.get(name);
    if (actor === undefined) throw new KsmError('ESRCH', `no process ${name}: start it with process or fork first`);
    return actor;
  }
}

/** Plays while the lock is held. */
async function* playLocked(
  trace: Trace,
  machine: Machine,
  guard: Guard,
  program: string,
  options: RecordOptions,
): AsyncGenerator<RecordingLine, void, void> {
  const sysfs = new Sysfs(machine);
  const ksmd = new Ksmd(sysfs, machine.proc, options.signal);
  if (options.force !== true) refuseOthers(sysfs, machine.proc);
  const stage = await Stage.open(program, options.signal);
  const saved = saveSettings(sysfs);
  const restore = (): void => restoreSettings(sysfs, saved);
  // Also where somebody ends this program by process.exit, or an error that nobody catches does.
  process.once('exit', restore);
  try {
    setForTrace(sysfs);
    await ksmd.takeOver();
    const recorder = new Recorder(machine.proc, sysfs, ksmd, guard, stage, options.signal);
    yield { op: 'trace', version: FORMAT_VERSION, name: trace.name, kernel: os.release() };
    for (const operation of trace.operations) {
      options.signal?.throwIfAborted();
      yield await recorder.play(operation);
    }
  } finally {
    await stage.close();
    process.off('exit', restore);
    restore();
  }
}

/**
 * Plays a trace on the live kernel: the lines of the recording, the header first. Needs Linux, root, CONFIG_KSM and a C
 * compiler, and nobody else who uses KSM. All settings are put back when the iteration ends, is left, or fails.
 *
 * Throws KsmError ENOENT if there is no KSM or no compiler, EACCES without root, EBUSY if KSM is in use or
 * another player is at work, EIO if a process of the trace was killed, and the signal's reason once that is aborted.
 */
export async function* recordTrace(
  trace: Trace,
  options: RecordOptions = {},
): AsyncGenerator<RecordingLine, void, void> {
  const machine = { ...THIS_MACHINE, ...options.machine };
  // Refuses first what no waiting will change.
  new Ksmd(new Sysfs(machine), machine.proc);
  const program = await puppetProgram(machine.compiler);
  const guard = await Guard.take(program, machine, options);
  try {
    yield* playLocked(trace, machine, guard, program, options);
  } finally {
    await guard.release();
  }
}
