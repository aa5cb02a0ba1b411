import { rm } from 'node:fs/promises';
import type { TestProject } from 'vitest/node';
import { cacheDirOf, resolveTemporalServer } from '../../runtime/servers/temporal-executable.ts';
import { connectTemporal, startTemporal } from '../../runtime/servers/temporal.ts';
import { serverDir, shareServer } from './shared-server.ts';

const NAMESPACE = 'rightcall-test';

declare module 'vitest' {
  interface ProvidedContext {
    temporal: { address: string; namespace: string; timeSkipping: boolean };
  }
}

async function start() {
  if ((process.env['TEMPORAL_ADDRESS'] ?? '') !== '') {
    const server = await connectTemporal({ env: process.env, namespace: 'default' });
    const { address, namespace } = server;
    return { value: { address, namespace, timeSkipping: false }, end: async () => undefined };
  }
  const dataDir = await serverDir('temporal');
  const { path } = await resolveTemporalServer({ cacheDir: await cacheDirOf(process.env, dataDir) });
  const server = await startTemporal({
    dataDir,
    executable: path,
    namespace: NAMESPACE,
    ephemeral: true,
    timeSkipping: true,
    searchAttributes: { RightcallTenant: 'Keyword', RightcallCampaign: 'Keyword', RightcallState: 'Keyword' },
  });
  return {
    value: { address: server.address, namespace: NAMESPACE, timeSkipping: true },
    end: async () => {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const shared = await shareServer('temporal', start);
  project.provide('temporal', shared.value);
  return shared.release;
}
