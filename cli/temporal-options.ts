import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';
import { RightcallError, messageOf } from '../domain/failures.ts';
import type { EngineConfig } from '../runtime/config.ts';

/**
 * How Temporal is reached: address by our own configuration, TLS and API keys as @temporalio/envconfig reads them.
 * @throws RightcallError `invalid_input` when it cannot read them
 */
export function temporalOptions(
  environment: NodeJS.ProcessEnv,
  config: Pick<EngineConfig, 'temporal'>,
): ClientConnectConfig['connectionOptions'] {
  const overrideEnvVars = Object.fromEntries(
    Object.entries(environment).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
  try {
    const { connectionOptions } = loadClientConnectConfig({ overrideEnvVars });
    return { ...connectionOptions, address: config.temporal.address };
  } catch (error) {
    throw new RightcallError(
      'invalid_input',
      `the TEMPORAL_* settings in the environment cannot be read: ${messageOf(error)}`,
      { cause: error },
    );
  }
}
