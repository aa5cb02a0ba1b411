import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../../domain/failures.ts';
import { fitModel } from './fit-model.ts';
import { readUci } from './read-uci.ts';

/** Fit the simulator's default model again: fit-uci.ts <uci-bank-marketing.csv[.gz]> [<where to write>] */
function main(argv: readonly string[]): void {
  const [source, target = fileURLToPath(new URL('../model-uci.json', import.meta.url))] = argv;
  if (source === undefined) {
    process.stderr.write('usage: fit-uci.ts <uci-bank-marketing.csv[.gz]> [<model file>]\n');
    process.exitCode = 2;
    return;
  }
  const model = fitModel(readUci(source));
  writeFileSync(target, `${JSON.stringify(model, null, 2)}\n`);
  process.stdout.write(`${JSON.stringify(model.fit, null, 2)}\n`);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}
