import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** package.json names the built files: so it is for them, and tests of the sources take the sources. */
const platform = {
  name: 'platform',
  enforce: 'pre' as const,
  resolveId: (name: string, importer = ''): string | undefined => {
    const file = importer.includes('/dist/') ? 'dist/src/platform/node.js' : 'src/platform/node.ts';
    return name === '#platform' ? fileURLToPath(new URL(file, import.meta.url)) : undefined;
  },
};

/** No measure of anything: it only ends what hangs (test/suite/setup.ts). */
const LAST_RESORT_MS = 3_600_000;

const config: ViteUserConfig = defineConfig({
  plugins: [platform],
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/suite/setup.ts'],
    testTimeout: LAST_RESORT_MS,
    hookTimeout: LAST_RESORT_MS,
    teardownTimeout: LAST_RESORT_MS,
  },
});

export default config;
