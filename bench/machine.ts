/**
 * On what a bench ran. Absolute figures mean nothing without it, and little even with it: quote ratios.
 */

import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  readonly kernel: string;
  readonly node: string;
  readonly v8: string;
  /** Packages that take part, by name, as package.json pins them. */
  readonly packages: Readonly<Record<string, string>>;
}

const PARTICIPANTS = ['assemblyscript', 'hash-wasm', 'tinybench', 'xxhash-wasm'];

/** Describes this machine. Reads package.json from the working directory, which npm makes the repository's root. */
export function describeMachine(): Machine {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
    name: string;
    version: string;
    devDependencies: Record<string, string>;
  };
  const packages: Record<string, string> = { [manifest.name]: manifest.version };
  for (const name of PARTICIPANTS) packages[name] = manifest.devDependencies[name] ?? 'unknown';
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memory: totalmem(),
    kernel: `${type()} ${release()}`,
    node: process.versions.node,
    v8: process.versions.v8,
    packages,
  };
}

/** The same as one line for people. */
export function machineLine(machine: Machine): string {
  const gib = (machine.memory / 2 ** 30).toFixed(1);
  const packages = Object.entries(machine.packages).map(([name, version]) => `${name} ${version}`);
  return [
    `${machine.cpu}, ${machine.cores} cores, ${gib} GiB`,
    machine.kernel,
    `Node ${machine.node} (V8 ${machine.v8})`,
    ...packages,
  ].join('; ');
}
