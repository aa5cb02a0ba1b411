import { defineConfig } from 'vitest/config';

/** What mutants of policies/ are tried against: see stryker.config.json. */
export default defineConfig({
  test: {
    include: ['test/policies/*.unit.test.ts'],
    exclude: ['test/policies/*laws.unit.test.ts', 'test/policies/numbers.unit.test.ts'],
    testTimeout: 20_000,
  },
});
