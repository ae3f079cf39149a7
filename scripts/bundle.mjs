// Binds the program ksm: src/cli with all that it uses of the library, to a few CommonJS files in dist/src/program.
//
// Loading the program's 120 modules one by one takes longer than all else that a small scan does. CommonJS, because Node.js starts a
// thread in it without its loader of ES modules, and because the names of Node.js's own modules are not copied out of them, which
// loads what nobody asks for. The folder lies as deep in dist as src/cli does, so each `new URL('../…', import.meta.url)` finds its
// file from here as well. Nothing is shortened: a stack trace names functions and lines that can be read.

import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const inRepository = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
/** What is loaded whatever is wanted: what has nothing of the library in it. */
const BASE = /\/src\/(errors|nearest|printable|size|cli\/(?!common|help|settings)[^/]*)\.ts$/;
/** The library, less what it loads on demand itself. */
const LIBRARY = /\/(src\/(?!cli|image|report|trace|kernel|platform|engine\/invariants)|assembly\/)/;
/** What threads that load need of a scan, and nothing else. */
const LOADING = /\/src\/(image|names\/window|scan\/(board|chunks|names|parts))/;
/** What else several commands need. */
const SHARED = /\/src\/(cli|report)\/|usingCtx/;
const dir = inRepository('dist/src/program');

rmSync(dir, { recursive: true, force: true }); // pieces that there are no more
await build({
  cwd: inRepository('.'),
  input: { listen: 'src/cli/listen.ts', thread: 'src/cli/thread.ts', loader: 'src/scan/loader-thread.ts' },
  platform: 'node',
  // package.json names the built file, which need not be there yet.
  resolve: { alias: { '#platform': inRepository('src/platform/node.ts') } },
  transform: { target: 'node20.19' },
  output: {
    dir,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name].cjs',
    comments: false, // they are in the sources
    // Files for what several commands share, so that their names say what is in them; the others follow from what is loaded on demand.
    codeSplitting: {
      groups: [
        { name: 'base', test: BASE, priority: 2, minShareCount: 2 },
        { name: 'loading', test: LOADING, priority: 2, minShareCount: 2 },
        { name: 'library', test: LIBRARY, priority: 1, minShareCount: 2 },
        { name: 'shared', test: SHARED, minShareCount: 2 },
      ],
    },
  },
  checks: { ineffectiveDynamicImport: false }, // the help, which lies in `shared`, and is loaded with it
  logLevel: 'warn',
});
