import { defineConfig } from 'vitest/config';

/** For `npm run mutate`: see stryker.config.json. */
export default defineConfig({
  test: { include: ['test/policies/mutation-tests.ts'], testTimeout: 20_000 },
});
