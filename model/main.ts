import { parseArgs } from 'node:util';
import { explore } from './explore.ts';
import { CHECKS } from './checks.ts';
import { protocol } from './protocol.ts';
import { checkWithSpin, haveSpin } from './spin.ts';

/**
 * npm run model [-- --short --traces]: the protocol of the gate, every state of it, and every guard taken away in turn
 * (docs/model.md); and the same in Promela, where Spin and a C compiler are installed.
 */
function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { short: { type: 'boolean', default: false }, traces: { type: 'boolean', default: false } },
  });
  let wrong = 0;
  for (const check of CHECKS) {
    if (check.long === true && values.short) continue;
    const began = performance.now();
    const { states, transitions, depth, found } = explore(protocol(check.options));
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    const asExpected = (found?.law ?? null) === check.breaks;
    if (!asExpected) wrong += 1;
    say(
      `${asExpected ? 'as expected' : 'NOT AS EXPECTED'}: ${check.name}: ${found?.law ?? 'every law holds'} ` +
        `(${states} states, ${transitions} transitions, depth ${depth}, ${seconds} s)`,
    );
    if (found !== null && (values.traces || !asExpected)) for (const step of found.trace) say(`  ${step}`);
  }
  if (await haveSpin()) wrong += await checkWithSpin(CHECKS, values.short, say);
  else say('spin and gcc are not on PATH: model/gate.pml, the same in Promela, was not checked');
  return wrong === 0 ? 0 : 1;
}

process.exitCode = await main();
