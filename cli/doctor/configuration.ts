import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RightcallError, messageOf } from '../../domain/failures.ts';
import { parseConfig, unknownVariables, type EngineConfig, type Environment } from '../../runtime/config.ts';
import { fail, ok, warn, type Finding } from './finding.ts';

/** The environment, as the API and the worker would read it. */
export function checkConfiguration(environment: Environment): {
  findings: Finding[];
  config: EngineConfig | null;
} {
  const findings = unknownVariables(environment).map(({ name, nearest }) =>
    warn(
      'configuration',
      `${name} is read by nothing`,
      nearest === null ? 'take it away, or see docs/configuration.md' : `is ${nearest} meant?`,
    ),
  );
  try {
    const config = parseConfig(environment);
    return { config, findings: [...findings, ok('configuration', 'every variable is well-formed')] };
  } catch (error) {
    const faults = error instanceof RightcallError ? error.faults : [];
    if (faults.length === 0) throw error;
    return {
      config: null,
      findings: [
        ...findings,
        ...faults.map(({ field, fault }) =>
          fail('configuration', `${field} ${fault}`, `set ${field} as docs/configuration.md says`),
        ),
      ],
    };
  }
}

/** Uploads and compiled code are written there, also where the rest of the file system is read-only. */
export async function checkTemporaryFolder(dir = tmpdir()): Promise<Finding> {
  try {
    const made = await mkdtemp(join(dir, 'rightcall-doctor-'));
    await writeFile(join(made, 'probe'), 'x');
    await rm(made, { recursive: true });
    return ok('files', `${dir} can be written`);
  } catch (error) {
    return fail(
      'files',
      `${dir} cannot be written: ${messageOf(error)}`,
      'mount a tmpfs there, or set TMPDIR',
    );
  }
}
