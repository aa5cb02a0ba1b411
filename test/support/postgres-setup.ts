import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migrate } from '../../db/migrate.ts';
import { connectPostgres, startPostgres } from '../../runtime/servers/postgres.ts';
import { serverDir, shareServer } from './shared-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A server that tests may create databases on, and the migrated one they are copied from. */
    postgres: { adminUrl: string; template: string };
  }
}

async function withAdmin(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.toString();
}

/** A migrated database that nobody may connect to, so that it can be copied at any time. */
async function makeTemplate(adminUrl: string): Promise<string> {
  const template = `rightcall_template_${randomBytes(6).toString('hex')}`;
  await withAdmin(adminUrl, async (client) => {
    await client.query(`CREATE DATABASE ${template} TEMPLATE template0 ENCODING 'UTF8'`);
  });
  await migrate(withDatabase(adminUrl, template));
  await withAdmin(adminUrl, async (client) => {
    await client.query(`ALTER DATABASE ${template} WITH ALLOW_CONNECTIONS false`);
  });
  return template;
}

async function startOwn(): Promise<{ adminUrl: string; end: () => Promise<void> }> {
  const given = process.env['DATABASE_URL'];
  if (given !== undefined && given !== '') {
    await connectPostgres(given);
    return { adminUrl: given, end: async () => undefined };
  }
  const dataDir = await serverDir('postgres');
  const server = await startPostgres({ dataDir, durable: false });
  return {
    adminUrl: server.url,
    end: async () => {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const shared = await shareServer('postgres', async () => {
    const { adminUrl, end } = await startOwn();
    try {
      const template = await makeTemplate(adminUrl);
      return {
        value: { adminUrl, template },
        end: async () => {
          // On a server of somebody else's nothing may be left; on ours it costs a millisecond.
          await withAdmin(adminUrl, async (client) => {
            await client.query(`DROP DATABASE IF EXISTS ${template} WITH (FORCE)`);
          });
          await end();
        },
      };
    } catch (error) {
      await end();
      throw error;
    }
  });
  project.provide('postgres', shared.value);
  return shared.release;
}
