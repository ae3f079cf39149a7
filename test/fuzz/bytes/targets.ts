/**
 * All targets. A new one is a file under targets/, a folder of seeds under corpus/, and a line here.
 *
 * They are loaded one by one, when they are wanted: what is not loaded costs the coverage nothing.
 */
import type { Target } from './target.ts';

const FORMATS = ['kdump', 'lime', 'avml', 'qemu', 'minidump', 'windows', 'wrapped', 'criu'] as const;

function fromFormats(): Record<string, () => Promise<Target>> {
  return Object.fromEntries(FORMATS.map((name) => [name, async () => (await import('./targets/formats.ts'))[name]]));
}

const LOADERS: Readonly<Record<string, () => Promise<Target>>> = {
  size: () => import('./targets/size.ts'),
  settings: () => import('./targets/settings.ts'),
  arguments: () => import('./targets/arguments.ts'),
  json: () => import('./targets/json.ts'),
  trace: () => import('./targets/trace.ts'),
  recording: () => import('./targets/recording.ts'),
  replay: () => import('./targets/replay.ts'),
  image: () => import('./targets/image.ts'),
  elf: () => import('./targets/elf.ts'),
  packed: () => import('./targets/packed.ts'),
  ...fromFormats(),
  smaps: () => import('./targets/smaps.ts'),
  pagemap: () => import('./targets/pagemap.ts'),
  snapshot: () => import('./targets/snapshot.ts'),
};

export const TARGETS: readonly string[] = Object.keys(LOADERS);

/** The target of that name, one of TARGETS. */
export function loadTarget(name: string): Promise<Target> {
  const load = LOADERS[name];
  if (load === undefined) throw new Error(`there is no target ${name}`);
  return load();
}
