import { defineConfig } from 'vitest/config';

/** What mutants of policies/ are tried against: see stryker.config.json. */
export default defineConfig({
  test: {
    include: ['test/policies/*.unit.test.ts', 'test/policies/mutation-cases.ts'],
    // Property tests, and those whose work is done while tests are gathered: mutation-cases.ts stands for them.
    exclude: ['*laws', 'numbers', 'cases', 'case-coverage'].map(
      (name) => `test/policies/${name}.unit.test.ts`,
    ),
    testTimeout: 20_000,
  },
});
