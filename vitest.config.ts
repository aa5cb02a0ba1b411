import { defineConfig } from 'vitest/config';

/**
 * unit: pure code, no I/O. db: real PostgreSQL, a database each. workflow: real Temporal server.
 * replay: golden histories. e2e: the whole system in processes of its own.
 */
function project(name: string, options: { timeoutMs: number; parallel: boolean; globalSetup?: string[] }) {
  return {
    test: {
      name,
      include: [`test/**/*.${name}.test.ts`],
      setupFiles: ['test/support/no-console.ts'],
      globalSetup: options.globalSetup ?? [],
      testTimeout: options.timeoutMs,
      hookTimeout: options.timeoutMs,
      fileParallelism: options.parallel,
    },
  };
}

export default defineConfig({
  test: {
    projects: [
      project('unit', { timeoutMs: 20_000, parallel: true }),
      project('db', { timeoutMs: 60_000, parallel: true, globalSetup: ['test/support/postgres-setup.ts'] }),
      project('workflow', {
        timeoutMs: 120_000,
        parallel: false,
        globalSetup: ['test/support/postgres-setup.ts', 'test/support/temporal-setup.ts'],
      }),
      project('replay', { timeoutMs: 120_000, parallel: false }),
      project('e2e', { timeoutMs: 300_000, parallel: false }),
    ],
  },
});
