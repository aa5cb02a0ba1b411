import { openEngine } from '../engine.ts';
import type { EngineConfig } from '../../runtime/config.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { temporalOptions } from '../temporal-options.ts';
import { checkKeys, checkOidc } from './access.ts';
import { checkConfiguration, checkTemporaryFolder } from './configuration.ts';
import { checkSealedOf, checkSealing } from './evidence.ts';
import { checkMigrations, checkRoomAndClock, checkServer } from './database.ts';
import { checkRecoveryOf } from './recovery.ts';
import { failOf, skipped, type Finding } from './finding.ts';
import { checkTemporalServer } from './temporal.ts';
import { checkCarriersOf, checkKeyOf, checkPoliciesOf, checkStuckOf } from './tenants.ts';
import { reportText } from './text.ts';

/**
 * Look at everything that an installation needs, and say what is wrong and how to mend it. Nothing is changed but,
 * with `fix`, the search attributes.
 * @returns 1 when something failed
 */
export async function runDoctor(
  options: { readonly fix?: boolean; readonly json?: boolean },
  environment: NodeJS.ProcessEnv,
  write: (text: string) => void,
): Promise<ExitCode> {
  const findings = await examine(environment, options.fix === true);
  const failed = findings.some((finding) => finding.level === 'fail');
  write(options.json === true ? `${JSON.stringify({ ok: !failed, findings })}\n` : reportText(findings));
  return failed ? EXIT.failed : EXIT.ok;
}

/** The findings, in the order in which to mend them. */
export async function examine(environment: NodeJS.ProcessEnv, fix = false): Promise<Finding[]> {
  const { config, findings } = checkConfiguration(environment);
  findings.push(await checkTemporaryFolder());
  if (config === null) {
    return [
      ...findings,
      ...['database', 'temporal'].map((name) => skipped(name, 'the configuration has faults')),
    ];
  }
  const [ofDatabase, ofTemporal, ofIssuer] = await Promise.all([
    examineDatabase(config),
    examineTemporal(environment, config, fix),
    config.oidc === null ? null : checkOidc(config.oidc),
  ]);
  findings.push(...checkSealing(config.evidence));
  return [...findings, ...ofDatabase, ...(ofIssuer === null ? [] : [ofIssuer]), ...ofTemporal];
}

async function examineDatabase(config: EngineConfig): Promise<Finding[]> {
  const databases = [
    { check: 'database', url: config.databaseUrl },
    ...(config.vaultDatabaseUrl === config.databaseUrl
      ? []
      : [{ check: 'vault-database', url: config.vaultDatabaseUrl }]),
  ];
  const findings: Finding[] = [];
  for (const { check, url } of databases) {
    const server = await checkServer(check, url);
    findings.push(server);
    if (server.level !== 'ok') continue;
    findings.push(await checkMigrations(`${check}.migrations`, url));
  }
  if (findings[0]?.level === 'ok') findings.push(...(await checkRoomAndClock(config)));
  return findings.some((finding) => finding.level === 'fail' && finding.check !== 'clock')
    ? [...findings, skipped('tenants', 'the database is not ready')]
    : [...findings, ...(await examineTenants(config))];
}

async function examineTenants(config: EngineConfig): Promise<Finding[]> {
  let engine: Awaited<ReturnType<typeof openEngine>>;
  try {
    engine = await openEngine(config, { applicationName: 'rightcall-doctor', maxConnections: 2 });
  } catch (error) {
    // Row-level security that would not bind, or a key file that cannot be used.
    return [failOf('isolation', error, 'see docs/configuration.md')];
  }
  try {
    const findings: Finding[] = [
      { check: 'isolation', level: 'ok', what: 'row-level security binds the engine', mend: null },
      await checkKeys(config, engine.db),
    ];
    for (const tenant of await engine.db.tenants()) {
      const view = { ...engine, ...tenant };
      findings.push(
        await checkKeyOf(view),
        ...(await checkCarriersOf(view)),
        ...(await checkPoliciesOf(view)),
        ...(await checkStuckOf(view)),
        ...(await checkRecoveryOf(view)),
        ...(await checkSealedOf(view, config.evidence !== null)),
      );
    }
    return findings;
  } catch (error) {
    return [failOf('tenants', error, 'run rightcall migrate; does the role have its rights?')];
  } finally {
    await engine.close();
  }
}

async function examineTemporal(
  environment: NodeJS.ProcessEnv,
  config: EngineConfig,
  fix: boolean,
): Promise<Finding[]> {
  try {
    return await checkTemporalServer(config, temporalOptions(environment, config), fix);
  } catch (error) {
    return [failOf('temporal', error, 'see docs/configuration.md')];
  }
}
