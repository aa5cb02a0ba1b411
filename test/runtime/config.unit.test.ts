import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../runtime/config.ts';
import { configurationTable } from '../../runtime/config/table.ts';
import { VARIABLES, type Variable } from '../../runtime/config/variables.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DOCUMENT = join(ROOT, 'docs/configuration.md');
const NEEDED = { DATABASE_URL: 'postgres://app@db/rightcall', RIGHTCALL_MASTER_KEY: 'ab'.repeat(32) };

const faultsOf = (environment: Record<string, string>): string => {
  try {
    parseConfig(environment);
  } catch (error) {
    return String(error);
  }
  return '';
};

describe('the parser', () => {
  test('what is needed and nothing else gives the defaults', () => {
    expect(parseConfig(NEEDED)).toEqual({
      tenantSlug: 'default',
      databaseUrl: NEEDED.DATABASE_URL,
      vaultDatabaseUrl: NEEDED.DATABASE_URL,
      dbConnections: null,
      masterKey: { hex: NEEDED.RIGHTCALL_MASTER_KEY },
      temporal: { address: '127.0.0.1:7233', namespace: 'default' },
      temporalUiUrl: null,
      api: { host: '127.0.0.1', port: 8473 },
      apiKey: null,
      oidc: null,
      rateLimit: { perSecond: 300, burst: 600 },
      webhookAllow: [],
      clock: null,
      logLevel: 'info',
      shutdownMs: 8_000,
      drainMs: 0,
      evidence: null,
      deployment: null,
      metrics: null,
      tracing: null,
    });
  });

  test('zero is a value', () => {
    const config = parseConfig({
      ...NEEDED,
      RIGHTCALL_PORT: '0',
      RIGHTCALL_METRICS_PORT: '0',
      RIGHTCALL_RATE_LIMIT: '0',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/',
      OTEL_TRACES_SAMPLER_ARG: '0',
    });
    expect(config.api.port).toBe(0);
    expect(config.metrics).toEqual({ host: '127.0.0.1', port: 0 });
    expect(config.rateLimit).toBeNull();
    expect(config.tracing).toEqual({ endpoint: 'http://collector:4318', share: 0 });
  });

  test('an empty value is absence, as compose files pass on what was not set', () => {
    const empty = Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, '']));
    expect(parseConfig({ ...empty, ...NEEDED })).toEqual(parseConfig(NEEDED));
  });

  test('everything missing is said at once', () => {
    const said = faultsOf({ RIGHTCALL_OIDC_ISSUER: 'https://id.example' });
    expect(said).toContain('DATABASE_URL: is not set');
    expect(said).toContain('RIGHTCALL_MASTER_KEY: is not set; give the key itself or');
    expect(said).toContain('RIGHTCALL_OIDC_AUDIENCE: is not set, but RIGHTCALL_OIDC_ISSUER is');
  });

  test.each([
    ['DATABASE_URL', 'mysql://db/x', 'is not a PostgreSQL URL'],
    ['RIGHTCALL_VAULT_DATABASE_URL', 'vault', 'is not a PostgreSQL URL'],
    ['RIGHTCALL_DB_CONNECTIONS', '3', 'is less than 4'],
    ['RIGHTCALL_DB_CONNECTIONS', 'many', 'is not a number'],
    ['RIGHTCALL_MASTER_KEY', 'abcd', 'is not a key of 64 hexadecimal digits'],
    ['RIGHTCALL_TENANT', 'No Slug', 'is not a slug'],
    ['RIGHTCALL_CLOCK', '{"from":1}', 'is not a clock setting'],
    ['RIGHTCALL_SHUTDOWN_S', '0', 'is less than a second'],
    ['RIGHTCALL_PORT', 'http', 'is not a number'],
    ['RIGHTCALL_PORT', '65536', 'is not a port'],
    ['RIGHTCALL_METRICS_PORT', '1.5', 'is not a whole number'],
    ['RIGHTCALL_API_KEY', 'rck-abc', 'is shorter than 16 characters'],
    ['RIGHTCALL_OIDC_JWKS_URL', 'file:///etc/passwd', 'is not an http or https URL'],
    ['RIGHTCALL_RATE_LIMIT', '10/s', 'is not a rate such as 300'],
    ['RIGHTCALL_BUILD_ID', '1 2', 'is not a name of letters, digits'],
    ['RIGHTCALL_DEPLOYMENT', 'a.b', 'is not a name of letters, digits'],
    ['OTEL_TRACES_SAMPLER_ARG', '2', 'is not a share from 0 to 1'],
  ])('%s=%s is refused by name, without its value', (name, value, fault) => {
    const said = faultsOf({ ...NEEDED, [name]: value });
    expect(said).toContain(`${name}: ${fault}`);
    if ((VARIABLES as Record<string, Variable>)[name]!.secret) expect(said).not.toContain(value);
  });
});

test('docs/configuration.md holds the table of the code (UPDATE_CONFIGURATION=1 writes it)', async () => {
  const document = await readFile(DOCUMENT, 'utf8');
  const marks = /<!-- variables -->[\s\S]*<!-- end of variables -->/;
  expect(document).toMatch(marks);
  const table = `<!-- variables -->\n\n${configurationTable()}\n\n<!-- end of variables -->`;
  const written = document.replace(marks, () => table);
  if (process.env['UPDATE_CONFIGURATION'] === '1') await writeFile(DOCUMENT, written);
  expect(document === written || process.env['UPDATE_CONFIGURATION'] === '1').toBe(true);
});

/** Entry points and what starts other processes; the latter pass on what they were given. */
const MAY_READ = [
  /^cli\/(api|worker|simulator|migrate|doctor|audit|audit-verify|audit-export|restore|start|main|program)\.ts$/,
  /^cli\/client\/[a-z-]+\.ts$/,
  /^carriers\/simulator\/main\.ts$/,
  /^runtime\/(servers\/|install\.mjs|process-identity\.mjs|setup\.mjs|tether\.mjs)/,
  /^(bench|test|examples)\//,
];

test('nothing but entry points reads the environment', async () => {
  const entries = await readdir(ROOT, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && /\.m?[jt]s$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter((file) => !/(^|\/)(node_modules|\.rightcall|\.git|dist)\//.test(file));
  expect(files.length).toBeGreaterThan(200);
  const readers: string[] = [];
  for (const file of files) {
    if (MAY_READ.some((allowed) => allowed.test(file))) continue;
    if (
      /process\s*(\.\s*env\b|\[\s*['"]env)/.test(withoutComments(await readFile(join(ROOT, file), 'utf8')))
    ) {
      readers.push(file);
    }
  }
  expect(readers).toEqual([]);
});

function withoutComments(code: string): string {
  return code.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}
