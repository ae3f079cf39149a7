/** Which processes there are: all of them by their handles, and those that this thread knows as address spaces. */
import { type Engine, errnoOf, layout } from '../engine/index.ts';
import { KsmError } from '../errors.ts';
import { type Checks, invalid, optionsOf, wholeNumber } from '../validate.ts';
import { AddressSpace } from './address-space.ts';
import type { Machine } from './machine.ts';
import { expectNode } from './numa.ts';
import type { Books, ProcessHandle, SpawnOptions } from './types.ts';

const U32 = wholeNumber(0, 2 ** 32 - 1);
const SPAWN_OPTIONS: Checks<SpawnOptions> = { node: U32 };

/** A process that this thread knows. */
interface Known {
  readonly space: AddressSpace;
  /** Address of its mm. */
  readonly mm: number;
}

export class Processes {
  readonly #machine: Machine;
  /** Also once the machine is closed: a recovery counts anew. */
  readonly #engine: Engine;
  readonly #known: Map<number, Known> = new Map();
  readonly #made: WeakSet<AddressSpace> = new WeakSet();

  constructor(machine: Machine, engine: Engine, { processes }: Books) {
    this.#machine = machine;
    this.#engine = engine;
    for (const handle of processes) this.#keep(handle);
  }

  /** The live ones that this thread knows, in the order in which they were started. */
  get live(): readonly AddressSpace[] {
    for (const [id, { space }] of this.#known) if (!space.alive) this.#known.delete(id);
    return [...this.#known.values()].map(({ space }) => space);
  }

  /** Is it a process of this machine, whatever its type says, alive or not? */
  has(given: unknown): given is AddressSpace {
    return this.#made.has(given as AddressSpace);
  }

  /** What a snapshot says of them. For while nobody changes anything. */
  get books(): Books {
    return { nextId: this.#machine.engine.u32(layout.H_NEXT_ID), processes: this.#handles() };
  }

  /** What names the live processes, also those that other threads have started, in the order in which they were started. */
  handles(): ProcessHandle[] {
    return this.#machine.engine.exclusively(() => this.#handles());
  }

  spawn(options: SpawnOptions): AddressSpace {
    const { node = 0 } = optionsOf('spawn', options, SPAWN_OPTIONS);
    const { engine } = this.#machine;
    const mm = engine.call.spawn(expectNode(engine, node)) >>> 0;
    if (errnoOf(mm) !== 0) throw engine.limitError('ENOMEM', 'spawn: a process cannot be started');
    return this.adopt(mm);
  }

  /** Takes a new mm into the books: from here on somebody knows of it. */
  adopt(mm: number): AddressSpace {
    const { engine } = this.#machine;
    engine.setU32(mm + layout.MM_MAKER, 0);
    return this.#keep({ id: engine.u32(mm + layout.MM_ID), mm });
  }

  /** The process that a handle means, for this thread. EINVAL if that is none, ESRCH if it has ended or goes on in another mm. */
  process(handle: ProcessHandle): AddressSpace {
    if (typeof handle !== 'object' || handle === null) throw invalid('process: the handle', handle, HANDLE);
    const { id, mm } = handle;
    if (!isU32(id) || !isU32(mm))
      throw invalid(`process: the handle's ${isU32(id) ? 'mm' : 'id'}`, isU32(id) ? mm : id, HANDLE);
    if (!this.#machine.engine.call.isProcess(mm, id)) {
      throw new KsmError(
        'ESRCH',
        `process: there is no process ${id} at ${mm}: it has ended; host.handles() names those that live.`,
      );
    }
    return this.#keep({ id, mm });
  }

  /** A process goes on in another mm. */
  moved(space: AddressSpace, mm: number): void {
    this.#known.set(space.id, { space, mm });
  }

  /** A process has ended. */
  ended(id: number): void {
    this.#known.delete(id);
  }

  /** Strikes processes that a death has ended off the books, and finds those that it left in exec. Calls nothing of the engine. */
  recount(): void {
    const handles = new Map(this.#handles().map((handle) => [handle.id, handle]));
    for (const [id, { mm }] of this.#known) {
      const handle = handles.get(id);
      if (handle === undefined) this.#known.delete(id);
      else if (handle.mm !== mm) this.#keep(handle);
    }
  }

  #keep({ id, mm }: ProcessHandle): AddressSpace {
    const space = new AddressSpace(this.#machine, mm, id);
    this.#made.add(space);
    this.#known.set(id, { space, mm });
    return space;
  }

  #handles(): ProcessHandle[] {
    const engine = this.#engine;
    const handles: ProcessHandle[] = [];
    const base = engine.u32(layout.H_MMS);
    const end = base + engine.u32(layout.H_FREE_MMS + layout.FREE_FRESH) * layout.MM_BYTES;
    for (let mm = base; mm < end; mm += layout.MM_BYTES) {
      const isObject = (engine.u32(mm + layout.MM_FLAGS) & layout.MM_SHARED_OBJECT) !== 0;
      const isNew = engine.u32(mm + layout.MM_MAKER) !== 0;
      if (this.#isLive(mm) && !isObject && !isNew) handles.push({ id: engine.u32(mm + layout.MM_ID), mm });
    }
    return handles.sort((one, other) => one.id - other.id);
  }

  #isLive(mm: number): boolean {
    const gone = layout.MM_EXITED | layout.MM_UNBORN;
    return (this.#engine.u32(mm + layout.MM_FLAGS) & (layout.MM_IN_USE | gone)) === layout.MM_IN_USE;
  }
}

const HANDLE = 'what "handle" of a process gives: { id, mm }';

function isU32(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32;
}
