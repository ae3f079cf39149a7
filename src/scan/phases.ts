/** How long each part of a scan takes. */
import process from 'node:process';

export interface Phase {
  readonly name: 'filming' | 'loading' | 'ordering' | 'filling' | 'passes' | 'comparing';
  readonly wall_s: number;
  /** CPU time of this process: all threads, user and system. */
  readonly cpu_s: number;
}

export class Phases {
  readonly done: Phase[] = [];

  /** Does `work` and adds its time to that of the phase. */
  async time<T>(name: Phase['name'], work: () => Promise<T>): Promise<T> {
    const [wall, cpu] = [performance.now(), process.cpuUsage()];
    try {
      return await work();
    } finally {
      const { user, system } = process.cpuUsage(cpu);
      this.#add(name, (performance.now() - wall) / 1000, (user + system) / 1e6);
    }
  }

  /** Seconds of wall time. */
  of(name: Phase['name']): number {
    return this.done.find((phase) => phase.name === name)?.wall_s ?? 0;
  }

  /** Time that was measured in one phase belongs to another. */
  move(from: Phase['name'], to: Phase['name'], wall_s: number, cpu_s: number): void {
    this.#add(from, -wall_s, -cpu_s);
    this.#add(to, wall_s, cpu_s);
  }

  #add(name: Phase['name'], wall_s: number, cpu_s: number): void {
    const at = this.done.findIndex((phase) => phase.name === name);
    const before = this.done[at];
    if (before === undefined) this.done.push({ name, wall_s, cpu_s });
    else this.done[at] = { name, wall_s: before.wall_s + wall_s, cpu_s: before.cpu_s + cpu_s };
  }
}
