import { expect, onTestFinished, test } from 'vitest';
import { cacheDirOf, resolveTemporalServer } from '../../runtime/servers/temporal-executable.ts';
import { connectTemporal, startTemporal } from '../../runtime/servers/temporal.ts';
import type { ServerEvent } from '../../runtime/servers/server.ts';
import { folder, until } from './processes.ts';

test('Temporal keeps its port and namespace through kill -9, stop and start, and can be used by address', async () => {
  const dir = await folder();
  const { path } = await resolveTemporalServer({ cacheDir: await cacheDirOf(process.env, dir) });
  const events: ServerEvent[] = [];
  const start = async () => {
    const server = await startTemporal({
      dataDir: dir,
      executable: path,
      namespace: 'kept',
      searchAttributes: { CampaignId: 'Keyword' },
      onEvent: (event) => events.push(event),
    });
    onTestFinished(() => server.stop());
    return server;
  };
  const server = await start();
  process.kill(server.pid()!, 'SIGKILL');
  await until('it runs again', () => events.filter(({ kind }) => kind === 'ready').length === 2, 60_000);
  await server.stop();
  const again = await start();
  expect(again.address).toBe(server.address);
  expect(again.uiUrl).toBe(server.uiUrl);

  const env = { TEMPORAL_ADDRESS: again.address, TEMPORAL_NAMESPACE: 'kept' };
  const searchAttributes = { CampaignId: 'Keyword', Outcome: 'Keyword' } as const;
  const used = await connectTemporal({ env, namespace: 'default', searchAttributes });
  expect(used).toMatchObject({ address: again.address, namespace: 'kept', uiUrl: null });
  await expect(
    connectTemporal({ env: { ...env, TEMPORAL_NAMESPACE: 'missing' }, namespace: 'default' }),
  ).rejects.toThrow(
    /TEMPORAL_NAMESPACE: .* has no namespace missing; expected .*namespace create -n missing/,
  );
});
