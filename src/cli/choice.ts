/** The options of `ksm scan` that choose processes by what they are, not by number. */
import type { Choice } from '../image/index.ts';
import { type Arguments, has, many, type Option, wholeNumber } from './arguments.ts';

export const CHOICE_OPTIONS: readonly Option[] = [
  {
    name: 'tree',
    value: 'PID',
    many: true,
    completes: 'process',
    help: 'a process and all that descend from it',
  },
  { name: 'name', value: 'NAME', many: true, help: 'the processes that ps -e shows by this name' },
  { name: 'user', value: 'USER', many: true, help: 'the processes of a user, by name or number' },
  { name: 'cgroup', value: 'PATH', many: true, help: 'the processes of a control group and of those in it' },
  { name: 'container', value: 'ID', many: true, help: 'the processes of a container of docker, podman or containerd' },
];

export function choiceOf(given: Arguments): Choice {
  return {
    trees: many(given, 'tree').map((pid) => wholeNumber('tree', pid, 1)),
    names: many(given, 'name'),
    users: many(given, 'user'),
    cgroups: many(given, 'cgroup'),
    containers: many(given, 'container'),
  };
}

/** Does the command line want any live processes of the user's? */
export function namesProcesses(given: Arguments): boolean {
  return ['pid', 'all', ...CHOICE_OPTIONS.map(({ name }) => name)].some((name) => has(given, name));
}
