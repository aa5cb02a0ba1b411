import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { messageOf } from '../../domain/failures.ts';
import { startSimulator } from './server.ts';
import type { SimulatorOptions } from './options.ts';

/**
 * The simulator as a process of its own:
 *   main.ts [--options <json>] [--options-file <path>] [--tethered]
 * Says one JSON line on stdout when it is ready, {"ready":true,"port":…,"url":…}, or
 * {"ready":false,"error":…} before it ends with status 1. With --tethered it ends when its standard input
 * is closed or its IPC channel is disconnected, so that it does not outlive who started it.
 */
async function main(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      options: { type: 'string' },
      'options-file': { type: 'string' },
      tethered: { type: 'boolean', default: false },
    },
  });
  const file = values['options-file'];
  const fromFile = file === undefined ? {} : (JSON.parse(readFileSync(file, 'utf8')) as object);
  const fromText = values.options === undefined ? {} : (JSON.parse(values.options) as object);
  const simulator = await startSimulator({ ...fromFile, ...fromText } as SimulatorOptions);

  const end = (): void => void simulator.close().then(() => process.exit(0));
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  if (values.tethered) {
    process.once('disconnect', end);
    process.stdin.once('end', end).once('close', end).resume();
  }
  process.stdout.write(`${JSON.stringify({ ready: true, port: simulator.port, url: simulator.url })}\n`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stdout.write(`${JSON.stringify({ ready: false, error: messageOf(error) })}\n`);
  process.exitCode = 1;
}
