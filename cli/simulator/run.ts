import { readFile } from 'node:fs/promises';
import type { SimulatorOptions } from '../../carriers/simulator/options.ts';
import { startSimulator } from '../../carriers/simulator/server.ts';
import { invalidInput, messageOf } from '../../domain/failures.ts';
import { parseSimulatorConfig } from '../../runtime/config.ts';
import { untilToldToStop } from '../until-told-to-stop.ts';

/**
 * Serve until SIGTERM or SIGINT. Says `{"ready":true,"port":…,"url":…}` on standard output once it answers.
 * @throws RightcallError `invalid_input` naming the variable, file or option at fault
 */
export async function runSimulator(
  options: { readonly optionsFile?: string },
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const { clock, ...config } = parseSimulatorConfig(environment);
  const told = untilToldToStop();
  const simulator = await startSimulator({
    ...(options.optionsFile === undefined ? {} : await readOptions(options.optionsFile)),
    ...config,
    clock: clock ?? 'real',
  });
  process.stdout.write(`${JSON.stringify({ ready: true, port: simulator.port, url: simulator.url })}\n`);
  await told;
  await simulator.close();
}

async function readOptions(path: string): Promise<Partial<SimulatorOptions>> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Partial<SimulatorOptions>;
  } catch (error) {
    throw invalidInput([
      { field: '--options-file', fault: `cannot be read: ${messageOf(error)}`, expected: 'a file of JSON' },
    ]);
  }
}
