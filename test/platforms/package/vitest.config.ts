/** The checks of the package: `vitest run --config test/platforms/package/vitest.config.ts NAME`. They are not part of `npm test`. */
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/platforms/package/*.check.ts'],
    globalSetup: 'test/platforms/package/pack.ts',
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 600_000,
  },
});

export default config;
