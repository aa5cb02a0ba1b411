import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Finding } from '../../cli/doctor/finding.ts';
import { examine } from '../../cli/doctor/run.ts';
import { asOwner } from '../support/blank-database.ts';
import { startEngineProcess, type EngineProcess } from '../support/engine-process.ts';
import { startWholeEngine, type WholeEngine } from '../support/whole-engine.ts';

/**
 * docs/upgrading.md, step by step, with workers that are versions of a deployment: contacts wait for their next call
 * while the version changes under them, and back.
 */
const DEPLOYMENT = 'rightcall';
const [FIRST, SECOND] = ['0.1.0', '0.2.0-rc.1'];
const NUMBERS = ['+12025550121', '+12025550122'] as const;

let engine: WholeEngine;
let second: EngineProcess | undefined;
let again: EngineProcess | undefined;
let campaignId = '';
/** Contacts by external id. */
const contacts = new Map<string, string>();

beforeAll(async () => {
  const busyThenAnswered = [
    { outcome: 'busy' as const },
    { outcome: 'answered' as const, ringS: 4, talkS: 20, disposition: 'refused' as const },
  ];
  engine = await startWholeEngine({
    clock: { from: Date.parse('2026-11-20T11:00:00-05:00'), realStart: Date.now() + 15_000, speed: 60 },
    simulator: { scenarios: Object.fromEntries(NUMBERS.map((number) => [number, busyThenAnswered])) },
    environment: { RIGHTCALL_BUILD_ID: FIRST },
  });
}, 120_000);
afterAll(async () => {
  await Promise.all([second?.stop(), again?.stop()]);
  await engine?.close();
});

/** `temporal worker deployment set-current-version`; refused for the moment until the version's first poll has come. */
async function makeCurrent(buildId: string): Promise<void> {
  const { workflowService } = engine.temporal.client.connection;
  const { namespace } = engine;
  for (let n = 1; ; n++) {
    try {
      await workflowService.setWorkerDeploymentCurrentVersion({
        namespace,
        deploymentName: DEPLOYMENT,
        buildId,
        identity: 'test',
      });
      return;
    } catch (error) {
      if (n >= 50) throw error;
      await delay(200);
    }
  }
}

/** A version is known from its first poll on, which may come a moment after the process said that it is ready. */
async function untilDoctorSays(buildId: string, what: string): Promise<void> {
  await expect.poll(async () => (await doctorSays(buildId))?.what, { timeout: 20_000 }).toBe(what);
}

async function doctorSays(buildId: string): Promise<Finding | undefined> {
  const findings = await examine({ ...engine.environment, RIGHTCALL_BUILD_ID: buildId });
  return findings.find(({ check }) => check === 'temporal.deployment');
}

/** The build that each of the workflow's steps ran on, in order, without repetition. */
async function buildsOf(contactId: string): Promise<string[]> {
  const { history } = await engine.temporal.client.connection.workflowService.getWorkflowExecutionHistory({
    namespace: engine.namespace,
    execution: { workflowId: `contact/${campaignId}/${contactId}` },
  });
  const builds = (history?.events ?? []).flatMap((event) => {
    const attributes = event.workflowTaskCompletedEventAttributes;
    return (
      attributes?.deploymentVersion?.buildId ??
      attributes?.workerDeploymentVersion?.replace(/^[^.:]*[.:]/, '') ??
      []
    );
  });
  return builds.filter((build, i) => build !== builds[i - 1]);
}

async function stateOf(contactId: string): Promise<string> {
  return String((await engine.call('GET', `/v1/contacts/${contactId}`)).body!['state']);
}

async function until(what: string, condition: () => Promise<boolean>, withinMs = 60_000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${what}; ${await standing()}`);
    await delay(200);
  }
}

/** What there is to say when it does not get on. */
async function standing(): Promise<string> {
  const rows = await asOwner(
    engine.databaseUrl,
    'SELECT state, state_reason, attempts, admissions, ready_at, workflow_open FROM contacts',
  );
  return `${JSON.stringify(rows)} ${engine.worker.log()} ${second?.log() ?? ''}`;
}

/** Its next call is due now, and not tomorrow. */
async function bringForward(contactId: string): Promise<void> {
  await asOwner(
    engine.databaseUrl,
    `UPDATE contacts SET ready_at = ready_at - interval '1 day' WHERE id = $1 AND state = 'waiting'`,
    [contactId],
  );
}

test('before a version is current no work is given to it, and doctor says so', async () => {
  await untilDoctorSays(FIRST, `no version of ${DEPLOYMENT} is current, so no worker gets new work`);
  await makeCurrent(FIRST);
  expect(await doctorSays(FIRST)).toMatchObject({ level: 'ok' });
});

test('contacts begin on the first version and wait for their next call', async () => {
  const campaign = await engine.made('POST', '/v1/campaigns', {
    name: 'Autumn plan',
    purpose: 'marketing',
    carrier: 'simulator',
    callerId: '+12025550199',
    retry: { maxAttempts: 3, byOutcome: { busy: { delayMinutes: [1_440] } } },
  });
  campaignId = String(campaign['id']);
  const rows = NUMBERS.map(
    (number, n) => `E${n},${number},US,America/New_York,marketing,express,2026-11-01T10:00:00Z,web`,
  );
  const header =
    'external_id,phone,country,time_zone,consent_purpose,consent_basis,consent_at,consent_source';
  await engine.made(
    'POST',
    `/v1/campaigns/${campaignId}/imports?name=people.csv`,
    [header, ...rows].join('\n'),
  );
  await engine.made('POST', `/v1/campaigns/${campaignId}/start`, { reason: 'the season begins' });
  const listed = await engine.made('GET', `/v1/campaigns/${campaignId}/contacts`);
  for (const { id, externalId } of listed['items'] as { id: string; externalId: string }[]) {
    contacts.set(externalId, id);
  }
  for (const id of contacts.values()) {
    await until('busy, and waiting for tomorrow', async () => {
      const [row] = await asOwner<{ waits: boolean }>(
        engine.databaseUrl,
        `SELECT state = 'waiting' AND attempts = 1 AND workflow_open AS waits FROM contacts WHERE id = $1`,
        [id],
      );
      return row!.waits;
    });
    expect(await buildsOf(id)).toEqual([FIRST]);
  }
});

test('the next version comes up beside it and gets nothing; made the current one, it takes the waiting contact on', async () => {
  second = await startEngineProcess('worker', { ...engine.environment, RIGHTCALL_BUILD_ID: SECOND });
  await untilDoctorSays(SECOND, `${DEPLOYMENT}:${FIRST} is current, not ${SECOND}`);
  await makeCurrent(SECOND);
  const contact = contacts.get('E0')!;
  await bringForward(contact);
  await until('finished', async () => (await stateOf(contact)) === 'refused');
  expect(await buildsOf(contact)).toEqual([FIRST, SECOND]);
});

test('the old version drains: it is let go of, and the campaign goes on without it', async () => {
  const { workerDeploymentVersionInfo: info } =
    await engine.temporal.client.connection.workflowService.describeWorkerDeploymentVersion({
      namespace: engine.namespace,
      deploymentVersion: { deploymentName: DEPLOYMENT, buildId: FIRST },
    });
  // 1: still watched for workflows that are pinned to it; 2: there are none. Ours never are.
  expect([1, 2]).toContain(info?.drainageInfo?.status);
  expect(await engine.worker.stop()).toBe(0);
  expect(await stateOf(contacts.get('E1')!)).toBe('waiting');
});

test('rolled back, the first version takes up what the second one left, and the campaign ends', async () => {
  again = await startEngineProcess('worker', { ...engine.environment, RIGHTCALL_BUILD_ID: FIRST });
  await makeCurrent(FIRST);
  expect(await second!.stop()).toBe(0);
  const contact = contacts.get('E1')!;
  await bringForward(contact);
  await until('finished', async () => (await stateOf(contact)) === 'refused');
  expect((await buildsOf(contact)).at(-1)).toBe(FIRST);
  await engine.untilStatus(campaignId, 'completed', 60_000);
});
