import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { isAtLeast } from '../../runtime/servers/temporal-executable.ts';
import { MIN_TEMPORAL_SERVER } from '../../runtime/servers/temporal-executable.ts';

interface Service {
  image: string;
  ports?: string[];
  environment?: Record<string, string>;
  healthcheck?: unknown;
  volumes?: string[];
  depends_on?: Record<string, { condition: string }>;
}
const compose = parse(readFileSync(new URL('../../temporal-docker-compose.yml', import.meta.url), 'utf8'), {
  merge: true,
}) as {
  services: Record<string, Service>;
  volumes: Record<string, null>;
  configs: Record<string, { content: string }>;
};
const services = Object.entries(compose.services);

test.each(services)(
  '%s is pinned to a release and is not the deprecated auto-setup image',
  (_, { image }) => {
    expect(image).toMatch(/^[a-z/-]+:\d+\.\d+(\.\d+)?$/);
    expect(image).not.toContain('auto-setup');
  },
);

test('nothing can be reached from other machines', () => {
  const ports = services.flatMap(([, service]) => service.ports ?? []);
  expect(ports.length).toBeGreaterThan(0);
  for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
});

test('server and schema tool are of one version, which the engine accepts', () => {
  const versions = ['temporal', 'temporal-schema', 'temporal-namespace'].map(
    (name) => compose.services[name]!.image.split(':')[1]!,
  );
  expect(new Set(versions).size).toBe(1);
  expect(isAtLeast(versions[0]!, MIN_TEMPORAL_SERVER)).toBe(true);
});

test('the server has 512 shards, fairness, and starts only after its schema is finished', () => {
  const server = compose.services['temporal']!;
  expect(server.environment).toMatchObject({ NUM_HISTORY_SHARDS: '512', DB: 'postgres12' });
  expect(server.depends_on).toEqual({ 'temporal-schema': { condition: 'service_completed_successfully' } });
  const dynamic = parse(compose.configs['temporal-dynamic']!.content) as Record<string, { value: unknown }[]>;
  expect(dynamic['matching.enableFairness']).toEqual([{ value: true }]);
  expect(dynamic['matching.useNewMatcher']).toEqual([{ value: true }]);
});

test('databases and server say when they are healthy, and each database keeps its data in a volume', () => {
  for (const name of ['rightcall-db', 'temporal-db', 'temporal']) {
    expect(compose.services[name]!.healthcheck, name).toBeDefined();
  }
  for (const name of ['rightcall-db', 'temporal-db']) {
    expect(compose.services[name]!.volumes![0]!.split(':')[0]).toBe(name);
    expect(Object.keys(compose.volumes)).toContain(name);
  }
});
