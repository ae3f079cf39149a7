import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** package.json names the built files; tests take the sources. */
const platform = new URL('src/platform/node.ts', import.meta.url).pathname;

/** No measure of anything: it only ends what hangs (test/suite/setup.ts). */
const LAST_RESORT_MS = 3_600_000;

const config: ViteUserConfig = defineConfig({
  resolve: { alias: { '#platform': platform } },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/suite/setup.ts'],
    testTimeout: LAST_RESORT_MS,
    hookTimeout: LAST_RESORT_MS,
    teardownTimeout: LAST_RESORT_MS,
  },
});

export default config;
