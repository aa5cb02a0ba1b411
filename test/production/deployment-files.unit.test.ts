import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseConfig, parseMigrateConfig, parseSimulatorConfig } from '../../runtime/config.ts';
import { VARIABLES, type ProcessName, type Variable } from '../../runtime/config/variables.ts';

/** The Dockerfile and the compose file, held to what the code really reads and runs. */
const file = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const read = (name: string) => readFileSync(file(name), 'utf8');

const manifest = JSON.parse(read('package.json')) as { version: string; engines: { node: string } };
/** The verbs that a container may run, by the process whose variables it reads. */
const VERBS: Readonly<Record<string, ProcessName>> = {
  api: 'api',
  worker: 'worker',
  simulator: 'simulator',
  migrate: 'migrate',
  doctor: 'doctor',
};
const rows = Object.entries<Variable>(VARIABLES);

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly profiles?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly stop_grace_period?: string;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}
const compose = parse(read('temporal-docker-compose.yml'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const ours = Object.entries(compose.services).filter(([, { image }]) => image.startsWith('rightcall:'));

describe('the Dockerfile', () => {
  const lines = read('Dockerfile')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const instructions = (name: string) =>
    lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  const environment = Object.fromEntries(
    instructions('ENV').flatMap((line) =>
      line.split(/\s+/).map((pair) => pair.split('=') as [string, string]),
    ),
  );

  test('is built in stages from one Node, pinned to a release that the engine runs on', () => {
    const images = instructions('FROM').map((line) => line.split(' ')[0]!);
    expect(images.length).toBe(2);
    expect(new Set(images).size).toBe(1);
    const [, major, minor] = /^node:(\d+)\.(\d+)\.\d+-/.exec(images[0]!)!.map(Number);
    const [, needMajor, needMinor] = /^>=(\d+)\.(\d+)$/.exec(manifest.engines.node)!.map(Number);
    expect(major! > needMajor! || (major === needMajor && minor! >= needMinor!)).toBe(true);
    // The one that the tests run on, so that what was tested is what is shipped.
    expect(major).toBe(Number(process.versions.node.split('.')[0]));
  });

  test('installs what the lock file says, without what only development needs', () => {
    const [install] = instructions('RUN').filter((line) => line.includes('npm '));
    expect(install).toMatch(/^npm ci --omit=dev --ignore-scripts/);
    expect(instructions('COPY')).toContain('package.json package-lock.json ./');
  });

  test('makes the bundle by a script there is', () => {
    const [script] = instructions('RUN').flatMap((line) => /tsx (\S+\.ts)/.exec(line)?.[1] ?? []);
    expect(existsSync(file(script!))).toBe(true);
  });

  test('runs the command line as a user without rights, named by number', () => {
    expect(instructions('USER')).toEqual(['1000:1000']);
    expect(lines.indexOf('USER 1000:1000')).toBeGreaterThan(
      lines.findLastIndex((line) => line.startsWith('RUN ')),
    );
    const [entry] = instructions('ENTRYPOINT').map((line) => JSON.parse(line) as string[]);
    expect(entry).toEqual(['node', 'cli/rightcall.mjs']);
    expect(existsSync(file(entry![1]!))).toBe(true);
  });

  test('sets variables that are read, and shows the ports that they name', () => {
    const own = Object.keys(environment).filter((name) => !['NODE_ENV', 'TZ', 'TMPDIR'].includes(name));
    for (const name of own) expect(Object.keys(VARIABLES)).toContain(name);
    const exposed = instructions('EXPOSE')[0]!.split(' ').map(Number);
    expect(exposed).toEqual([parseConfig(needed()).api.port, Number(environment['RIGHTCALL_METRICS_PORT'])]);
    expect(instructions('VOLUME')).toEqual([environment['TMPDIR']]);
  });

  test('is probed where the process answers', () => {
    expect(instructions('HEALTHCHECK')[0]).toMatch(/RIGHTCALL_METRICS_PORT \+ '\/healthz'/);
  });

  test('takes in the folders that production needs and nothing else', () => {
    const ignored = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(ignored[0]).toBe('*');
    const kept = ignored.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    for (const name of kept) expect(existsSync(file(name)), name).toBe(true);
    for (const name of ['test', 'bench', 'samples', '.git', '.rightcall']) expect(kept).not.toContain(name);
    // Every folder of code that is not for development; a new one is missed here first.
    const development = new Set(
      'test bench docs model ops samples examples node_modules coverage'.split(' '),
    );
    const folders = readdirSync(file('.'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !development.has(entry.name))
      .map((entry) => entry.name);
    expect(kept).toEqual(expect.arrayContaining(folders));
  });
});

function needed(): Record<string, string> {
  return { DATABASE_URL: 'postgres://a@b/c', RIGHTCALL_MASTER_KEY: 'ab'.repeat(32) };
}

/** What compose makes of `${NAME}` and `${NAME:-default}`, with what its head says to export. */
function resolved(environment: Readonly<Record<string, string>>): Record<string, string> {
  const exported: Record<string, string> = {
    RIGHTCALL_MASTER_KEY: 'ab'.repeat(32),
    RIGHTCALL_API_KEY: 'cd'.repeat(24),
  };
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      String(value).replaceAll(
        /\$\{([A-Z_]+)(?::-([^}]*))?\}/g,
        (_, variable: string, otherwise: string | undefined) => exported[variable] ?? otherwise ?? '',
      ),
    ]),
  );
}

const seconds = (duration: string) => Number(/^(\d+)s$/.exec(duration)![1]);

describe('the compose file', () => {
  test('has every verb that serves or prepares', () => {
    expect(ours.map(([, { command }]) => command![0]!).sort()).toEqual(Object.keys(VERBS).sort());
    for (const [name, { image }] of ours)
      expect([name, image]).toEqual([name, `rightcall:${manifest.version}`]);
  });

  test.each(ours)('%s is told only what its process reads, and that is well-formed', (_, service) => {
    const verb = service.command![0]!;
    const environment = resolved(service.environment!);
    for (const name of Object.keys(environment)) {
      expect(Object.keys(VARIABLES), `${verb} ${name}`).toContain(name);
    }
    const own = rows.filter(([, row]) => row.readBy.includes(VERBS[verb]!)).map(([name]) => name);
    const shared = Object.keys(compose.services['migrate']!.environment!);
    for (const name of Object.keys(environment)) {
      if (!shared.includes(name)) expect(own, `${verb} does not read ${name}`).toContain(name);
    }
    if (verb === 'migrate')
      expect(parseMigrateConfig(environment).temporal).toEqual({ namespace: 'rightcall' });
    else if (verb === 'simulator') expect(parseSimulatorConfig(environment).host).toBe('0.0.0.0');
    else
      expect(parseConfig(environment).temporal).toEqual({ address: 'temporal:7233', namespace: 'rightcall' });
  });

  test.each(ours)(
    '%s can write nowhere but where it must, and may do nothing that it need not',
    (_, service) => {
      expect(service.read_only).toBe(true);
      expect(service.cap_drop).toEqual(['ALL']);
      expect(service.security_opt).toEqual(['no-new-privileges:true']);
      expect(service.tmpfs!.some((mount) => mount.startsWith('/tmp:'))).toBe(true);
      for (const volume of service.volumes ?? []) {
        const [name, target] = volume.split(':');
        expect(Object.keys(compose.volumes)).toContain(name);
        expect(target).toBe('/var/spool/rightcall');
      }
    },
  );

  test.each(ours)('%s gets longer to stop than it takes', (_, service) => {
    const config = parseConfig({ ...needed(), ...resolved(service.environment!) });
    expect(seconds(service.stop_grace_period!) * 1_000).toBeGreaterThan(config.drainMs + config.shutdownMs);
  });

  test('ports lead to what listens on them', () => {
    const config = parseConfig({ ...needed(), ...resolved(compose.services['api']!.environment!) });
    expect(config.api.host).toBe('0.0.0.0');
    expect(compose.services['api']!.ports).toContain(`127.0.0.1:8473:${config.api.port}`);
    const metrics = /RIGHTCALL_METRICS_PORT=(\d+)/.exec(read('Dockerfile'))![1]!;
    for (const name of ['api', 'worker']) {
      const service = compose.services[name]!;
      expect(
        service.ports!.some((port) => port.endsWith(`:${metrics}`)),
        name,
      ).toBe(true);
      expect(service.healthcheck!.test!.join(' '), name).toContain(`:${metrics}/readyz`);
    }
    const simulator = compose.services['simulator']!;
    const { port } = parseSimulatorConfig(resolved(simulator.environment!));
    expect(simulator.healthcheck!.test!.join(' ')).toContain(`:${port}/v1/health`);
  });

  test('nothing serves before the schema is there, and that waits for the servers', () => {
    for (const name of ['api', 'worker']) {
      expect(compose.services[name]!.depends_on).toEqual({
        migrate: { condition: 'service_completed_successfully' },
      });
    }
    expect(compose.services['migrate']!.depends_on).toEqual({
      'rightcall-db': { condition: 'service_healthy' },
      'temporal-namespace': { condition: 'service_completed_successfully' },
    });
  });

  test('hosts are services of it, and the servers come up without the engine', () => {
    const { DATABASE_URL, TEMPORAL_ADDRESS } = resolved(compose.services['worker']!.environment!);
    expect(Object.keys(compose.services)).toContain(new URL(DATABASE_URL!).hostname);
    expect(Object.keys(compose.services)).toContain(TEMPORAL_ADDRESS!.split(':')[0]);
    for (const [name, { profiles }] of ours) expect(profiles, name).toBeDefined();
    for (const [name, { depends_on }] of Object.entries(compose.services)) {
      for (const other of Object.keys(depends_on ?? {})) {
        expect(Object.keys(compose.services), name).toContain(other);
      }
    }
  });

  test('no secret stands in it', () => {
    const text = read('temporal-docker-compose.yml');
    for (const [name, row] of rows) {
      if (row.secret !== true || name === 'DATABASE_URL') continue;
      for (const [, value] of text.matchAll(new RegExp(`^ +${name}: (.*)$`, 'gm'))) {
        expect(value, name).toMatch(/^\$\{[A-Z_]+:-\}$/);
      }
    }
  });
});
