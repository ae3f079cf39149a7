/** How an embedder gets its Contents: options, checked. */
import { layout } from '../engine/index.ts';
import { KsmError } from '../errors.ts';
import { machineOf } from '../host/index.ts';
import { createNamer } from '../names/index.ts';
import { anything, type Checks, invalid, optionsOf } from '../validate.ts';
import { Contents } from './contents.ts';
import type { ContentsOptions, PageNamer } from './types.ts';

const OPTIONS: Checks<ContentsOptions> = { host: anything, read: called, namer: namerOf };

function called(what: string, value: unknown): ContentsOptions['read'] {
  if (typeof value === 'function') return value as ContentsOptions['read'];
  throw invalid(what, value, 'a function that gives a Uint8Array of 4096 bytes');
}

function namerOf(what: string, value: unknown): PageNamer {
  if (typeof (value as PageNamer | null)?.name === 'function') return value as PageNamer;
  throw invalid(what, value, 'an object with a method "name", such as createNamer gives');
}

/**
 * Names for the pages of an embedder that keeps its guests' bytes. EINVAL if an option is wrong, the host's pages are bytes, or its trees
 * are in content order; without a namer also what createNamer throws.
 */
export async function createContents(options: ContentsOptions): Promise<Contents> {
  const given = optionsOf('createContents', options, OPTIONS);
  const machine = machineOf(given.host, 'createContents');
  if (!machine.engine.frames.areNames) {
    throw new KsmError('EINVAL', 'createContents: this host\'s pages are bytes; create it with page: "names".');
  }
  if (machine.engine.u32(layout.H_INDEX) === layout.INDEX_CONTENT) {
    throw new KsmError(
      'EINVAL',
      'createContents: this host is in content order, and a namer\'s names are not ordered as contents are; leave out index: "content".',
    );
  }
  const read = called('createContents: option "read"', given.read);
  return new Contents(machine, read, given.namer ?? (await createNamer()));
}
