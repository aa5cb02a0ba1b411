import { readdirSync } from 'node:fs';

/**
 * What mutants of policies/ are tried against (mutation.vitest.config.ts), as one file: each file of tests imports all of
 * policies/ for itself, and thirty would do so anew for every mutant. Left out are property tests, whose thousands of runs
 * each mutant would pay for, and the cases, which do their work while tests are gathered, when no mutant is tried yet;
 * mutation-cases.ts stands for them.
 */
const LEFT_OUT = /laws\.|^(numbers|cases|case-coverage)\./;

for (const name of readdirSync(import.meta.dirname)) {
  const [what] = name.split('.unit.test.ts');
  if (name !== what && !LEFT_OUT.test(name)) await import(`./${what}.unit.test.ts`);
}
await import('./mutation-cases.ts');
