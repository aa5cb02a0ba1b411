import { expect, it } from 'vitest';
import { bundledCases, bundledDocuments } from '../../policies/index.ts';
import { runCases } from '../../policies/run-cases.ts';

/**
 * The cases for mutation testing (mutation.vitest.config.ts), each file as one test. There each mutant is tried against
 * the tests that reach it, and what runs while tests are gathered, as in cases.unit.test.ts, is reached by none.
 */
const documents = bundledDocuments();

it.each(bundledCases())('$name', ({ file }) => {
  const wrong = runCases(file, documents).filter(({ differences }) => differences.length > 0);
  expect(wrong).toEqual([]);
});
