/** Which tests there are, and which share a process. */
import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** package.json names the built files: so it is for them, and tests of the sources take the sources. */
const platform = {
  name: 'platform',
  enforce: 'pre' as const,
  resolveId: (name: string, importer = ''): string | undefined => {
    if (name === 'ksm-wasm') return fileURLToPath(new URL('src/index.ts', import.meta.url));
    const file = importer.includes('/dist/') ? 'dist/src/platform/node.js' : 'src/platform/node.ts';
    return name === '#platform' ? fileURLToPath(new URL(file, import.meta.url)) : undefined;
  },
};

/** No measure of anything: it only ends what hangs (test/support/suite/setup.ts). */
const LAST_RESORT_MS = 3_600_000;

/** Not in the core: `npm test` names the projects. */
const LONG = ['test/**/*.long.test.ts'];
/** What `npm run test:package` installs brings tests of its own. */
const FOREIGN = '**/node_modules/**';
/** They change nothing of the process that they run in, so their files share one and load what they test once: a third less work. */
const ENGINE = [
  'test/unit/{base,engine,film,ksm,page,report,scan,structure,trace,v86}/**/*.test.ts',
  'test/unit/image/{codecs,formats}/**/*.test.ts',
  'test/behaviour/{faults,host,linux,property,range,snapshot}/**/*.test.ts',
  'test/recordings/{golden.test.ts,golden2/*.test.ts,names/*.test.ts}',
  'test/concurrency/{recover,sim}/**/*.test.ts',
  'test/fuzz/misuse/*.test.ts',
  'test/support/model/*.test.ts',
];

const config: ViteUserConfig = defineConfig({
  plugins: [platform],
  test: {
    globalSetup: ['test/support/suite/setup.ts'],
    testTimeout: LAST_RESORT_MS,
    hookTimeout: LAST_RESORT_MS,
    teardownTimeout: LAST_RESORT_MS,
    projects: [
      { extends: true, test: { name: 'engine', include: ENGINE, exclude: [...LONG, FOREIGN], isolate: false } },
      {
        extends: true,
        test: { name: 'others', include: ['test/**/*.test.ts'], exclude: [...ENGINE, ...LONG, FOREIGN] },
      },
      { extends: true, test: { name: 'long', include: LONG, exclude: [FOREIGN] } },
    ],
  },
});

export default config;
