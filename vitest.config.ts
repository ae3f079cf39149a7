import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** package.json names the built files; tests take the sources. */
const platform = new URL('src/platform/node.ts', import.meta.url).pathname;

const config: ViteUserConfig = defineConfig({
  resolve: { alias: { '#platform': platform } },
  test: { include: ['test/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
});

export default config;
