import { execFile } from 'node:child_process';
import { mkdir, realpath, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import pg from 'pg';
import { messageOf } from '../../domain/failures.ts';
import type { During } from './faults/under-faults.ts';
import { ROOT, type Fleet, type Release } from './fleet/fleet.ts';
import { migrate, NAMESPACE } from './fleet/servers.ts';

/**
 * The version before: its workflows are those of the golden histories (test/replay/histories), and its decisions state
 * facts as today's do. Nothing older can be read back, because nothing older was ever released.
 */
const BEFORE = '5c6dfdd';
const DEPLOYMENT = 'rightcall';
/** Contacts that must wait for their next call, with a workflow, before the version changes under them. */
const WAITING_MIN = 10;

export interface Deploy {
  readonly from: Release;
  readonly to: Release;
}

const run = promisify(execFile);

/** The version before, out of the repository's history. @returns the deploy, or in words why there can be none here */
export async function prepareDeploy(dir: string): Promise<Deploy | string> {
  const code = join(dir, 'version-before');
  try {
    await mkdir(code, { recursive: true });
    const archive = join(dir, 'version-before.tar');
    await run('git', ['archive', '--format=tar', `--output=${archive}`, BEFORE], { cwd: ROOT });
    await run('tar', ['-xf', archive, '-C', code]);
    await symlink(await realpath(join(ROOT, 'node_modules')), join(code, 'node_modules'));
  } catch (error) {
    return `the version before is not in this clone's history (${messageOf(error).split('\n')[0]})`;
  }
  return {
    from: { code, buildId: 'before', entries: 'own' },
    to: { code: ROOT, buildId: 'after', entries: 'chaos' },
  };
}

/** docs/upgrading.md, step by step, while campaigns dial, contacts wait and clients stop. */
export function rollingDeploy({ from, to }: Deploy): (during: During) => Promise<void> {
  return async ({ fleet, record, pause }) => {
    await makeCurrent(fleet, from);
    await untilWaiting(fleet, pause);
    const atReal = Date.now();
    await migrate(fleet.servers, to.code);
    // Beside an old worker: it gets no work before its version is current.
    await fleet.replace('worker-2', to);
    await makeCurrent(fleet, to);
    await fleet.replace('worker-1', to);
    await fleet.replace('api-1', to);
    await fleet.replace('api-2', to);
    record.note({ kind: 'deploy', atReal, untilReal: Date.now(), process: '*', detail: { from: BEFORE } });
  };
}

async function untilWaiting(fleet: Fleet, pause: (ms: number) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: fleet.databaseUrl });
  await client.connect();
  try {
    for (let waiting = 0; waiting < WAITING_MIN; await pause(250)) {
      const { rows } = await client.query<{ waiting: number }>(
        `SELECT count(*)::int AS waiting FROM contacts WHERE state = 'waiting' AND workflow_open AND attempts > 0`,
      );
      waiting = rows[0]!.waiting;
    }
  } finally {
    await client.end();
  }
}

/** `temporal worker deployment set-current-version`; refused until the version's first poll has come. */
async function makeCurrent(fleet: Fleet, { buildId }: Release): Promise<void> {
  const connection = await Connection.connect({ address: fleet.servers.temporal.address });
  try {
    for (let n = 1; ; n++) {
      try {
        await connection.workflowService.setWorkerDeploymentCurrentVersion({
          namespace: NAMESPACE,
          deploymentName: DEPLOYMENT,
          buildId: buildId!,
          identity: 'chaos',
        });
        return;
      } catch (error) {
        if (n >= 100) throw error;
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    }
  } finally {
    await connection.close();
  }
}
